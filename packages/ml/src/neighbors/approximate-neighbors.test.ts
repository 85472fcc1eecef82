import { describe, expect, test } from '@jest/globals';
import { AbortError, DataError, DenseMatrix, ParamError, Rng } from '@dance-ts/core';
import type { NeighborMetric } from './metric.js';
import { nearestNeighbors, type Neighbors } from './nearest-neighbors.js';

const K = 15;

/** One cloud of rows with variances that fall off, as principal components have, or do not. */
function cloud(nRows: number, nCols: number, decay = 0.7): DenseMatrix {
  const rng = Rng.fromSeed(7);
  const X = DenseMatrix.zeros(nRows, nCols);
  for (let e = 0; e < X.data.length; e++) X.data[e] = rng.normal() / (1 + (e % nCols)) ** decay;
  return X;
}

/** Share of the true neighbors that were found; their distances must be the same numbers. */
function recall(found: Neighbors, exact: Neighbors): number {
  let hits = 0;
  for (let i = 0; i < exact.n; i++) {
    const from = i * exact.k;
    const own = exact.indices.subarray(from, from + exact.k);
    for (let e = from; e < from + exact.k; e++) {
      const place = own.indexOf(found.indices[e]!);
      if (place === -1) continue;
      hits += 1;
      if (found.distances[e] !== exact.distances[from + place]) return 0;
    }
  }
  return hits / exact.indices.length;
}

/** Rows with k different neighbors, without themselves, nearest first. */
function rowsInOrder({ indices, distances, n, k }: Neighbors): number {
  let count = 0;
  for (let i = 0; i < n; i++) {
    const own = indices.subarray(i * k, (i + 1) * k);
    const ascends = distances.subarray(i * k, (i + 1) * k).every((d, t, all) => !(d < all[t - 1]!));
    if (ascends && !own.includes(i) && new Set(own).size === k) count += 1;
  }
  return count;
}

describe('nearestNeighbors, approximate', () => {
  const X = cloud(4000, 20);

  test.each(['euclidean', 'cosine'] as const)(
    '%s: nearly all true neighbors, nearest first, at their exact distances',
    async (metric: NeighborMetric) => {
      const exact = await nearestNeighbors(X, { k: K, metric, method: 'exact' });
      const found = await nearestNeighbors(X, { k: K, metric, method: 'approximate' });
      expect(recall(found, exact)).toBeGreaterThan(0.95);
      expect(found.indices.join() === exact.indices.join()).toBe(false);
      expect(rowsInOrder(found)).toBe(found.n);
    },
  );

  test('most of the true neighbors of rows that fill all dimensions evenly', async () => {
    const even = cloud(4000, 50, 0);
    const exact = await nearestNeighbors(even, { k: K, method: 'exact' });
    const found = await nearestNeighbors(even, { k: K, method: 'approximate' });
    expect(recall(found, exact)).toBeGreaterThan(0.8);
  });

  test('the same seed gives the same bytes, another seed others', async () => {
    const search = async (seed: number): Promise<string> =>
      (await nearestNeighbors(X, { k: 2, method: 'approximate', seed })).indices.join();
    const first = await search(1);
    expect((await search(1)) === first).toBe(true);
    expect((await search(2)) === first).toBe(false);
  });

  test('few rows: the same as the exact search, ties included', async () => {
    for (const nRows of [2, 3, 30, 400]) {
      const grid = DenseMatrix.fromRows(
        Array.from({ length: nRows }, (_, i) => [i % 7, Math.floor(i / 7) % 5]),
      );
      const k = Math.min(8, nRows - 1);
      const exact = await nearestNeighbors(grid, { k, method: 'exact' });
      expect(await nearestNeighbors(grid, { k, method: 'approximate' })).toEqual(exact);
      expect(await nearestNeighbors(grid, { k })).toEqual(exact);
    }
  });

  test('refuses what it cannot search, stops when asked to', async () => {
    const holed = DenseMatrix.fromRows([[1], [NaN], [2]]);
    const approximate = { k: 1, method: 'approximate' } as const;
    await expect(nearestNeighbors(holed, approximate)).rejects.toThrow(DataError);
    await expect(nearestNeighbors(X, { k: 1, method: 'hnsw' as 'auto' })).rejects.toThrow(
      ParamError,
    );
    const signal = AbortSignal.abort();
    await expect(nearestNeighbors(X, { ...approximate, signal })).rejects.toThrow(AbortError);
  });
});
