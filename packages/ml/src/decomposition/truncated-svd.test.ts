import { describe, expect, test } from '@jest/globals';
import {
  AbortError,
  CsrMatrix,
  DataError,
  DenseMatrix,
  ParamError,
  Rng,
  silentReporter,
  type Matrix,
} from '@dance-ts/core';
import { getKernels } from '@dance-ts/kernels';
import { centeredOperator } from './linear-operator.js';
import { truncatedSvd, type Svd } from './truncated-svd.js';

/** Poisson counts with a few groups of rows: a flat spectrum behind some large values. */
function counts(nRows: number, nCols: number, seed: number): CsrMatrix {
  const rng = Rng.fromSeed(seed);
  const rates = Array.from({ length: 5 }, () =>
    Float64Array.from({ length: nCols }, () => rng.gamma(0.3)),
  );
  const dense = DenseMatrix.zeros(nRows, nCols);
  for (let i = 0; i < nRows; i++) {
    const rate = rates[rng.int(5)]!;
    dense.row(i).set(rate.map((value) => rng.poisson(value)));
  }
  return CsrMatrix.fromDense(dense);
}

/** Norm of the part of the rows of B that lies outside the span of those of A. */
function distance(A: DenseMatrix, B: DenseMatrix): number {
  let outside = 0;
  for (let b = 0; b < B.nRows; b++) {
    let inside = 0;
    for (let a = 0; a < A.nRows; a++) inside += dot(A.row(a), B.row(b)) ** 2;
    outside += dot(B.row(b), B.row(b)) - inside;
  }
  return Math.sqrt(Math.max(0, outside));
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, j) => sum + value * b[j]!, 0);
}

function largestRelativeError(actual: Float64Array, expected: Float64Array): number {
  return actual.reduce((worst, value, c) => Math.max(worst, Math.abs(value / expected[c]! - 1)), 0);
}

describe('the iteration finds what the Gram matrix gives', () => {
  const tall = counts(420, 260, 1);
  test.each<[string, Matrix]>([
    ['tall, sparse', tall],
    ['wide, sparse', tall.transpose()],
    ['tall, dense', tall.toDense()],
  ])('%s, with restarts, in the flat part of the spectrum', async (_, X) => {
    const nComponents = 20;
    const options = { nComponents, rng: Rng.fromSeed(2) };
    const exact = await truncatedSvd(X, { ...options, solver: 'exact' });
    const iterated = await truncatedSvd(X, { ...options, solver: 'randomized' });
    // The gap behind the last one is small, or the test would be too easy.
    const next = await truncatedSvd(X, { ...options, nComponents: 21, solver: 'exact' });
    expect(exact.s[19]! / next.s[20]!).toBeLessThan(1.02);
    expect(largestRelativeError(iterated.s, exact.s)).toBeLessThan(1e-6);
    expect(distance(exact.Vt, iterated.Vt)).toBeLessThan(2e-3);
    expect(distance(exact.U.transpose(), iterated.U.transpose())).toBeLessThan(2e-3);
  });

  test('more components than fit between restarts', async () => {
    const options = { nComponents: 230, rng: Rng.fromSeed(3) };
    const exact = await truncatedSvd(tall, { ...options, solver: 'exact' });
    const iterated = await truncatedSvd(tall, { ...options, solver: 'randomized' });
    expect(largestRelativeError(iterated.s, exact.s)).toBeLessThan(1e-5);
  });

  test('equal singular values', async () => {
    const n = 300;
    const all = Int32Array.from({ length: n }, (_, i) => i);
    const identity = CsrMatrix.fromTriplets(n, n, all, all, new Float32Array(n).fill(3));
    const { s, Vt } = await truncatedSvd(identity, {
      nComponents: 20,
      rng: Rng.fromSeed(4),
      solver: 'randomized',
    });
    s.forEach((value) => {
      expect(value).toBeCloseTo(3, 5);
    });
    expect(distance(Vt, Vt)).toBeLessThan(1e-3);
  });
});

describe.each(['exact', 'randomized'] as const)('beyond the rank, %s', (solver) => {
  const rng = Rng.fromSeed(5);
  const options = { nComponents: 6, rng, solver };

  test('zeros', async () => {
    const { U, s, Vt } = await truncatedSvd(DenseMatrix.zeros(40, 30), options);
    for (const values of [U.data, s, Vt.data]) expect(values.every((v) => v === 0)).toBe(true);
  });

  test.each<[string, (X: DenseMatrix) => DenseMatrix]>([
    ['tall', (X) => X],
    ['wide', (X) => X.transpose()],
  ])('three rows repeated, %s', async (_, orient) => {
    const rows = Array.from({ length: 3 }, () => Array.from({ length: 200 }, () => rng.int(9)));
    const X = orient(DenseMatrix.fromRows(Array.from({ length: 250 }, (__, i) => rows[i % 3]!)));
    const { U, s, Vt } = await truncatedSvd(X, options);
    expect(s.subarray(0, 3).every((value) => value > 1)).toBe(true);
    expect(Array.from(s.subarray(3))).toEqual([0, 0, 0]);
    expect(Vt.data.subarray(3 * Vt.nCols).every((value) => value === 0)).toBe(true);
    expect(U.selectColumns([3, 4, 5]).data.every((value) => value === 0)).toBe(true);
    for (let i = 0; i < 3; i++) {
      const restored = Array.from({ length: X.nCols }, (__, j) =>
        s.reduce((sum, value, c) => sum + U.get(i, c) * value * Vt.get(c, j), 0),
      );
      restored.forEach((value, j) => {
        expect(value).toBeCloseTo(X.get(i, j), 3);
      });
    }
  });
});

describe('reproducibility', () => {
  const X = counts(300, 220, 6);
  const run = (seed: number): Promise<Svd> =>
    truncatedSvd(X, { nComponents: 12, rng: Rng.fromSeed(seed), solver: 'randomized' });

  test('same seed, same bytes; another seed, the same up to rounding', async () => {
    const first = await run(0);
    expect(await run(0)).toEqual(first);
    const other = await run(1);
    expect(other.Vt.data).not.toEqual(first.Vt.data);
    expect(largestRelativeError(other.s, first.s)).toBeLessThan(1e-6);
    const worst = other.Vt.data.reduce(
      (w, v, e) => Math.max(w, Math.abs(v - first.Vt.data[e]!)),
      0,
    );
    expect(worst).toBeLessThan(1e-3);
  });

  test('of each right vector the largest entry is positive', async () => {
    for (const { Vt } of [
      await run(2),
      await truncatedSvd(X, { nComponents: 12, rng: Rng.fromSeed(2) }),
    ]) {
      for (let c = 0; c < 12; c++) {
        const row = Vt.row(c);
        const [low, high] = [Math.min(...row), Math.max(...row)];
        expect(high).toBeGreaterThan(-low * (1 - 1e-5));
      }
    }
  });
});

describe('operators and options', () => {
  const X = counts(60, 40, 8);
  const options = { nComponents: 5, rng: Rng.fromSeed(9) };

  test('an operator gives what its matrix gives', async () => {
    const operator = centeredOperator(X, await getKernels());
    const { s, Vt } = await truncatedSvd(operator, options);
    const expected = await truncatedSvd(X, options);
    expect(largestRelativeError(s, expected.s)).toBeLessThan(1e-6);
    expect(distance(expected.Vt, Vt)).toBeLessThan(1e-3);
    await expect(truncatedSvd(operator, { ...options, solver: 'exact' })).rejects.toThrow(
      ParamError,
    );
  });

  test('NaN from an operator is refused', async () => {
    const operator = centeredOperator(X, await getKernels());
    const broken = {
      ...operator,
      multiply: (B: DenseMatrix) => operator.multiply(B).mapData(() => NaN),
    };
    await expect(truncatedSvd(broken, options)).rejects.toThrow(DataError);
  });

  test('too few restarts are reported', async () => {
    const messages: string[] = [];
    const reporter = {
      ...silentReporter,
      progress: () => undefined,
      message: (_: unknown, text: string) => {
        messages.push(text);
      },
    };
    const flat = counts(420, 260, 1);
    const run = { ...options, nComponents: 20, solver: 'randomized', reporter } as const;
    await truncatedSvd(flat, { ...run, nIter: 0 });
    expect(messages).toEqual([
      expect.stringMatching(/^\d+ of 20 singular vectors did not converge in 0 restarts/),
    ]);
    await truncatedSvd(flat, run);
    expect(messages).toHaveLength(1);
  });

  test.each([
    [{ nComponents: 41 }, /60 x 40: got 41, expected an integer from 1 to 40/],
    [{ nOversamples: -1 }, /nOversamples/],
    [{ nIter: 0.5 }, /nIter/],
  ])('%j is refused', async (wrong, message) => {
    await expect(truncatedSvd(X, { ...options, ...wrong })).rejects.toThrow(ParamError);
    await expect(truncatedSvd(X, { ...options, ...wrong })).rejects.toThrow(message);
  });

  test.each(['exact', 'randomized'] as const)('an aborted signal is obeyed, %s', async (solver) => {
    const signal = AbortSignal.abort();
    await expect(truncatedSvd(X, { ...options, solver, signal })).rejects.toThrow(AbortError);
  });
});
