import { describe, expect, test } from '@jest/globals';
import { DataError, DenseMatrix, Rng, silentReporter } from '@dance-ts/core';
import { adjustedRandIndex } from '@dance-ts/metrics';
import { clusterMeans, initialClusters, nClustersParam } from './initial-clusters.js';

const context = { rng: Rng.fromSeed(3), reporter: silentReporter, signal: undefined };

/** Three groups of 30 points around (0, 0), (9, 0) and (0, 9). */
function groups(): { points: DenseMatrix; truth: Int32Array } {
  const rng = Rng.fromSeed(1);
  const truth = Int32Array.from({ length: 90 }, (_, i) => i % 3);
  const rows = Array.from(truth, (g) => [
    9 * Number(g === 1) + rng.normal(),
    9 * Number(g === 2) + rng.normal(),
  ]);
  return { points: DenseMatrix.fromRows(rows), truth };
}

describe('initialClusters', () => {
  test.each([3, 'auto'] as const)('finds separate groups with nClusters %p', async (nClusters) => {
    const { points, truth } = groups();
    const { labels, centers } = await initialClusters(points, { ...context, nClusters });
    expect(adjustedRandIndex(truth, labels)).toBeGreaterThan(nClusters === 3 ? 0.99 : 0.5);
    expect(centers.nRows).toBe(new Set(labels).size);
    const means = clusterMeans(points, labels);
    means.data.forEach((value, e) => {
      expect(centers.data[e]).toBeCloseTo(value, 3);
    });
  });

  test('the same stream gives the same clusters', async () => {
    const { points } = groups();
    const first = await initialClusters(points, { ...context, nClusters: 5 });
    const again = await initialClusters(points, { ...context, nClusters: 5 });
    expect(again).toEqual(first);
  });

  test('refuses an embedding that is not finite', async () => {
    const { points } = groups();
    points.data[7] = NaN;
    await expect(initialClusters(points, { ...context, nClusters: 3 })).rejects.toThrow(/cell 3/);
  });

  test('refuses more clusters than cells', async () => {
    const { points } = groups();
    await expect(initialClusters(points, { ...context, nClusters: 91 })).rejects.toThrow(DataError);
  });
});

test('clusterMeans averages the rows of each label and refuses gaps', () => {
  const X = DenseMatrix.fromRows([
    [1, 10],
    [3, 20],
    [5, 30],
  ]);
  expect([...clusterMeans(X, Int32Array.of(1, 0, 1)).data]).toEqual([3, 20, 3, 20]);
  expect(() => clusterMeans(X, Int32Array.of(0, 2, 2))).toThrow(/cluster 1 has no cells/);
});

test('nClustersParam takes a number from 2, or "auto"', () => {
  expect(nClustersParam.parse(undefined)).toBe(10);
  expect(nClustersParam.parse('auto')).toBe('auto');
  expect(nClustersParam.safeParse(1).success).toBe(false);
  expect(nClustersParam.safeParse('other').success).toBe(false);
});
