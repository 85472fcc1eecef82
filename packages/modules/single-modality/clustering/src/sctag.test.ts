import { beforeAll, describe, expect, test } from '@jest/globals';
import { DataError, MemoryStore, silentReporter, type AnnData } from '@dance-ts/core';
import { simulateSingleCell } from '@dance-ts/datasets';
import { ScTAG, type ScTAGFitParams, type ScTAGParams } from './sctag.js';

const RUN = { reporter: silentReporter };
const SMALL: ScTAGParams = {
  ...{ nClusters: 3, hiddenDim: 12, latentDim: 4, decDim: [10], adjDim: 5, k: 2, device: 'wasm' },
};
const SHORT: ScTAGFitParams = { pretrainEpochs: 5, epochs: 4, lr: 5e-3, updateInterval: 2 };

async function groups(): Promise<AnnData> {
  return simulateSingleCell({
    ...{ nCells: 60, nGenes: 80, groupProbabilities: [1, 1, 1], seed: 4 },
    ...{ libLoc: 7, deProbability: 0.4, deFacLoc: 1.2 },
  });
}

async function fitted(
  data: AnnData,
  params: ScTAGParams = {},
  fit: ScTAGFitParams = {},
  graph: 'umap' | 'knn' = 'umap',
): Promise<ScTAG> {
  const model = new ScTAG({ ...SMALL, ...params });
  await model.preprocess(data, { nTopGenes: 50, nComponents: 8, nNeighbors: 8, graph, ...RUN });
  return model.fit(data, { ...SHORT, ...fit, ...RUN });
}

describe('options', () => {
  let plain = new Float32Array(0);
  beforeAll(async () => {
    const data = await groups();
    plain = Float32Array.from((await (await fitted(data)).getLatent(data)).data);
  });

  test.each<[string, ScTAGParams, ScTAGFitParams]>([
    ['one hop', { k: 1 }, {}],
    ['every hop the first', { hops: 'repeat' }, {}],
    ['no dropout', { dropout: 0 }, {}],
    ['two hidden layers in the decoder', { decDim: [8, 10] }, {}],
    ['another number of degrees of freedom', { alpha: 3 }, {}],
    ['no graph reconstruction', {}, { wA: 0 }],
    ['no likelihood', {}, { wX: 0 }],
    ['no clustering loss', {}, { wC: 0 }],
    ['a penalty of distances in pre-training', {}, { wD: 0.1, minDist: 1 }],
    ['the other divergence', {}, { klDirection: 'qp' }],
    ['a target renewed each epoch', {}, { updateInterval: 1 }],
    ['fixed centers', { trainableCenters: false }, {}],
  ])('%s: trains, and changes the embedding', async (_, params, fit) => {
    const data = await groups();
    const latent = await (await fitted(data, params, fit)).getLatent(data);
    expect(latent.data.every(Number.isFinite)).toBe(true);
    expect(latent.data).not.toEqual(plain);
  });

  test('the graph of nearest cells instead of UMAP weights changes the embedding', async () => {
    const data = await groups();
    expect((await (await fitted(data, {}, {}, 'knn')).getLatent(data)).data).not.toEqual(plain);
  });

  test('spectral clustering of the graph finds the first centers', async () => {
    const data = await groups();
    const model = await fitted(data, { centerInit: 'spectral' }, { epochs: 0 });
    expect(await model.score(data, { truth: 'cell_type' })).toBeGreaterThan(0.8);
  });

  test('the number of clusters can be left to Leiden', async () => {
    const data = await groups();
    const model = await fitted(data, { nClusters: 'auto' });
    const { nCols } = await model.predictProba(data);
    expect(nCols).toBeGreaterThanOrEqual(2);
    expect(nCols).toBeLessThan(10);
  });
});

describe('the loss', () => {
  test('is the weighted sum of its terms, each once an epoch', async () => {
    const data = await groups();
    const { history } = await fitted(data, {}, { wA: 0.7, wX: 2, wC: 0.3 });
    const { loss = [], adjacency = [], zinb = [], kl = [], pretrainLoss = [] } = history;
    expect([loss, adjacency, zinb, kl].map(({ length }) => length)).toEqual([4, 4, 4, 4]);
    expect(pretrainLoss).toHaveLength(5);
    loss.forEach((value, e) => {
      expect(value).toBeCloseTo(0.7 * adjacency[e]! + 2 * zinb[e]! + 0.3 * kl[e]!, 5);
    });
    expect(pretrainLoss.at(-1)).toBeLessThan(pretrainLoss[0]!);
  });

  test('diagnostics compare gradients at each update and change nothing', async () => {
    const data = await groups();
    const plain = await fitted(data, {}, { truth: 'cell_type' });
    const model = await fitted(data, {}, { diagnostics: true, truth: 'cell_type' });
    expect((await model.getLatent(data)).data).toEqual((await plain.getLatent(data)).data);
    const { featureDrift = [], featureRandomness = [] } = model.history;
    expect([featureDrift, featureRandomness].map(({ length }) => length)).toEqual([2, 2]);
    for (const cosine of [...featureDrift, ...featureRandomness]) {
      expect(Math.abs(cosine)).toBeLessThanOrEqual(1);
      expect(cosine).not.toBe(0);
    }
    expect(plain.history['featureDrift']).toBeUndefined();
  });

  test('probabilities are rows that sum to 1, and the cluster is the most probable one', async () => {
    const data = await groups();
    const model = await fitted(data);
    const labels = await model.predict(data);
    const probabilities = await model.predictProba(data);
    labels.forEach((label, i) => {
      const row = probabilities.row(i);
      expect(row.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
      expect(row[label]).toBe(Math.max(...row));
    });
  });
});

describe('which weights are kept', () => {
  test('no epochs at all: random weights and k-means of their embedding', async () => {
    const data = await groups();
    const model = await fitted(data, {}, { epochs: 0, pretrainEpochs: 0 });
    expect(model.history).toEqual({});
    expect(new Set(await model.predict(data)).size).toBe(3);
  });

  test('the epoch of the best ARI, when the user asks to look at the labels', async () => {
    const data = await groups();
    const fit: ScTAGFitParams = { modelSelection: 'ari', truth: 'cell_type', updateInterval: 1 };
    const model = await fitted(data, {}, fit);
    const { ari = [] } = model.history;
    expect(await model.score(data, { truth: 'cell_type' })).toBeCloseTo(Math.max(...ari), 12);
  });

  test('pre-trained weights are used again on request', async () => {
    const data = await groups();
    const store = new MemoryStore();
    const model = new ScTAG(SMALL).keepPretraining(store);
    await model.preprocess(data, { nTopGenes: 50, nComponents: 8, nNeighbors: 8, ...RUN });
    await model.fit(data, { ...SHORT, ...RUN });
    const first = await model.getLatent(data);
    await model.fit(data, { ...SHORT, forcePretrain: false, ...RUN });
    expect((await model.getLatent(data)).data).toEqual(first.data);
    const other = { ...SHORT, pretrainEpochs: 1, forcePretrain: false, ...RUN };
    await expect(model.fit(data, other)).rejects.toThrow(DataError);
  });
});

test('a fit interrupted while clustering continues to the same result', async () => {
  const data = await groups();
  const whole = await (await fitted(data)).getLatent(data);
  const model = new ScTAG(SMALL);
  await model.preprocess(data, { nTopGenes: 50, nComponents: 8, nNeighbors: 8, ...RUN });
  const abort = new AbortController();
  const reporter = {
    ...silentReporter,
    progress: ({ task, done }: { task: string; done: number }) => {
      if (task === 'ScTAG: epoch' && done === 3) abort.abort();
    },
  };
  const checkpoint = { store: new MemoryStore(), everyEpochs: 1 };
  const { signal } = abort;
  await expect(model.fit(data, { ...SHORT, checkpoint, reporter, signal })).rejects.toThrow();
  await model.fit(data, { ...SHORT, checkpoint, ...RUN });
  expect(model.history['pretrainLoss']).toHaveLength(5);
  expect(model.history['loss']).toHaveLength(4);
  expect((await model.getLatent(data)).data).toEqual(whole.data);
});

test('data without a neighbor graph are refused', async () => {
  const data = await groups();
  await expect(new ScTAG(SMALL).fit(data, RUN)).rejects.toThrow(/preprocess/);
});
