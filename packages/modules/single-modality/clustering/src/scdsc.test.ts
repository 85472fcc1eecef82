import { beforeAll, describe, expect, test } from '@jest/globals';
import { DataError, loadBundle, MemoryStore, silentReporter, type AnnData } from '@dance-ts/core';
import { simulateSingleCell } from '@dance-ts/datasets';
import { ScDSC, type ScDSCFitParams, type ScDSCParams } from './scdsc.js';

const RUN = { reporter: silentReporter };
const SMALL: ScDSCParams = {
  ...{ nClusters: 3, nEnc1: 64, nEnc2: 16, nEnc3: 16, nZ1: 16, nZ2: 12, nZ3: 8 },
  ...{ nDec1: 16, nDec2: 16, nDec3: 64, device: 'wasm' },
};

const SHORT: ScDSCFitParams = {
  ...{ epochs: 4, lr: 1e-2, pretrainEpochs: 4, pretrainLr: 1e-2, pretrainBatchSize: 32 },
};
const LONGER: ScDSCFitParams = { epochs: 30, pretrainEpochs: 20 };

async function groups(): Promise<AnnData> {
  return simulateSingleCell({
    ...{ nCells: 90, nGenes: 120, groupProbabilities: [1, 1, 1], seed: 4 },
    ...{ libLoc: 7, deProbability: 0.4, deFacLoc: 1.2 },
  });
}

async function fitted(
  data: AnnData,
  params: ScDSCParams = {},
  fit: ScDSCFitParams = {},
): Promise<ScDSC> {
  const model = new ScDSC({ ...SMALL, ...params });
  await model.preprocess(data, { nTopGenes: 80, nNeighbors: 10, ...RUN });
  return model.fit(data, { ...SHORT, ...fit, ...RUN });
}

describe('options', () => {
  let data: AnnData;
  let plain: Float32Array;
  beforeAll(async () => {
    data = await groups();
    plain = (await (await fitted(data)).getLatent(data)).data;
  });

  test.each<[string, ScDSCParams, ScDSCFitParams]>([
    ['the encoder for the graph layers only', { sigma: 1 }, {}],
    ['the graph layers only', { sigma: 0 }, {}],
    ['degrees of freedom', { v: 7 }, {}],
    ['DANCE', { compat: 'dance' }, {}],
    ['without binary cross-entropy', {}, { bcl: 0 }],
    ['without divergence of pred', {}, { cl: 0 }],
    ['without reconstruction', {}, { rl: 0 }],
    ['without likelihood', {}, { zl: 0 }],
    ['more pre-training', {}, { pretrainEpochs: 5 }],
    ['a target made anew each epoch', {}, { updateInterval: 1 }],
  ])('%s: trains, and changes the embedding', async (_, params, fit) => {
    const model = await fitted(data, params, fit);
    const latent = await model.getLatent(data);
    expect(latent.data.every(Number.isFinite)).toBe(true);
    expect(latent.data).not.toEqual(plain);
  });

  test('finds the groups, and gives probabilities whose largest is the cluster', async () => {
    const model = await fitted(data, {}, LONGER);
    expect(await model.score(data, { truth: 'cell_type' })).toBeGreaterThan(0.8);
    const proba = await model.predictProba(data);
    const labels = await model.predict(data);
    proba.rowSums().forEach((sum) => {
      expect(sum).toBeCloseTo(1, 5);
    });
    labels.forEach((label, i) => {
      expect(proba.get(i, label)).toBe(Math.max(...proba.row(i)));
    });
  });

  test('finds the number of clusters', async () => {
    const model = await fitted(data, { nClusters: 'auto' }, LONGER);
    expect(await model.score(data, { truth: 'cell_type' })).toBeGreaterThan(0.5);
  });

  test('labels of the graph layers are their own', async () => {
    const q = await fitted(data);
    const pred = await fitted(data, { labelsFrom: 'pred' });
    expect((await pred.getLatent(data)).data).toEqual((await q.getLatent(data)).data);
    expect((await pred.predictProba(data)).data).not.toEqual((await q.predictProba(data)).data);
  });
});

test('history: a pre-training loss an epoch, and every term of the clustering loss', async () => {
  const data = await groups();
  const weights = { bce: 0.3, kl: 0.2, mse: 0.7, zinb: 0.4 };
  const { bce: bcl, kl: cl, mse: rl, zinb: zl } = weights;
  const { history } = await fitted(data, {}, { bcl, cl, rl, zl });
  expect(history['pretrainLoss']).toHaveLength(4);
  expect(history['loss']).toHaveLength(4);
  history['loss']?.forEach((loss, epoch) => {
    const sum = Object.entries(weights).reduce(
      (total, [term, weight]) => total + weight * (history[term]?.[epoch] ?? NaN),
      0,
    );
    expect(loss).toBeCloseTo(sum, 4);
  });
});

test('neither phase: clusters of the untrained embedding', async () => {
  const data = await groups();
  const model = await fitted(data, {}, { epochs: 0, pretrainEpochs: 0 });
  expect(model.history).toEqual({});
  expect(await model.predict(data)).toHaveLength(90);
});

test('DANCE freezes the autoencoder: only running statistics move while it clusters', async () => {
  const data = await groups();
  const weightsAfter = async (epochs: number, compat: 'paper' | 'dance'): Promise<string> => {
    const store = new MemoryStore();
    const model = await fitted(data, { compat }, { epochs });
    await model.save(store);
    return savedEncoder(store);
  };
  expect(await weightsAfter(3, 'dance')).toBe(await weightsAfter(0, 'dance'));
  expect(await weightsAfter(3, 'paper')).not.toBe(await weightsAfter(0, 'paper'));
});

test('pre-trained weights of a store are used again', async () => {
  const data = await groups();
  const store = new MemoryStore();
  const model = new ScDSC(SMALL).keepPretraining(store);
  await model.preprocess(data, { nTopGenes: 80, nNeighbors: 10, ...RUN });
  const fit = { ...SHORT, ...RUN };
  await model.fit(data, fit);
  const first = (await model.getLatent(data)).data;
  await model.fit(data, { ...fit, forcePretrain: false });
  expect((await model.getLatent(data)).data).toEqual(first);
  await expect(
    model.fit(data, { ...fit, forcePretrain: false, pretrainEpochs: 5 }),
  ).rejects.toThrow(DataError);
});

/** The saved weights of the first encoder layer as text. */
async function savedEncoder(store: MemoryStore): Promise<string> {
  const { tensors } = await loadBundle(store, 'model');
  return [...(tensors.get('network/autoencoder/encoder1/weight')?.data ?? [])].join();
}
