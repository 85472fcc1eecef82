import { describe, expect, test } from '@jest/globals';
import { ParamError, Rng } from '@dance-ts/core';
import { adjustedRand } from '../testing/adjusted-rand.js';
import { consensusClusters } from './consensus-clusters.js';

const TRUTH = Int32Array.from({ length: 120 }, (_, i) => i % 3);
const rng = (): Rng => Rng.fromSeed(1);

/** The truth with other numbers, and a share of the cells in a cluster by chance. */
function noisy(seed: number, share: number): Int32Array {
  const stream = Rng.fromSeed(seed);
  const names = stream.permutation(4);
  return TRUTH.map((label) => names[stream.uniform() < share ? stream.int(4) : label]!);
}

describe('consensusClusters', () => {
  test('partitions that are the same but for their numbers: that partition', async () => {
    const partitions = [0, 1, 2].map((seed) => noisy(seed, 0));
    const found = await consensusClusters(partitions, { nClusters: 3, rng: rng() });
    expect(adjustedRand(TRUTH, found)).toBe(1);
  });

  test('is closer to what noisy partitions have in common than any of them', async () => {
    const partitions = Array.from({ length: 15 }, (_, seed) => noisy(seed, 0.4));
    const found = await consensusClusters(partitions, { nClusters: 3, rng: rng() });
    const best = Math.max(...partitions.map((labels) => adjustedRand(TRUTH, labels)));
    expect(best).toBeLessThan(0.5);
    expect(adjustedRand(TRUTH, found)).toBeGreaterThan(0.95);
  });

  test('neither the order of partitions nor the numbers of clusters matter', async () => {
    const partitions = Array.from({ length: 9 }, (_, seed) => noisy(seed, 0.2));
    const found = await consensusClusters(partitions, { nClusters: 3, rng: rng() });
    const others = partitions.map((labels) => labels.map((label) => 7 - label)).reverse();
    const again = await consensusClusters(others, { nClusters: 3, rng: rng() });
    expect(adjustedRand(found, again)).toBe(1);
  });

  test('cells that a partition leaves out, and one that all leave out', async () => {
    const partitions = Array.from({ length: 6 }, (_, seed) => noisy(seed, 0.1));
    partitions.forEach((labels, p) => labels.fill(-1, 10 * p, 10 * p + 10));
    for (const labels of partitions) labels[119] = -1;
    const found = await consensusClusters(partitions, { nClusters: 3, rng: rng() });
    expect(found[119]).toBe(-1);
    expect(adjustedRand(TRUTH.subarray(0, 119), found.subarray(0, 119))).toBeGreaterThan(0.95);
  });

  test.each([
    ['no partitions', [], 2],
    ['partitions of different cells', [TRUTH, TRUTH.subarray(1)], 2],
    ['more clusters than there are', [TRUTH], 4],
    ['no clusters', [TRUTH], 0],
  ])('%s: refused', async (_, partitions, nClusters) => {
    await expect(consensusClusters(partitions, { nClusters, rng: rng() })).rejects.toThrow(
      ParamError,
    );
  });
});
