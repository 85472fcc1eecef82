import { describe, expect, test } from '@jest/globals';
import { AbortError, DenseMatrix, Pacer, Rng } from '@dance-ts/core';
import { getKernels } from '@dance-ts/kernels';
import { nearestNeighbors } from './nearest-neighbors.js';
import type { NeighborLists } from './neighbor-lists.js';
import { descend } from './nn-descent.js';

const N = 1500;
const DIM = 8;
const K = 10;

const rng = Rng.fromSeed(3);
const X = new DenseMatrix(
  N,
  DIM,
  Float32Array.from({ length: N * DIM }, () => rng.normal()),
);

/** K other rows at random, nearest first. */
function drawnLists(): NeighborLists {
  const indices = new Int32Array(N * K);
  const squared = new Float32Array(N * K);
  for (let i = 0; i < N; i++) {
    const others = rng.permutation(N).filter((j) => j !== i);
    const nearest = [...others.subarray(0, K)]
      .map((j) => [j, distance(i, j)] as const)
      .sort(([, a], [, b]) => a - b);
    nearest.forEach(([j, d], t) => {
      indices[i * K + t] = j;
      squared[i * K + t] = d;
    });
  }
  return { indices, squared };
}

function distance(i: number, j: number): number {
  return X.row(i).reduce((sum, x, f) => sum + (x - X.row(j)[f]!) ** 2, 0);
}

async function run(lists: NeighborLists, seed: number, signal?: AbortSignal): Promise<void> {
  const kernels = await getKernels();
  await descend(X, lists, { kernels, pacer: new Pacer(signal), rng: Rng.fromSeed(seed) });
}

describe('descend', () => {
  const start = drawnLists();
  const copy = (): NeighborLists => ({
    indices: start.indices.slice(),
    squared: start.squared.slice(),
  });

  test('finds nearly all neighbors from lists drawn at random', async () => {
    const lists = copy();
    await run(lists, 0);
    const exact = await nearestNeighbors(X, { k: K, method: 'exact' });
    let hits = 0;
    for (let i = 0; i < N; i++) {
      const own = lists.indices.subarray(i * K, (i + 1) * K);
      expect(new Set(own).size).toBe(K);
      expect(own.includes(i)).toBe(false);
      hits += exact.indices.subarray(i * K, (i + 1) * K).filter((j) => own.includes(j)).length;
    }
    expect(hits / (N * K)).toBeGreaterThan(0.97);
  });

  test('keeps each list in order, with the distances of its points', async () => {
    const lists = copy();
    await run(lists, 0);
    for (let e = 0; e < N * K; e++) {
      const i = Math.floor(e / K);
      expect(lists.squared[e]).toBeCloseTo(distance(i, lists.indices[e]!), 4);
      if (e % K > 0) expect(lists.squared[e]!).toBeGreaterThanOrEqual(lists.squared[e - 1]!);
    }
  });

  test('the same seed gives the same lists', async () => {
    const [a, b] = [copy(), copy()];
    await run(a, 5);
    await run(b, 5);
    expect(a).toEqual(b);
  });

  test('stops when asked to', async () => {
    await expect(run(copy(), 0, AbortSignal.abort())).rejects.toThrow(AbortError);
  });
});
