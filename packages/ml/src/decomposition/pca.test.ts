import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { CsrMatrix, DataError, DenseMatrix, ParamError, Rng, type Matrix } from '@dance-ts/core';
import { pca, type Pca } from './pca.js';
import { truncatedSvd } from './truncated-svd.js';

interface PcaCase {
  name: string;
  X: number[][];
  k: number;
  mean: number[];
  components: number[][];
  scores: number[][];
  explained_variance: number[];
  explained_variance_ratio: number[];
  pca_singular_values: number[];
  svd_singular_values_uncentered: number[];
  truncated_svd_components: number[][];
  truncated_svd_scores: number[][];
  frobenius_residual_rank_k: number;
}

const cases = (
  JSON.parse(
    readFileSync(new URL('../../../../tests/golden/pca_svd.json', import.meta.url), 'utf8'),
  ) as { cases: PcaCase[] }
).cases;

const kinds = { dense: (X: DenseMatrix) => X, CSR: (X: DenseMatrix) => CsrMatrix.fromDense(X) };
const rng = Rng.fromSeed(0);

/** The values have five decimals, so that 1e5 times the matrix is exact in float32. */
const UNIT = 1e5;
const exactInFloat32 = cases.filter(({ X }) => X.flat().every((x) => Math.abs(x) * UNIT < 2 ** 24));

function scaled(X: readonly number[][]): DenseMatrix {
  return DenseMatrix.fromRows(X.map((row) => row.map((value) => Math.round(value * UNIT))));
}

/** Relative to the largest expected value. */
function expectClose(actual: ArrayLike<number>, expected: readonly number[], tolerance: number) {
  const size = expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  expect(actual).toHaveLength(expected.length);
  const error = expected.reduce((largest, value, i) => {
    const difference = Math.abs(actual[i]! - value);
    return difference <= largest ? largest : difference;
  }, 0);
  expect(error / size).toBeLessThan(tolerance);
}

function expectEachClose(actual: ArrayLike<number>, expected: readonly number[], relative: number) {
  expect(actual).toHaveLength(expected.length);
  expected.forEach((value, i) => {
    expect(Math.abs(actual[i]! / value - 1)).toBeLessThan(relative);
  });
}

function transpose(rows: readonly number[][]): number[][] {
  return (rows[0] ?? []).map((_, c) => rows.map((row) => row[c]!));
}

/** Components that are determined: those with a singular value above rounding. */
function determined({ k, pca_singular_values: s }: PcaCase): number {
  return s.slice(0, k).filter((value) => value > 1e-9 * s[0]!).length;
}

describe.each(Object.entries(kinds))('golden values in float64, %s', (_, kind) => {
  test.each(exactInFloat32.map((c) => [c.name, c] as const))('pca of %s', async (__, c) => {
    const result = await pca(kind(scaled(c.X)), { nComponents: c.k, rng });
    const r = determined(c);
    expectClose(
      result.mean.map((value) => value / UNIT),
      c.mean,
      1e-12,
    );
    const singular = result.singularValues.slice(0, r).map((value) => value / UNIT);
    expectEachClose(singular, c.pca_singular_values.slice(0, r), 1e-9);
    const variance = result.explainedVariance.slice(0, r).map((value) => value / UNIT ** 2);
    expectEachClose(variance, c.explained_variance.slice(0, r), 1e-9);
    const ratio = result.explainedVarianceRatio.slice(0, r);
    expectEachClose(ratio, c.explained_variance_ratio.slice(0, r), 1e-9);
    for (let a = 0; a < r; a++) expectClose(result.components.row(a), c.components[a]!, 1e-7);
    const scores = result.scores.transpose();
    const golden = transpose(c.scores);
    for (let a = 0; a < r; a++) {
      expectClose(
        scores.row(a).map((value) => value / UNIT),
        golden[a]!,
        1e-7,
      );
    }
  });

  test.each(exactInFloat32.map((c) => [c.name, c] as const))('svd of %s', async (__, c) => {
    const X = kind(scaled(c.X));
    const { U, s, Vt } = await truncatedSvd(X, { nComponents: c.k, rng });
    const singular = s.map((value) => value / UNIT);
    expectEachClose(singular, c.svd_singular_values_uncentered.slice(0, c.k), 1e-9);
    expectClose(Vt.data, c.truncated_svd_components.flat(), 1e-7);
    let residual = 0;
    c.X.forEach((row, i) => {
      row.forEach((x, j) => {
        const fit = singular.reduce((sum, value, a) => sum + U.get(i, a) * value * Vt.get(a, j), 0);
        residual += (x - fit) ** 2;
      });
    });
    // Factors are rounded to float32; their product is off by that share of the largest value.
    const rounding = 1e-6 * singular[0]!;
    expect(Math.abs(Math.sqrt(residual) - c.frobenius_residual_rank_k)).toBeLessThan(rounding);
    const scores = transpose(c.truncated_svd_scores);
    const left = U.transpose();
    for (let a = 0; a < c.k; a++) {
      // U and s are rounded apart, so their product may be off by twice the rounding.
      expectClose(
        left.row(a).map((value) => value * singular[a]!),
        scores[a]!,
        2e-7,
      );
    }
  });
});

describe.each(Object.entries(kinds))('golden values in float32, %s', (_, kind) => {
  test.each(cases.map((c) => [c.name, c] as const))('randomized pca of %s', async (__, c) => {
    const X = kind(DenseMatrix.fromRows(c.X));
    const result = await pca(X, { nComponents: c.k, rng, solver: 'randomized' });
    const r = determined(c);
    expectEachClose(result.singularValues.slice(0, r), c.pca_singular_values.slice(0, r), 1e-5);
    for (let a = 0; a < r; a++) expectClose(result.components.row(a), c.components[a]!, 1e-3);
  });
});

const rngOfData = Rng.fromSeed(7);
const counts = DenseMatrix.zeros(12, 6).mapData(() => rngOfData.int(6));

function largestDifference(a: Pca, b: Pca): number {
  return Math.max(
    ...['scores', 'components'].flatMap((key) => {
      const [x, y] = [a[key as 'scores'].data, b[key as 'scores'].data];
      return Array.from(x, (value, e) => Math.abs(value - y[e]!));
    }),
  );
}

describe.each(['exact', 'randomized'] as const)('%s', (solver) => {
  const options = { nComponents: 4, rng, solver };

  test('scaling is that of a scaled matrix', async () => {
    const scale = Float64Array.from({ length: 6 }, (_, j) => 2 ** (j - 3));
    const done = DenseMatrix.fromRows(
      Array.from({ length: 12 }, (_, i) => counts.row(i).map((value, j) => value / scale[j]!)),
    );
    const expected = await pca(done, options);
    for (const X of [counts, CsrMatrix.fromDense(counts)]) {
      const result = await pca(X, { ...options, scale });
      expect(largestDifference(result, expected)).toBeLessThan(1e-4);
      expectClose(result.explainedVarianceRatio, [...expected.explainedVarianceRatio], 1e-6);
    }
  });

  test('without centering it is the svd', async () => {
    const { U, s, Vt } = await truncatedSvd(counts, options);
    const result = await pca(CsrMatrix.fromDense(counts), { ...options, center: false });
    expectClose(result.singularValues, [...s], 1e-6);
    expectClose(result.components.data, [...Vt.data], 1e-4);
    expectClose(
      result.scores.data,
      Array.from(U.data, (value, e) => value * s[e % 4]!),
      1e-4,
    );
    expect(Array.from(result.mean)).toEqual([0, 0, 0, 0, 0, 0]);
    const all = await pca(counts, { ...options, nComponents: 6, center: false });
    expect(all.explainedVarianceRatio.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 5);
  });

  test('scores are the centered data in the new axes', async () => {
    const { scores, components, mean } = await pca(counts, options);
    for (let i = 0; i < 12; i++) {
      for (let c = 0; c < 4; c++) {
        const axis = components.row(c);
        const score = counts.row(i).reduce((sum, x, j) => sum + (x - mean[j]!) * axis[j]!, 0);
        expect(scores.get(i, c)).toBeCloseTo(score, 4);
      }
    }
  });

  test('constant samples have no components', async () => {
    const X = DenseMatrix.zeros(5, 3).mapData(() => 2);
    const { scores, components, explainedVarianceRatio } = await pca(X, {
      ...options,
      nComponents: 2,
    });
    expect(Array.from(scores.data)).toEqual(new Array<number>(10).fill(0));
    expect(Array.from(components.data)).toEqual(new Array<number>(6).fill(0));
    expect(Array.from(explainedVarianceRatio)).toEqual([0, 0]);
  });
});

test.each([
  [counts, { nComponents: 7 }, ParamError, /12 x 6: got 7, expected an integer from 1 to 6/],
  [counts, { nComponents: 0 }, ParamError, /nComponents/],
  [counts, { nComponents: 1.5 }, ParamError, /nComponents/],
  [DenseMatrix.zeros(1, 3), { nComponents: 1 }, DataError, /got 1, expected at least 2/],
  [counts.mapData((x) => (x === 5 ? NaN : x)), { nComponents: 1 }, DataError, /NaN/],
  [counts, { nComponents: 1, scale: new Float64Array(6) }, DataError, /column 0 cannot be scaled/],
])('%# is refused', async (X: Matrix, options, type, message) => {
  await expect(pca(X, { ...options, rng })).rejects.toThrow(type);
  await expect(pca(X, { ...options, rng })).rejects.toThrow(message);
});
