import { expect, test } from '@jest/globals';
import { DenseMatrix, Rng } from '@dance-ts/core';
import { graphClusters } from './graph-clusters.js';

test.each(['leiden', 'louvain'] as const)('%s finds well separated groups', async (method) => {
  const rng = Rng.fromSeed(0);
  const X = DenseMatrix.zeros(90, 3);
  for (let i = 0; i < 90; i++) {
    for (let f = 0; f < 3; f++) X.row(i)[f] = rng.normal() + (i % 3 === f ? 20 : 0);
  }
  const { labels } = await graphClusters(X, { method, nNeighbors: 20, rng });
  for (let i = 3; i < 90; i++) expect(labels[i]).toBe(labels[i % 3]);
  expect(new Set(labels).size).toBe(3);
});

test('more neighbors than rows are cut to what there is', async () => {
  const X = DenseMatrix.fromRows([[0], [1], [10], [11]]);
  const { connectivities } = await graphClusters(X, {
    method: 'leiden',
    nNeighbors: 300,
    rng: Rng.fromSeed(0),
  });
  expect(connectivities.nnz).toBe(12);
});
