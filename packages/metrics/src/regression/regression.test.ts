import { describe, expect, test } from '@jest/globals';
import { CsrMatrix, DataError, DenseMatrix, ParamError, Rng } from '@dance-ts/core';
import { golden, isClose } from '../testing/golden.js';
import { averageRanks, cosineSimilarity, kendallTau, pearson, spearman } from './correlation.js';
import { mae, meanRelativeError, mse, poissonDeviance, r2, rmse } from './errors.js';
import { meanDefined, perCell, perGene } from './per-line.js';
import type { DenseValues, ValueMetric } from './values.js';

interface RegressionCase extends Record<string, unknown> {
  readonly name: string;
  readonly true: number[];
  readonly pred: number[];
}

interface Golden {
  readonly regression: RegressionCase[];
  readonly matrices: {
    readonly A: number[][];
    readonly B: number[][];
    readonly mse: number;
    readonly rmse: number;
    readonly rmse_mean_of_rows: number;
    readonly pearson_rows: number[];
    readonly cosine_rows: number[];
    readonly pearson_flat: number;
  };
  readonly tolerance: { readonly float64: number; readonly 'large_offset pearson': number };
}

const { regression, matrices, tolerance } = golden('supervised_metrics') as Golden;

const METRICS: Record<string, ValueMetric> = {
  mse,
  rmse,
  mae,
  r2,
  pearson,
  spearman,
  kendall_tau_b: kendallTau,
  cosine: cosineSimilarity,
  'mape_eps1e-10_abs_true': meanRelativeError,
};

describe('scikit-learn and scipy on vectors', () => {
  test.each(regression.map((c) => [c.name, c] as const))('%s', (name, c) => {
    for (const [metric, compute] of Object.entries(METRICS)) {
      const isLoose = name === 'large_offset' && metric === 'pearson';
      const bound = isLoose ? tolerance['large_offset pearson'] : tolerance.float64;
      const value = compute(c.true, c.pred);
      const expected = c[metric] as number | null;
      expect([metric, value, expected, isClose(value, expected, bound)]).toEqual([
        metric,
        value,
        expected,
        true,
      ]);
    }
  });
});

function float64(rows: number[][]): DenseValues {
  return { kind: 'dense', nRows: rows.length, nCols: rows[0]!.length, data: rows.flat() };
}

describe('matrices', () => {
  const A = float64(matrices.A);
  const B = float64(matrices.B);
  const bound = tolerance.float64;

  test('scores of all entries', () => {
    expect(isClose(mse(A, B), matrices.mse, bound)).toBe(true);
    expect(isClose(rmse(A, B), matrices.rmse, bound)).toBe(true);
    expect(isClose(pearson(A, B), matrices.pearson_flat, bound)).toBe(true);
  });

  test('scores of each cell', () => {
    const correlations = perCell(pearson, A, B);
    const cosines = perCell(cosineSimilarity, A, B);
    matrices.pearson_rows.forEach((expected, i) => {
      expect(isClose(correlations[i]!, expected, bound)).toBe(true);
      expect(isClose(cosines[i]!, matrices.cosine_rows[i]!, bound)).toBe(true);
    });
    expect(isClose(meanDefined(perCell(rmse, A, B)), matrices.rmse_mean_of_rows, bound)).toBe(true);
  });

  test('the scores of genes are those of the cells of the transpose', () => {
    const dense = DenseMatrix.fromRows(matrices.A);
    const other = DenseMatrix.fromRows(matrices.B);
    expect(perGene(pearson, dense, other)).toEqual(
      perCell(pearson, dense.transpose(), other.transpose()),
    );
  });
});

/** Counts with about two thirds zeros, and the places of some entries. */
function sparseExample(): { truth: DenseMatrix; prediction: DenseMatrix; kept: boolean[] } {
  const rng = Rng.fromSeed(1);
  const size = 9 * 13;
  const counts = Float32Array.from({ length: size }, () => Math.max(0, rng.int(9) - 5));
  const guesses = counts.map((count) => (rng.int(3) === 0 ? 0 : count + rng.normal()));
  const kept = Array.from({ length: size }, (_, e) => e >= 13 && rng.int(4) === 0);
  return {
    truth: new DenseMatrix(9, 13, counts),
    prediction: new DenseMatrix(9, 13, guesses),
    kept,
  };
}

describe('sparse and masked values equal the plain vectors they stand for', () => {
  const { truth, prediction, kept } = sparseExample();
  const places = kept.flatMap((isKept, e) => (isKept ? [e] : []));
  const list = {
    rows: places.map((e) => Math.floor(e / 13)).reverse(),
    columns: places.map((e) => e % 13).reverse(),
  };
  const pattern = CsrMatrix.fromTriplets(
    9,
    13,
    list.rows,
    list.columns,
    list.rows.map(() => 0),
  );
  const metrics = { mse, rmse, mae, r2, pearson, spearman, kendallTau, cosineSimilarity };

  test.each(Object.entries(metrics))('%s', (_, metric) => {
    const all = metric(truth.data, prediction.data);
    const some = metric(
      places.map((e) => truth.data[e]!),
      places.map((e) => prediction.data[e]!),
    );
    const sparse = [CsrMatrix.fromDense(truth), CsrMatrix.fromDense(prediction)] as const;
    expect(metric(...sparse)).toBeCloseTo(all, 12);
    expect(metric(truth, sparse[1])).toBeCloseTo(all, 12);
    for (const mask of [list, pattern]) {
      expect(metric(truth, prediction, { mask })).toBeCloseTo(some, 12);
      expect(metric(...sparse, { mask })).toBeCloseTo(some, 12);
    }
  });

  test('lines without an entry are NaN, the others score their entries', () => {
    const cells = perCell(mae, truth, prediction, { mask: list });
    expect(cells[0]).toBeNaN();
    const row = places.filter((e) => Math.floor(e / 13) === 4);
    const expected = row.reduce(
      (sum, e) => sum + Math.abs(truth.data[e]! - prediction.data[e]!) / row.length,
      0,
    );
    expect(cells[4]).toBeCloseTo(expected, 12);
    expect(perGene(mae, CsrMatrix.fromDense(truth), prediction, { mask: pattern })).toEqual(
      perCell(mae, truth.transpose(), prediction.transpose(), { mask: pattern.transpose() }),
    );
  });
});

describe('Poisson deviance', () => {
  test('closed form', () => {
    const expected = (2 * (2 * Math.log(2 / 3) - 2 + 3) + 2 * 0.5 + 0) / 3;
    expect(poissonDeviance([2, 0, 4], [3, 0.5, 4])).toBeCloseTo(expected, 14);
    expect(poissonDeviance([0], [0])).toBe(0);
    expect(poissonDeviance([1], [0])).toBe(Infinity);
  });

  test('negative values are refused', () => {
    expect(() => poissonDeviance([1], [-1])).toThrow(DataError);
  });
});

test('ranks of ties are the mean of their places', () => {
  expect(Array.from(averageRanks([3, 1, 3, 2, 3]))).toEqual([4, 1, 4, 2, 4]);
});

test('a constant that cannot be written in binary has no correlation and no spread', () => {
  const constant = new Float64Array(10).fill(0.1);
  const varied = Float64Array.from(constant, (_, i) => i);
  expect(pearson(constant, varied)).toBeNaN();
  expect(r2(constant, varied)).toBe(0);
  expect(r2(constant, constant)).toBe(1);
});

test.each(Object.entries(METRICS))('a NaN among the values is seen in %s', (_, metric) => {
  expect(metric([1, 2, 3, 4], [2, 4, NaN, 1])).toBeNaN();
});

describe('what does not fit is refused', () => {
  const X = DenseMatrix.zeros(2, 3);
  test('lengths and shapes', () => {
    expect(() => mse([1], [1, 2])).toThrow(DataError);
    expect(() => mse([], [])).toThrow(DataError);
    expect(() => mse(X, X.transpose())).toThrow(/2 x 3 and 3 x 2/);
    expect(() => perCell(mse, X, X.transpose())).toThrow(DataError);
  });
  test('masks', () => {
    expect(() => mse([1], [1], { mask: { rows: [0], columns: [0] } })).toThrow(ParamError);
    expect(() => mse(X, X, { mask: { rows: [], columns: [] } })).toThrow(/to evaluate, not those/);
    expect(() => mse(X, X, { mask: { rows: [2], columns: [0] } })).toThrow(DataError);
    expect(() => mse(X, X, { mask: CsrMatrix.fromDense(X.transpose()) })).toThrow(DataError);
  });
});
