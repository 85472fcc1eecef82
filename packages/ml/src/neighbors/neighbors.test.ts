import { describe, expect, test } from '@jest/globals';
import { AbortError, DenseMatrix, ParamError, Rng } from '@dance-ts/core';
import { umapConnectivities } from '../manifold/umap-connectivities.js';
import { expectClose } from '../testing/expect-close.js';
import { goldenCases } from '../testing/golden.js';
import type { NeighborMetric } from './metric.js';
import { nearestNeighbors } from './nearest-neighbors.js';

interface NeighborCase {
  name: string;
  X: number[][];
  k: number;
  metric?: NeighborMetric;
  indices_without_self?: number[][];
  indices_lower_index_wins?: number[][];
  distances: number[][];
  n_neighbors_including_self: number;
  knn_indices_self_first: number[][];
  rho: number[];
  connectivities: number[][];
}

const CASES = goldenCases('knn_graph') as NeighborCase[];

function golden(name: string): NeighborCase {
  const found = CASES.find((c) => c.name === name);
  if (found === undefined) throw new Error(`no golden case ${name}`);
  return found;
}

describe('nearestNeighbors', () => {
  test.each(['knn_euclidean', 'knn_cosine', 'knn_correlation', 'ties_on_grid'])(
    '%s equals scipy',
    async (name) => {
      const c = golden(name);
      const X = DenseMatrix.fromRows(c.X);
      const { indices, distances } = await nearestNeighbors(X, {
        k: c.k,
        metric: c.metric ?? 'euclidean',
      });
      expect([...indices]).toEqual(
        (c.indices_without_self ?? c.indices_lower_index_wins ?? []).flat(),
      );
      expectClose(distances, c.distances.flat(), 1e-6);
    },
  );

  test('duplicates are at distance 0', async () => {
    const c = golden('duplicates');
    const { distances } = await nearestNeighbors(DenseMatrix.fromRows(c.X), { k: c.k });
    c.distances.flat().forEach((distance, e) => {
      expect(distances[e]).toBeCloseTo(distance, 5);
    });
  });

  test('blocks do not change the result', async () => {
    const rng = Rng.fromSeed(0);
    const X = new DenseMatrix(
      600,
      3,
      Float32Array.from({ length: 1800 }, () => rng.normal()),
    );
    const { indices } = await nearestNeighbors(X, { k: 4 });
    for (const i of [0, 255, 256, 511, 512, 599]) {
      const order = Array.from({ length: 600 }, (_, j) => j)
        .filter((j) => j !== i)
        .sort((a, b) => squared(X, i, a) - squared(X, i, b));
      expect([...indices.subarray(i * 4, i * 4 + 4)]).toEqual(order.slice(0, 4));
    }
  });

  test.each([0, 3, 1.5])('k = %p of 3 rows is refused', async (k) => {
    const X = DenseMatrix.fromRows([[0], [1], [2]]);
    await expect(nearestNeighbors(X, { k })).rejects.toThrow(ParamError);
    await expect(nearestNeighbors(X, { k })).rejects.toThrow(/for 3 rows/);
  });

  test('stops when asked to', async () => {
    const X = DenseMatrix.fromRows([[0], [1], [2]]);
    await expect(nearestNeighbors(X, { k: 1, signal: AbortSignal.abort() })).rejects.toThrow(
      AbortError,
    );
  });
});

describe('umapConnectivities', () => {
  test('equals umap-learn (scanpy)', async () => {
    const c = golden('umap_fuzzy_connectivities');
    const X = DenseMatrix.fromRows(c.X);
    const k = c.n_neighbors_including_self - 1;
    const neighbors = await nearestNeighbors(X, { k });
    expect([...neighbors.indices]).toEqual(c.knn_indices_self_first.flatMap((row) => row.slice(1)));
    const nearest = neighbors.distances.filter((_, e) => e % k === 0);
    expectClose(nearest, c.rho, 1e-6);
    const graph = umapConnectivities(neighbors);
    c.connectivities.forEach((row, i) => {
      row.forEach((weight, j) => {
        expect(Math.abs(graph.get(i, j) - weight)).toBeLessThan(1e-6);
      });
    });
  });

  test('symmetric, in (0, 1], without loops; the nearest neighbor has weight 1', async () => {
    const rng = Rng.fromSeed(2);
    const X = new DenseMatrix(
      80,
      4,
      Float32Array.from({ length: 320 }, () => rng.normal()),
    );
    const neighbors = await nearestNeighbors(X, { k: 6 });
    const graph = umapConnectivities(neighbors);
    expect(graph.transpose()).toEqual(graph);
    expect(graph.data.every((weight) => weight > 0 && weight <= 1)).toBe(true);
    for (let i = 0; i < 80; i++) {
      expect(graph.get(i, i)).toBe(0);
      expect(graph.get(i, neighbors.indices[i * 6]!)).toBe(1);
    }
  });

  test('all points the same: every weight is 1', async () => {
    const X = DenseMatrix.zeros(5, 2);
    const graph = umapConnectivities(await nearestNeighbors(X, { k: 2 }));
    expect(new Set(graph.data)).toEqual(new Set([1]));
  });
});

function squared(X: DenseMatrix, a: number, b: number): number {
  return X.row(a).reduce((sum, value, f) => sum + (value - X.get(b, f)) ** 2, 0);
}
