import { CsrMatrix, DenseMatrix } from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { energiesOf, propagateEnergies } from './energy.js';

const GRAPH = [
  [0, 1, 1, 0],
  [1, 0, 0, 0],
  [1, 0, 0, 0],
  [0, 0, 0, 0],
];
const graph = CsrMatrix.fromDense(DenseMatrix.fromRows(GRAPH));

function expectClose(got: ArrayLike<number>, expected: readonly number[]): void {
  expect(got.length).toBe(expected.length);
  expected.forEach((value, i) => {
    expect(got[i]).toBeCloseTo(value, 9);
  });
}

describe('energiesOf', () => {
  test('is the logarithm of the sum of exponentials, without overflow', () => {
    const logits = DenseMatrix.fromRows([
      [0, 0, 0],
      [1, 2, -1],
      [1000, 0, 0],
    ]);
    const plain = -Math.log(Math.exp(1) + Math.exp(2) + Math.exp(-1));
    expectClose(energiesOf(logits, 1), [-Math.log(3), plain, -1000]);
    const warm = -2 * Math.log(Math.exp(0.5) + Math.exp(1) + Math.exp(-0.5));
    expectClose(energiesOf(logits, 2).slice(1, 2), [warm]);
  });

  test('larger logits have lower energy', () => {
    const [low = NaN, high = NaN] = energiesOf(
      DenseMatrix.fromRows([
        [5, 0],
        [1, 0],
      ]),
      1,
    );
    expect(low).toBeLessThan(high);
  });
});

describe('propagateEnergies', () => {
  const energies = Float64Array.of(1, -2, 4, 10);

  test('mixes each energy with the mean of its neighbors', () => {
    const once = propagateEnergies(energies, graph, { steps: 1, alpha: 0.3, twoHop: false });
    expectClose(once, [0.3 * 1 + 0.7 * 1, 0.3 * -2 + 0.7 * 1, 0.3 * 4 + 0.7 * 1, 0.3 * 10]);
  });

  test('with two hops the mean is of the means of the neighbors', () => {
    const P = GRAPH.map((row) => {
      const degree = row.reduce((sum, value) => sum + value, 0);
      return row.map((value) => (degree === 0 ? 0 : value / degree));
    });
    const step = (e: number[]): number[] => {
      const near = P.map((row) => row.reduce((sum, p, j) => sum + p * e[j]!, 0));
      const far = P.map((row) => row.reduce((sum, p, j) => sum + p * near[j]!, 0));
      return e.map((value, i) => 0.3 * value + 0.7 * far[i]!);
    };
    const twice = propagateEnergies(energies, graph, { steps: 2, alpha: 0.3, twoHop: true });
    expectClose(twice, step(step([...energies])));
  });

  test('no step, or alpha 1, leaves them as they are', () => {
    const none = { steps: 0, alpha: 0.3, twoHop: true };
    expect(propagateEnergies(energies, graph, none)).toEqual(energies);
    const own = { steps: 3, alpha: 1, twoHop: false };
    expect(propagateEnergies(energies, graph, own)).toEqual(energies);
  });
});
