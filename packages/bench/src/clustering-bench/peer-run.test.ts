import { GraphSC, SCAG2E, ScGPCL } from '@dance-ts/clustering';
import { listModels, ParamError, silentReporter, type AnnData } from '@dance-ts/core';
import { simulateSingleCell } from '@dance-ts/datasets';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { CellSpec } from './cells.js';
import { clusteringPeer, hasClusteringPeer, networkWeights, peerArrays } from './peer-run.js';
import { runCell } from './run-cell.js';

const RUN = { reporter: silentReporter };

test('every clustering model has a peer', () => {
  const ids = listModels('clustering').map(({ spec }) => spec.id);
  expect(ids.length).toBeGreaterThanOrEqual(8);
  expect(ids.filter((id) => !hasClusteringPeer(id))).toEqual([]);
  expect(hasClusteringPeer('run_time')).toBe(false);
});

test('a peer cannot run without Python', async () => {
  const cell: CellSpec = {
    ...{ schema: 1, kind: 'peer', model: 'graphsc', dataset: 'sim-clustering', seed: 0 },
    ...{ params: { model: {}, fit: {}, preprocess: {} }, nClasses: 3, nTopGenes: null },
  };
  await expect(runCell(cell, { command: '' })).rejects.toThrow(ParamError);
});

test('a Python that is not there is named', async () => {
  const run = clusteringPeer('/no/such/python', 'graphsc', {}, new Map(), { seed: 0 });
  await expect(run).rejects.toThrow('/no/such/python cannot be run');
});

describe('what a peer is given', () => {
  let data: AnnData;
  beforeAll(async () => {
    const groups = { groupProbabilities: [1, 1], deProbability: 0.4 };
    data = await simulateSingleCell({ ...groups, nCells: 40, nGenes: 60, libLoc: 7, seed: 1 });
  });

  test('expression, counts, totals and both graphs', async () => {
    const model = new SCAG2E({ nClusters: 2, device: 'wasm' });
    await model.preprocess(data, { nTopGenes: 30, kGraph: 5, ...RUN });
    const prepared = model.prepared(data);
    const arrays = peerArrays('scag2e', prepared);
    expect(Object.keys(arrays).sort()).toEqual([
      ...['counts', 'geneIndices', 'geneIndptr', 'indices', 'indptr', 'totals', 'weights', 'x'],
    ]);
    const { nObs, nVars } = prepared;
    expect(arrays['x']).toMatchObject({ shape: [nObs, nVars] });
    expect(arrays['geneIndptr']).toHaveLength(nVars + 1);
    expect(arrays['totals']).toHaveLength(nObs);
  });

  test('expression of scGPCL has mean 0 and deviation 1', async () => {
    const model = new ScGPCL({ nClusters: 2, device: 'wasm' });
    await model.preprocess(data, { nTopGenes: 30, ...RUN });
    const { shape, data: x } = peerArrays('scgpcl', model.prepared(data))['x'] as {
      shape: readonly [number, number];
      data: Float32Array;
    };
    const [nCells, nGenes] = shape;
    for (let gene = 0; gene < nGenes; gene++) {
      const values = Array.from({ length: nCells }, (_, i) => x[i * nGenes + gene]!);
      const mean = values.reduce((sum, value) => sum + value, 0) / nCells;
      const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
      expect(mean).toBeCloseTo(0, 4);
      expect(squares / (nCells - 1)).toBeCloseTo(1, 3);
    }
  });

  test('the graph of cells and genes, and the weights of a network by name', async () => {
    const model = new GraphSC({ nClusters: 2, inFeats: 5, hiddenDim: 6, hidden1: 4 });
    await model.preprocess(data, { nTopGenes: 30, ...RUN });
    const prepared = model.prepared(data);
    const arrays = peerArrays('graphsc', prepared);
    expect(arrays['cellFeatures']).toMatchObject({ shape: [prepared.nObs, 5] });
    expect(arrays['indptr']).toHaveLength(prepared.nObs + 1);
    await model.fit(data, { epochs: 0, ...RUN });
    const weights = await networkWeights(model);
    const shapes = [...weights].map(([name, { shape }]) => [name, [...shape]]);
    expect(Object.fromEntries(shapes)).toEqual({
      ...{ 'conv1/weight': [5, 6], 'conv1/bias': [6] },
      ...{ 'linear1/weight': [6, 4], 'linear1/bias': [4] },
    });
  });
});
