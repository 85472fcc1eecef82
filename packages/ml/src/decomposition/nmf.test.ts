/*
 * Errors and iterations with default tolerance: scikit-learn 1.9.1, NMF(3, init, solver) on the
 * golden matrix in float64.
 */
import { describe, expect, test } from '@jest/globals';
import {
  AbortError,
  CsrMatrix,
  DataError,
  DenseMatrix,
  NotFittedError,
  ParamError,
  Rng,
  silentReporter,
  type Matrix,
} from '@dance-ts/core';
import { expectClose } from '../testing/expect-close.js';
import { named } from '../testing/fixture.js';
import { goldenCases } from '../testing/golden.js';
import type { NmfData } from './nmf-data.js';
import { improveFactors } from './nmf-fit.js';
import { NMF } from './nmf.js';
import {
  divergence,
  divergenceUpdate,
  frobeniusError,
  gramOfColumns,
  multiplicativeUpdate,
} from './nmf-updates.js';

interface UpdateCase {
  name: string;
  X: number[][];
  W0: number[][];
  H0: number[][];
  frobenius_before: number;
  frobenius_W1: number[][];
  frobenius_H1: number[][];
  frobenius_after: number;
  kl_before: number;
  kl_W1: number[][];
  kl_H1: number[][];
  kl_after: number;
}

interface ObjectiveCase {
  name: string;
  k: number;
  best_frobenius_of_20_restarts_cd: number;
  frobenius_nndsvda_cd: number;
  frobenius_after_200_mu_from_W0_H0: number;
  kl_after_200_mu_from_W0_H0: number;
  truncated_svd_lower_bound: number;
}

const CASES = goldenCases('nmf') as (UpdateCase | ObjectiveCase)[];
const UPDATE = named(CASES, 'one_multiplicative_update_W_then_H') as UpdateCase;
const OBJECTIVES = named(CASES, 'objectives') as ObjectiveCase;
const X = DenseMatrix.fromRows(UPDATE.X);
const K = OBJECTIVES.k;

/** The golden matrix with float64 products, for comparison to the last digits. */
const EXACT: NmfData = {
  nRows: X.nRows,
  nCols: X.nCols,
  row: (i) => ({ indices: Int32Array.from(UPDATE.X[i]!.keys()), values: UPDATE.X[i]! }),
  multiply: (B, k) => product(UPDATE.X, B, k),
  multiplyTransposed: (C, k) => product(transposed(UPDATE.X), C, k),
};

function startFactors(): { k: number; W: Float64Array; Ht: Float64Array } {
  return {
    k: K,
    W: Float64Array.from(UPDATE.W0.flat()),
    Ht: Float64Array.from(transposed(UPDATE.H0).flat()),
  };
}

describe('updates of the factors', () => {
  test('one multiplicative update, Frobenius norm', () => {
    const factors = startFactors();
    const { k, W, Ht } = factors;
    expect(frobeniusError(EXACT, factors)).toBeCloseTo(UPDATE.frobenius_before, 9);
    multiplicativeUpdate(W, EXACT.multiply(Ht, k), gramOfColumns(Ht, k), k);
    multiplicativeUpdate(Ht, EXACT.multiplyTransposed(W, k), gramOfColumns(W, k), k);
    expectClose(W, UPDATE.frobenius_W1.flat(), 1e-10);
    expectClose(Ht, transposed(UPDATE.frobenius_H1).flat(), 1e-10);
    expect(frobeniusError(EXACT, factors)).toBeCloseTo(UPDATE.frobenius_after, 9);
  });

  test('one multiplicative update, Kullback-Leibler divergence', () => {
    const factors = startFactors();
    expect(divergence(EXACT, factors)).toBeCloseTo(UPDATE.kl_before, 9);
    divergenceUpdate(EXACT, factors, 'W');
    divergenceUpdate(EXACT, factors, 'Ht');
    expectClose(factors.W, UPDATE.kl_W1.flat(), 1e-10);
    expectClose(factors.Ht, transposed(UPDATE.kl_H1).flat(), 1e-10);
    expect(divergence(EXACT, factors)).toBeCloseTo(UPDATE.kl_after, 9);
  });

  test.each([
    ['frobenius', frobeniusError, OBJECTIVES.frobenius_after_200_mu_from_W0_H0],
    ['kullback-leibler', divergence, OBJECTIVES.kl_after_200_mu_from_W0_H0],
  ] as const)('200 multiplicative updates, %s', async (betaLoss, error, expected) => {
    const factors = startFactors();
    const nIter = await improveFactors(EXACT, factors, {
      solver: 'mu',
      betaLoss,
      tol: 0,
      maxIter: 200,
      isHFixed: false,
    });
    expect(nIter).toBe(200);
    expect(Math.abs(error(EXACT, factors) - expected)).toBeLessThan(1e-8);
  });
});

describe('NMF', () => {
  test('coordinate descent from nndsvda reaches what scikit-learn reaches', async () => {
    const model = await new NMF({ nComponents: K, tol: 1e-6, maxIter: 1000 }).fit(X);
    const best = OBJECTIVES.best_frobenius_of_20_restarts_cd;
    expect(model.reconstructionError).toBeLessThan(1.0001 * best);
    expect(model.reconstructionError).toBeGreaterThan(
      0.9999 * OBJECTIVES.truncated_svd_lower_bound,
    );
    expect(model.reconstructionError).toBeCloseTo(OBJECTIVES.frobenius_nndsvda_cd, 4);
  });

  test.each([
    ['cd', 'nndsvda', 0.19413357840304937, 72],
    ['cd', 'nndsvd', 0.19930115909216561, 200],
    ['mu', 'nndsvda', 1.3198401688625916, 200],
    ['mu', 'nndsvd', 5.482898498233274, 50],
  ] as const)(
    '%s from %s: error and iterations of scikit-learn',
    async (solver, init, error, n) => {
      const model = await new NMF({ nComponents: K, solver, init }).fit(X);
      expect(model.reconstructionError).toBeCloseTo(error, 4);
      expect(model.nIter).toBe(n);
    },
  );

  test.each([
    ['cd', 'frobenius', 0.2],
    ['mu', 'frobenius', 0.5],
    ['mu', 'kullback-leibler', 0.25],
  ] as const)('%s, %s from random: a good fit', async (solver, betaLoss, bound) => {
    const options = { nComponents: K, solver, betaLoss, init: 'random', tol: 1e-6 } as const;
    const model = await new NMF(options).fit(X);
    expect(model.reconstructionError).toBeLessThan(bound);
  });

  test.each([
    ['cd', 'frobenius'],
    ['mu', 'frobenius'],
    ['mu', 'kullback-leibler'],
  ] as const)('%s, %s: a sparse X gives what a dense one gives', async (solver, betaLoss) => {
    const dense = sparseCounts();
    const options = {
      nComponents: 3,
      solver,
      betaLoss,
      init: 'random',
      tol: 0,
      maxIter: 30,
    } as const;
    const results = await Promise.all(
      [dense, CsrMatrix.fromDense(dense)].map(async (data: Matrix) => {
        const model = new NMF(options);
        const W = await model.fitTransform(data);
        return { W: W.data, H: model.components.data, error: model.reconstructionError };
      }),
    );
    expectClose(results[1]!.W, results[0]!.W, 1e-4);
    expectClose(results[1]!.H, results[0]!.H, 1e-4);
    expect(results[1]!.error).toBeCloseTo(results[0]!.error, 4);
  });

  test('the error that is reported is that of the factors', async () => {
    const model = new NMF({ nComponents: 2 });
    const data = sparseCounts();
    const W = await model.fitTransform(CsrMatrix.fromDense(data));
    const H = model.components;
    let squares = 0;
    for (let i = 0; i < data.nRows; i++) {
      for (let j = 0; j < data.nCols; j++) {
        let rest = data.get(i, j);
        for (let c = 0; c < 2; c++) rest -= W.get(i, c) * H.get(c, j);
        squares += rest * rest;
      }
    }
    expect(model.reconstructionError).toBeCloseTo(Math.sqrt(squares), 5);
  });

  test.each(['cd', 'mu'] as const)(
    '%s: transform finds W again; a saved state, too',
    async (solver) => {
      const model = new NMF({ nComponents: K, solver, tol: 1e-5, maxIter: 1000 });
      const W = await model.fitTransform(X);
      const again = await model.transform(X);
      expectClose(again.data, W.data, 0.02);
      const copy = NMF.fromState(model.toState());
      expect(await copy.transform(X)).toEqual(again);
      expect(copy.nIter).toBe(model.nIter);
      expect(copy.reconstructionError).toBe(model.reconstructionError);
    },
  );

  test('the same seed gives the same bytes, another seed others', async () => {
    const factors = (seed: number): Promise<DenseMatrix> =>
      new NMF({ nComponents: 2, init: 'random', maxIter: 5, seed }).fitTransform(X);
    expect(await factors(1)).toEqual(await factors(1));
    expect(await factors(1)).not.toEqual(await factors(2));
  });

  test('starts that are given are used; what cannot end warns', async () => {
    const warnings: string[] = [];
    const reporter = {
      ...silentReporter,
      message: (_: string, text: string) => warnings.push(text),
    };
    const [W, H] = [DenseMatrix.fromRows(UPDATE.W0), DenseMatrix.fromRows(UPDATE.H0)];
    const model = new NMF({ nComponents: K, solver: 'mu', maxIter: 1 });
    const W1 = await model.fitTransform(X, { W, H, reporter });
    expectClose(W1.data, UPDATE.frobenius_W1.flat(), 1e-5);
    expectClose(model.components.data, UPDATE.frobenius_H1.flat(), 1e-5);
    expect(warnings).toEqual(['NMF did not converge in 1 iterations; raise maxIter']);
  });

  test('more components than the rank', async () => {
    const ones = DenseMatrix.fromRows([1, 2, 3, 4].map((row) => [row, 2 * row, 3 * row]));
    const model = await new NMF({ nComponents: 3, init: 'nndsvd' }).fit(ones);
    expect(model.reconstructionError).toBeLessThan(1e-3);
    expect(model.components.data.every(Number.isFinite)).toBe(true);
  });

  test('wrong options and data are refused', async () => {
    expect(() => new NMF({ nComponents: 0 })).toThrow(ParamError);
    expect(() => new NMF({ nComponents: 2, betaLoss: 'kullback-leibler' })).toThrow(/solver "mu"/);
    const wide = new NMF({ nComponents: 13, init: 'nndsvd' });
    await expect(wide.fit(X)).rejects.toThrow(/at most 12/);
    const model = new NMF({ nComponents: 2 });
    await expect(model.transform(X)).rejects.toThrow(NotFittedError);
    await expect(model.fit(X.mapData((v) => -v))).rejects.toThrow(/negative value/);
    await expect(model.fit(X, { W: DenseMatrix.zeros(18, 2) })).rejects.toThrow(DataError);
    await expect(model.fit(X, { signal: AbortSignal.abort() })).rejects.toThrow(AbortError);
    await model.fit(X);
    await expect(model.transform(X.selectColumns([0]))).rejects.toThrow(/other columns/);
  });
});

/** Counts of which most are 0. */
function sparseCounts(): DenseMatrix {
  const rng = Rng.fromSeed(8);
  const counts = Array.from({ length: 20 }, () =>
    Array.from({ length: 15 }, () => rng.poisson(0.6)),
  );
  return DenseMatrix.fromRows(counts);
}

/** A B, row-major, for B [A.nCols * k] */
function product(A: readonly number[][], B: Float64Array, k: number): Float64Array {
  const out = new Float64Array(A.length * k);
  A.forEach((row, i) => {
    row.forEach((a, j) => {
      for (let c = 0; c < k; c++) out[i * k + c]! += a * B[j * k + c]!;
    });
  });
  return out;
}

function transposed(rows: readonly number[][]): number[][] {
  return rows[0]!.map((_, j) => rows.map((row) => row[j]!));
}
