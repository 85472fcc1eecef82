import { CsrMatrix, DataError, DenseMatrix, ParamError, Rng } from '@dance-ts/core';
import { expect, test } from '@jest/globals';
import { randomCounts } from '../testing/data.js';
import { splitCounts } from './split-counts.js';

const rng = (): Rng => Rng.fromSeed(5);

test('the parts sum to the counts and store no zeros', () => {
  const counts = randomCounts(50, 40);
  const { first, second } = splitCounts(counts, { rng: rng() });
  const [a, b] = [first.toDense().data, second.toDense().data];
  expect(a.map((value, at) => value + b[at]!)).toEqual(counts.toDense().data);
  for (const part of [first, second]) {
    expect(part.data.every((value) => value > 0 && Number.isInteger(value))).toBe(true);
  }
});

test('a part has binomial mean and variance, and Poisson counts give unrelated parts', () => {
  const n = 20_000;
  const stream = Rng.fromSeed(1);
  const fraction = 0.3;
  const fixed = CsrMatrix.fromDense(new DenseMatrix(n, 1, new Float32Array(n).fill(40)));
  const part = splitCounts(fixed, { fraction, rng: rng() }).first.toDense().data;
  expect(Math.abs(mean(part) - 12)).toBeLessThan(0.1);
  expect(Math.abs(covariance(part, part) - 40 * 0.3 * 0.7)).toBeLessThan(0.4);
  const poisson = new DenseMatrix(
    n,
    1,
    Float32Array.from({ length: n }, () => stream.poisson(6)),
  );
  const halves = splitCounts(CsrMatrix.fromDense(poisson), { rng: rng() });
  const [a, b] = [halves.first.toDense().data, halves.second.toDense().data];
  expect(Math.abs(covariance(a, b) / covariance(a, a))).toBeLessThan(0.03);
});

test('refuses what is no whole count, and fractions that leave a part empty', () => {
  for (const bad of [0.5, -1, 2 ** 25, NaN]) {
    const counts = new CsrMatrix(1, 1, Int32Array.of(0, 1), Int32Array.of(0), Float32Array.of(bad));
    expect(() => splitCounts(counts, { rng: rng() })).toThrow(DataError);
  }
  expect(() => splitCounts(randomCounts(2, 2), { fraction: 1, rng: rng() })).toThrow(ParamError);
});

function mean(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function covariance(a: Float32Array, b: Float32Array): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  return a.reduce((sum, value, i) => sum + (value - meanA) * (b[i]! - meanB), 0) / a.length;
}
