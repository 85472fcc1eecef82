import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { DataError, ParamError, silentReporter, type AnnData } from '@dance-ts/core';
import { simulateSingleCell } from '@dance-ts/datasets';
import { GraphSC, type GraphSCFitParams, type GraphSCParams } from './graphsc.js';

const RUN = { reporter: silentReporter };
const SMALL: GraphSCParams = {
  ...{ nClusters: 3, inFeats: 8, hiddenDim: 16, hidden1: 12, device: 'wasm' },
};

async function groups(): Promise<AnnData> {
  return simulateSingleCell({
    ...{ nCells: 90, nGenes: 120, groupProbabilities: [1, 1, 1], seed: 4 },
    ...{ libLoc: 7, deProbability: 0.4, deFacLoc: 1.2 },
  });
}

async function fitted(
  data: AnnData,
  params: GraphSCParams = {},
  fit: GraphSCFitParams = {},
): Promise<GraphSC> {
  const model = new GraphSC({ ...SMALL, ...params });
  await model.preprocess(data, { nTopGenes: 80, ...RUN });
  return model.fit(data, { epochs: 4, batchSize: 32, lr: 1e-3, ...fit, ...RUN });
}

describe('options', () => {
  test.each<[string, GraphSCParams]>([
    ['two convolutions', { nLayers: 2 }],
    ['mean aggregation', { agg: 'mean' }],
    ['leaky ReLU', { activation: 'leaky_relu' }],
    ['GELU', { activation: 'gelu' }],
    ['PReLU', { activation: 'prelu' }],
    ['batch normalization and ReLU', { hiddenBn: true, hiddenRelu: true }],
    ['no linear layer', { nHidden: 0 }],
    ['two linear layers', { nHidden: 2, hidden2: 6 }],
    ['degrees of the whole graph', { degree: 'graph' }],
    ['no dropout', { dropout: 0 }],
  ])('%s: trains, and changes the embedding', async (_, params) => {
    const data = await groups();
    const plain = await (await fitted(data)).getLatent(data);
    const model = await fitted(data, params);
    const latent = await model.getLatent(data);
    expect(latent.data.every(Number.isFinite)).toBe(true);
    expect(latent.data).not.toEqual(plain.data);
    const widths = { 'no linear layer': 16, 'two linear layers': 6 } as Record<string, number>;
    expect(latent.nCols).toBe(widths[_] ?? 12);
  });

  test.each(['kmeans', 'leiden', 'louvain'] as const)('%s finds the groups', async (method) => {
    const data = await groups();
    const model = await fitted(data, { clusterMethod: method, nNeighbors: 20 });
    expect(await model.score(data, { truth: 'cell_type' })).toBeGreaterThan(0.8);
  });

  test('training with labels of no cell is refused', async () => {
    const data = await groups();
    data.channels = {};
    await expect(fitted(data, {}, { modelSelection: 'ari' })).rejects.toThrow(ParamError);
  });

  test('two linear layers need a width for the second', () => {
    expect(() => new GraphSC({ nHidden: 2 })).toThrow(/hidden2/);
  });

  test('data without a cell-gene graph are refused', async () => {
    const model = new GraphSC(SMALL);
    await expect(model.fit(await groups(), RUN)).rejects.toThrow(DataError);
  });
});

describe('which weights are kept', () => {
  test('no epochs: the initial ones', async () => {
    const data = await groups();
    const model = await fitted(data, {}, { epochs: 0 });
    expect(model.history).toEqual({});
    expect(await model.predict(data)).toHaveLength(90);
  });

  test('the epoch of the lowest loss', async () => {
    const data = await groups();
    const lowest = await fitted(data, {}, { epochs: 6, modelSelection: 'loss' });
    const { loss = [] } = lowest.history;
    const best = loss.indexOf(Math.min(...loss));
    const stopped = await fitted(data, {}, { epochs: best + 1 });
    expect((await lowest.getLatent(data)).data).toEqual((await stopped.getLatent(data)).data);
  });

  test('the epoch of the best ARI, when the user asks to look at the labels', async () => {
    const data = await groups();
    const oracle = await fitted(data, {}, { modelSelection: 'ari', truth: 'cell_type' });
    const { ari = [] } = oracle.history;
    expect(ari).toHaveLength(4);
    const reached = await oracle.score(data, { truth: 'cell_type' });
    expect(reached).toBeCloseTo(Math.max(...ari), 12);
  });

  test('compat "dance" keeps the embedding of the last training epoch', async () => {
    const data = await groups();
    const paper = await (await fitted(data)).getLatent(data);
    const dance = await (await fitted(data, { compat: 'dance' })).getLatent(data);
    expect(dance.data).not.toEqual(paper.data);
    const without = { dropout: 0, degree: 'graph' } as const;
    const tiny = { epochs: 1, lr: 1e-12 };
    const a = await (await fitted(data, without, tiny)).getLatent(data);
    const b = await (await fitted(data, { ...without, compat: 'dance' }, tiny)).getLatent(data);
    a.data.forEach((value, e) => {
      expect(b.data[e]).toBeCloseTo(value, 5);
    });
  });
});

test('the same bytes on every machine', async () => {
  const data = await groups();
  const model = await fitted(data);
  const { data: latent } = await model.getLatent(data);
  const hash = createHash('sha256').update(new Uint8Array(latent.buffer)).digest('hex');
  expect(hash.slice(0, 16)).toMatchInlineSnapshot(`"b8a860565e3c2424"`);
});
