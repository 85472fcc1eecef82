import { describe, expect, test } from '@jest/globals';
import { AbortError, CsrMatrix, DataError, DenseMatrix, Rng } from '@dance-ts/core';
import { expectClose } from '../testing/expect-close.js';
import { named } from '../testing/fixture.js';
import { goldenCases } from '../testing/golden.js';
import { nnls, nnlsFromGram, nnlsMany } from './nnls.js';

interface OneCase {
  name: string;
  A: number[][];
  b: number[];
  x: number[];
  residual_norm: number;
  unique_x: boolean;
}

interface ManyCase {
  name: string;
  A: number[][];
  B: number[][];
  X: number[][];
  X_columns_sum_to_1: number[][];
}

interface SpotsCase {
  name: string;
  signature_genes_by_types: number[][];
  spots_genes_by_spots: number[][];
  true_proportions: number[][];
  nnls_proportions: number[][];
}

const CASES = goldenCases('nnls') as (OneCase | ManyCase)[];
const ONE = CASES.filter((c): c is OneCase => 'b' in c);
const MANY = named(CASES, 'multi_rhs_proportions') as ManyCase;

/** Of the gradient A^T (A x - b): 0 where x > 0, nowhere below 0. */
function expectOptimal(A: readonly number[][], x: Float64Array, b: readonly number[]): void {
  const residual = A.map((row, i) => row.reduce((sum, a, j) => sum + a * x[j]!, -b[i]!));
  x.forEach((value, j) => {
    const gradient = A.reduce((sum, row, i) => sum + row[j]! * residual[i]!, 0);
    expect(value).toBeGreaterThanOrEqual(0);
    expect(gradient).toBeGreaterThanOrEqual(-1e-8);
    if (value > 0) expect(Math.abs(gradient)).toBeLessThanOrEqual(1e-8);
  });
}

function randomRows(rng: Rng, nRows: number, nCols: number): number[][] {
  return Array.from({ length: nRows }, () => Array.from({ length: nCols }, () => rng.normal()));
}

describe('nnls', () => {
  test.each(ONE)('$name: as scipy', ({ A, b, x, residual_norm, unique_x }) => {
    const result = nnls(A, b);
    expect(Math.abs(result.residualNorm - residual_norm)).toBeLessThanOrEqual(1e-8);
    expectOptimal(A, result.x, b);
    if (unique_x) expectClose(result.x, x, 1e-8);
  });

  test.each([
    [30, 12],
    [12, 30],
    [40, 40],
  ])('%p random rows, %p unknowns: the conditions of an optimum hold', (nRows, nCols) => {
    const rng = Rng.fromSeed(4);
    for (let repetition = 0; repetition < 20; repetition++) {
      const A = randomRows(rng, nRows, nCols);
      const b = Array.from({ length: nRows }, () => rng.normal());
      expectOptimal(A, nnls(A, b).x, b);
    }
  });

  test('an exact solution is found where the Gram matrix has lost half of the digits', () => {
    // The columns of i differ by 1e-4: the condition number is about 1e5, its square 1e10.
    const A = Array.from({ length: 9 }, (_, i) => [1, i, i + 1e-4 * Math.cos(3 * i)]);
    const truth = [0.5, 1.5, 0.25];
    const b = A.map((row) => row.reduce((sum, a, j) => sum + a * truth[j]!, 0));
    expectClose(nnls(A, b).x, truth, 1e-9);
  });

  test('units of the columns do not matter', () => {
    const rng = Rng.fromSeed(5);
    const A = randomRows(rng, 20, 5);
    const b = Array.from({ length: 20 }, () => rng.normal());
    const units = [1e-9, 1, 1e9, 1e-3, 1e4];
    const scaled = nnls(
      A.map((row) => row.map((value, j) => value * units[j]!)),
      b,
    );
    expectClose(
      scaled.x.map((value, j) => value * units[j]!),
      nnls(A, b).x,
      1e-10,
    );
  });

  test('columns of zeros and equal columns', () => {
    const A = [1, 2, 3].map((value) => [0, value, value]);
    const { x, residualNorm } = nnls(A, [2, 4, 6]);
    expect(x[0]).toBe(0);
    expect(x[1]! + x[2]!).toBeCloseTo(2, 12);
    expect(residualNorm).toBeLessThan(1e-12);
  });

  test('data that cannot be used are refused', () => {
    expect(() => nnls([], [])).toThrow(/nnls: A is empty/);
    expect(() => nnls([[1], [2, 3]], [1, 2])).toThrow(/row 1 has another length/);
    expect(() => nnls([[1], [2]], [1])).toThrow(/got 1 entries, expected 2/);
    expect(() => nnls([[1], [NaN]], [1, 2])).toThrow(/not finite: got NaN/);
    expect(() => nnls([[1], [2]], [1, Infinity])).toThrow(DataError);
  });
});

describe('nnlsMany', () => {
  test('as scipy, column by column', async () => {
    const { X } = await nnlsMany(MANY.A, transposed(MANY.B));
    expectClose(X, transposed(MANY.X).flat(), 1e-8);
    const shares = transposed(MANY.X_columns_sum_to_1).flat();
    expectClose(
      X.map((value, e) => value / X.subarray(e - (e % 4), e - (e % 4) + 4).reduce((a, b) => a + b)),
      shares,
      1e-8,
    );
  });

  test('golden proportions of cell types in spots', async () => {
    const spots = named(
      goldenCases('spatial_kernels') as SpotsCase[],
      'nonnegative_deconvolution_truth',
    );
    const B = transposed(spots.spots_genes_by_spots);
    const { X } = await nnlsMany(spots.signature_genes_by_types, B);
    const shares = B.flatMap((_, s) => {
      const amounts = X.subarray(3 * s, 3 * s + 3);
      const total = amounts.reduce((a, b) => a + b);
      return [...amounts].map((amount) => amount / total);
    });
    expectClose(shares, spots.nnls_proportions.flat(), 1e-8);
    // The spots are mixtures with noise.
    expectClose(shares, spots.true_proportions.flat(), 0.05);
  });

  test('dense and sparse right-hand sides give what nnls gives', async () => {
    const rng = Rng.fromSeed(6);
    const A = randomRows(rng, 15, 4);
    const B = DenseMatrix.fromRows(randomRows(rng, 6, 15)).mapData((v) => (v > 0 ? v : 0));
    const dense = await nnlsMany(A, B);
    const sparse = await nnlsMany(A, CsrMatrix.fromDense(B));
    for (let i = 0; i < 6; i++) {
      const one = nnls(A, B.row(i));
      expect(dense.X.subarray(i * 4, i * 4 + 4)).toEqual(one.x);
      expect(dense.residualNorms[i]).toBe(one.residualNorm);
    }
    expectClose(sparse.X, dense.X, 1e-12);
    expectClose(sparse.residualNorms, dense.residualNorms, 1e-12);
  });

  test('refuses other sizes, stops when asked to', async () => {
    await expect(nnlsMany([[1], [2]], DenseMatrix.zeros(3, 5))).rejects.toThrow(/its columns/);
    await expect(nnlsMany([[1], [2]], [[1, NaN]])).rejects.toThrow(DataError);
    const aborted = nnlsMany([[1], [2]], [[1, 1]], { signal: AbortSignal.abort() });
    await expect(aborted).rejects.toThrow(AbortError);
  });
});

describe('nnlsFromGram', () => {
  test.each(ONE.filter((c) => c.unique_x))('$name', ({ A, b, x }) => {
    const columns = transposed(A);
    const gram = columns.flatMap((p) => columns.map((q) => dot(p, q)));
    const right = columns.map((p) => dot(p, b));
    expectClose(nnlsFromGram(Float64Array.from(gram), Float64Array.from(right)), x, 1e-8);
  });

  test('a Gram matrix of another size is refused', () => {
    expect(() => nnlsFromGram(new Float64Array(5), new Float64Array(2))).toThrow(DataError);
  });
});

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

function transposed(rows: readonly number[][]): number[][] {
  return rows[0]!.map((_, j) => rows.map((row) => row[j]!));
}
