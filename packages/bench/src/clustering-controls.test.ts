import { beforeAll, describe, expect, test } from '@jest/globals';
import { silentReporter, type AnnData } from '@dance-ts/core';
import { simulateSingleCell } from '@dance-ts/datasets';
import { clusteringControls } from './clustering-controls.js';

let data: AnnData;
beforeAll(async () => {
  data = await simulateSingleCell({
    ...{ nCells: 90, nGenes: 120, groupProbabilities: [1, 1, 1], seed: 4 },
    ...{ libLoc: 7, deProbability: 0.4, deFacLoc: 1.2 },
  });
});

describe('controls', () => {
  const shared = { truth: 'cell_type', seed: 0, reporter: silentReporter };

  test('the usual two, unless there are to be more', async () => {
    const usual = await clusteringControls(data, { ...shared, nClusters: 3 });
    expect(Object.keys(usual)).toEqual(['PCA + Leiden', 'PCA + k-means']);
    const more = await clusteringControls(data, { ...shared, nClusters: 3, more: true });
    expect(more).toMatchObject(usual);
  });

  test('Leiden at the resolution of K clusters finds groups, random labels do not', async () => {
    const three = await clusteringControls(data, { ...shared, nClusters: 3, more: true });
    expect(three['PCA + Leiden, K clusters']?.['ari']).toBeGreaterThan(0.9);
    expect(Math.abs(three['random labels']?.['ari'] ?? NaN)).toBeLessThan(0.15);
    // Six clusters split the three groups, so that the matched ones hold fewer of the cells.
    const six = await clusteringControls(data, { ...shared, nClusters: 6, more: true });
    expect(six['PCA + Leiden, K clusters']?.['acc']).toBeLessThan(0.8);
    expect(six['PCA + Leiden']).toEqual(three['PCA + Leiden']);
  });

  test('fewer genes to choose from change the components', async () => {
    const few = await clusteringControls(data, { ...shared, nClusters: 3, nTopGenes: 20 });
    const all = await clusteringControls(data, { ...shared, nClusters: 3 });
    expect(few['PCA + k-means']?.['silhouette']).not.toBe(all['PCA + k-means']?.['silhouette']);
  });
});
