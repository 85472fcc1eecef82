import { describe, expect, test } from '@jest/globals';
import { AbortError, DenseMatrix, ParamError, Rng } from '@dance-ts/core';
import { expectClose } from '../testing/expect-close.js';
import { goldenCases } from '../testing/golden.js';
import { kMeans } from './k-means.js';

interface KMeansCase {
  name: string;
  X?: number[][];
  k: number;
  best_inertia_of_50: number;
  best_labels: number[];
  init: number[][];
  from_init: { inertia: number; labels: number[]; centers: number[][] };
  one_lloyd_step: { labels: number[]; inertia_before: number; centers_after: number[][] };
}

const CASES = (goldenCases('kmeans') as KMeansCase[])
  .filter((c) => c.X !== undefined)
  .map((c) => [c.name, { ...c, X: DenseMatrix.fromRows(c.X ?? []) }] as const);

describe('kMeans', () => {
  test.each(CASES)('%s: from given centers to scikit-learn’s result', async (_, c) => {
    const init = DenseMatrix.fromRows(c.init);
    const rng = Rng.fromSeed(0);
    const result = await kMeans(c.X, { nClusters: c.k, init, rng, tol: 0 });
    expect([...result.labels]).toEqual(c.from_init.labels);
    expect(result.inertia).toBeCloseTo(c.from_init.inertia, 2);
    c.from_init.centers.flat().forEach((value, e) => {
      expect(result.centers.data[e]).toBeCloseTo(value, 4);
    });
  });

  test.each(CASES)('%s: assignment to given centers, and one step from them', async (_, c) => {
    const { labels, inertia_before, centers_after } = c.one_lloyd_step;
    const init = DenseMatrix.fromRows(c.init);
    const options = { nClusters: c.k, init, rng: Rng.fromSeed(0), tol: 0 };
    const assigned = await kMeans(c.X, { ...options, maxIter: 0 });
    expect([...assigned.labels]).toEqual(labels);
    expect(Math.abs(assigned.inertia - inertia_before)).toBeLessThan(1e-6 * inertia_before + 1e-9);
    const moved = await kMeans(c.X, { ...options, maxIter: 1 });
    expect(moved.nIter).toBe(1);
    expectClose(moved.centers.data, centers_after.flat(), 1e-6);
  });

  test.each(CASES)('%s: k-means++ finds the best of many runs', async (_, c) => {
    const { inertia, labels } = await kMeans(c.X, { nClusters: c.k, rng: Rng.fromSeed(1) });
    expect(inertia).toBeLessThanOrEqual(c.best_inertia_of_50 * 1.01 + 1e-6);
    expect(samePartition(labels, c.best_labels)).toBe(true);
  });

  test('same seed, same result', async () => {
    const X = CASES[1]![1].X;
    const run = () => kMeans(X, { nClusters: 5, rng: Rng.fromSeed(4), nInit: 2 });
    expect(await run()).toEqual(await run());
  });

  test('an empty cluster takes the farthest row', async () => {
    const X = DenseMatrix.fromRows([[0], [0.1], [10], [10.1], [50]]);
    const init = DenseMatrix.fromRows([[0], [10], [1000]]);
    const { labels } = await kMeans(X, { nClusters: 3, init, rng: Rng.fromSeed(0) });
    expect(samePartition(labels, [0, 0, 1, 1, 2])).toBe(true);
  });

  test('more clusters than rows are refused with both numbers', async () => {
    const X = DenseMatrix.fromRows([[0], [1]]);
    const run = kMeans(X, { nClusters: 3, rng: Rng.fromSeed(0) });
    await expect(run).rejects.toThrow(ParamError);
    await expect(run).rejects.toThrow(/3 clusters for 2 rows/);
  });

  test('stops when asked to', async () => {
    const X = CASES[0]![1].X;
    const signal = AbortSignal.abort();
    await expect(kMeans(X, { nClusters: 2, rng: Rng.fromSeed(0), signal })).rejects.toThrow(
      AbortError,
    );
  });
});

function samePartition(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  const forth = new Map<number, number>();
  const back = new Map<number, number>();
  for (let i = 0; i < a.length; i++) {
    if ((forth.get(a[i]!) ?? b[i]) !== b[i] || (back.get(b[i]!) ?? a[i]) !== a[i]) return false;
    forth.set(a[i]!, b[i]!);
    back.set(b[i]!, a[i]!);
  }
  return true;
}
