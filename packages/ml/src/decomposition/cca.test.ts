import { describe, expect, test } from '@jest/globals';
import { AbortError, CsrMatrix, DataError, DenseMatrix, ParamError, Rng } from '@dance-ts/core';
import { expectClose } from '../testing/expect-close.js';
import { named } from '../testing/fixture.js';
import { goldenCases } from '../testing/golden.js';
import { cca } from './cca.js';
import { diagonalCca } from './diagonal-cca.js';

interface ClassicalCase {
  name: string;
  X: number[][];
  Y: number[][];
  canonical_correlations: number[];
}

interface DiagonalCase {
  name: string;
  genes_by_cells_1: number[][];
  genes_by_cells_2: number[][];
  k_components: number;
  singular_values: number[];
  embedding_1_sign_fixed_by_largest_entry_of_each_left_vector: number[][];
  embedding_2: number[][];
}

const CASES = goldenCases('cca_mnn') as (ClassicalCase | DiagonalCase)[];
const CLASSICAL = named(CASES, 'classical') as ClassicalCase;
const DIAGONAL = named(CASES, 'diagonal_cca_and_mnn') as DiagonalCase;
const X1 = transposed(DIAGONAL.genes_by_cells_1);
const X2 = transposed(DIAGONAL.genes_by_cells_2);
const K = DIAGONAL.k_components;
const LEFT = DIAGONAL.embedding_1_sign_fixed_by_largest_entry_of_each_left_vector;

function options(): { nComponents: number; rng: Rng } {
  return { nComponents: K, rng: Rng.fromSeed(0) };
}

describe('cca', () => {
  test('canonical correlations of QR and SVD', async () => {
    const { correlations } = await cca(CLASSICAL.X, CLASSICAL.Y);
    expectClose(correlations, CLASSICAL.canonical_correlations, 1e-9);
  });

  test('the variates have these correlations, and none across', async () => {
    const { correlations, xScores, yScores } = await cca(CLASSICAL.X, CLASSICAL.Y, {
      nComponents: 3,
    });
    const n = CLASSICAL.X.length;
    const covariance = (A: DenseMatrix, a: number, B: DenseMatrix, b: number): number =>
      Array.from({ length: n }, (_, i) => A.get(i, a) * B.get(i, b)).reduce((s, v) => s + v) /
      (n - 1);
    for (let a = 0; a < 3; a++) {
      for (let b = 0; b < 3; b++) {
        expect(covariance(xScores, a, xScores, b)).toBeCloseTo(a === b ? 1 : 0, 5);
        expect(covariance(yScores, a, yScores, b)).toBeCloseTo(a === b ? 1 : 0, 5);
        expect(covariance(xScores, a, yScores, b)).toBeCloseTo(a === b ? correlations[a]! : 0, 5);
      }
    }
  });

  test('wrong sizes and dependent columns are refused', async () => {
    const { X, Y } = CLASSICAL;
    await expect(cca(X, Y.slice(1))).rejects.toThrow(DataError);
    await expect(cca(X, Y, { nComponents: 5 })).rejects.toThrow(ParamError);
    const twice = X.map((row) => [...row, row[0]! + row[1]!]);
    await expect(cca(twice, Y)).rejects.toThrow(/column 5 of X depends/);
    await expect(cca(X, Y, { signal: AbortSignal.abort() })).rejects.toThrow(AbortError);
  });
});

describe('diagonalCca', () => {
  test('as numpy', async () => {
    const { embedding1, embedding2, singularValues } = await diagonalCca(X1, X2, options());
    expectClose(singularValues, DIAGONAL.singular_values, 1e-9);
    expectClose(embedding1.data, LEFT.flat(), 1e-7);
    expectClose(embedding2.data, DIAGONAL.embedding_2.flat(), 1e-7);
  });

  test('more cells in the first group: the sides change places, up to the sign', async () => {
    const { embedding1, embedding2, singularValues } = await diagonalCca(X2, X1, options());
    expectClose(singularValues, DIAGONAL.singular_values, 1e-9);
    for (let c = 0; c < K; c++) {
      const sign = Math.sign(embedding1.get(0, c) * DIAGONAL.embedding_2[0]![c]!);
      expectClose(
        Array.from({ length: embedding1.nRows }, (_, i) => sign * embedding1.get(i, c)),
        DIAGONAL.embedding_2.map((row) => row[c]!),
        1e-7,
      );
      expectClose(
        Array.from({ length: embedding2.nRows }, (_, i) => sign * embedding2.get(i, c)),
        LEFT.map((row) => row[c]!),
        1e-7,
      );
    }
  });

  test('the randomized solver, dense and sparse, agrees with the exact one', async () => {
    const rng = Rng.fromSeed(1);
    const counts = (n: number): DenseMatrix =>
      DenseMatrix.fromRows(
        Array.from({ length: n }, (_, i) =>
          Array.from({ length: 60 }, (_, g) => rng.poisson(g % 3 === i % 3 ? 4 : 0.3)),
        ),
      );
    const [first, second] = [counts(40), counts(55)];
    const settings = { nComponents: 2, rng };
    const exact = await diagonalCca(first, second, { ...settings, solver: 'exact' });
    for (const group of [first, CsrMatrix.fromDense(first)]) {
      const found = await diagonalCca(group, second, { ...settings, solver: 'randomized' });
      expectClose(found.singularValues, exact.singularValues, 1e-5);
      expectClose(found.embedding1.data, exact.embedding1.data, 1e-4);
      expectClose(found.embedding2.data, exact.embedding2.data, 1e-4);
    }
  });

  test.each(['exact', 'randomized'] as const)('%s: a constant cell lies at 0', async (solver) => {
    const flat = [...X1, new Array<number>(25).fill(0.1)];
    const { embedding1, singularValues } = await diagonalCca(flat, X2, { ...options(), solver });
    expectClose(embedding1.row(12), new Float32Array(K), 1e-6);
    expectClose(singularValues, DIAGONAL.singular_values, 1e-5);
  });

  test('wrong sizes are refused', async () => {
    const short = X2.map((row) => row.slice(1));
    await expect(diagonalCca(X1, short, options())).rejects.toThrow(/same genes/);
    const many = { ...options(), nComponents: 13 };
    await expect(diagonalCca(X1, X2, many)).rejects.toThrow(/from 1 to 12/);
    const holed = X1.map((row) => row.map(() => NaN));
    for (const solver of ['exact', 'randomized'] as const) {
      const run = diagonalCca(holed, X2, { ...options(), solver });
      await expect(run).rejects.toThrow(/not finite/);
    }
  });
});

function transposed(rows: readonly number[][]): number[][] {
  return rows[0]!.map((_, j) => rows.map((row) => row[j]!));
}
