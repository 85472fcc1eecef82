import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  AbortError,
  DataError,
  loadBundle,
  MemoryStore,
  ParamError,
  silentReporter,
  type AnnData,
  type Reporter,
} from '@dance-ts/core';
import { simulateSingleCell } from '@dance-ts/datasets';
import {
  ScDeepCluster,
  type ScDeepClusterFitParams,
  type ScDeepClusterParams,
  type ScDeepClusterPreprocessParams,
} from './scdeepcluster.js';

const RUN = { reporter: silentReporter };
const SMALL: ScDeepClusterParams = {
  ...{ nClusters: 3, zDim: 4, encodeLayer: [12, 6], device: 'wasm' },
};
const SHORT: ScDeepClusterFitParams = {
  ...{ epochs: 2, pretrainEpochs: 3, batchSize: 32, pretrainBatchSize: 32, lr: 0.1, tol: 0 },
};

async function groups(): Promise<AnnData> {
  return simulateSingleCell({
    ...{ nCells: 70, nGenes: 60, groupProbabilities: [1, 1, 1], seed: 4 },
    ...{ libLoc: 7, deProbability: 0.4, deFacLoc: 1.2 },
  });
}

interface Given {
  params?: ScDeepClusterParams;
  fit?: ScDeepClusterFitParams;
  preprocess?: ScDeepClusterPreprocessParams;
}

async function fitted(data: AnnData, { params, fit, preprocess }: Given = {}) {
  const model = new ScDeepCluster({ ...SMALL, ...params });
  await model.preprocess(data, { ...preprocess, ...RUN });
  return model.fit(data, { ...SHORT, ...fit, ...RUN });
}

/** Counts epochs of each task. */
function counting(): { reporter: Reporter; epochs: (word: string) => number } {
  const tasks: string[] = [];
  return {
    reporter: { ...silentReporter, progress: ({ task }) => tasks.push(task) },
    epochs: (word) => tasks.filter((task) => task.includes(word)).length,
  };
}

describe('options', () => {
  let plain = new Float32Array(0);
  beforeAll(async () => {
    const data = await groups();
    plain = Float32Array.from((await (await fitted(data)).getLatent(data)).data);
  });

  test.each<[string, Given]>([
    ['less noise', { params: { sigma: 1 } }],
    ['no noise', { params: { sigma: 0 } }],
    ['noise in hidden layers', { params: { hiddenNoise: true } }],
    ['sigmoid', { params: { activation: 'sigmoid' } }],
    ['three degrees of freedom', { params: { alpha: 3 } }],
    ['a stronger clustering loss', { params: { gamma: 5 } }],
    ['another decoder', { params: { decodeLayer: [9] } }],
    ['no hidden layer', { params: { encodeLayer: [] } }],
    ['fewer genes', { preprocess: { nTopGenes: 40 } }],
    ['clipped expression', { preprocess: { maxValue: 1 } }],
    ['no pre-training', { fit: { pretrainEpochs: 0 } }],
    ['rarer updates', { fit: { updateInterval: 2 } }],
  ])('%s: trains, and changes the embedding', async (_, given) => {
    const data = await groups();
    const model = await fitted(data, given);
    const { data: latent } = await model.getLatent(data);
    expect(latent.every(Number.isFinite)).toBe(true);
    expect(latent).not.toEqual(plain);
  });

  test('"auto" finds the number of clusters by Leiden', async () => {
    const data = await groups();
    const model = await fitted(data, { params: { nClusters: 'auto' } });
    const { nCols } = await model.predictProba(data);
    expect(nCols).toBeGreaterThanOrEqual(2);
    expect(nCols).toBeLessThan(10);
  });

  test('training with labels of no cell is refused', async () => {
    const data = await groups();
    data.channels = {};
    await expect(fitted(data, { fit: { modelSelection: 'ari' } })).rejects.toThrow(ParamError);
  });
});

describe('training', () => {
  test('the loss is ZINB + gamma KL(p || q); pre-training has a history of its own', async () => {
    const { history } = await fitted(await groups(), { params: { gamma: 2 } });
    const { loss = [], zinb = [], kl = [], pretrainLoss = [], changed = [] } = history;
    expect([loss.length, zinb.length, kl.length]).toEqual([2, 2, 2]);
    loss.forEach((value, epoch) => {
      expect(value).toBeCloseTo(zinb[epoch]! + 2 * kl[epoch]!, 5);
    });
    expect(pretrainLoss).toHaveLength(3);
    expect(pretrainLoss[2]).toBeLessThan(pretrainLoss[0] ?? 0);
    expect(changed).toHaveLength(1);
  });

  test('stops when the clusters have settled', async () => {
    const model = await fitted(await groups(), { fit: { epochs: 50, tol: 1 } });
    expect(model.history['loss']?.length).toBe(1);
  });

  test('no epochs at all: clusters of the untrained embedding', async () => {
    const data = await groups();
    const model = await fitted(data, { fit: { epochs: 0, pretrainEpochs: 0 } });
    expect(model.history).toEqual({});
    expect(new Set(await model.predict(data)).size).toBe(3);
  });

  test('the epoch of the best ARI, when the user asks to look at the labels', async () => {
    const data = await groups();
    const fit = { modelSelection: 'ari', truth: 'cell_type', epochs: 3 } as const;
    const oracle = await fitted(data, { fit });
    const { ari = [] } = oracle.history;
    expect(ari).toHaveLength(4);
    expect(await oracle.score(data, { truth: 'cell_type' })).toBeCloseTo(Math.max(...ari), 12);
  });
});

describe('probabilities', () => {
  test('of each cell sum to 1, are largest for its cluster, and are saved', async () => {
    const data = await groups();
    const model = await fitted(data);
    const labels = await model.predict(data);
    const probabilities = await model.predictProba(data);
    expect(probabilities.shape).toEqual([70, 3]);
    labels.forEach((label, i) => {
      const row = probabilities.row(i);
      expect(row.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
      expect(row[label]).toBe(Math.max(...row));
    });
    const store = new MemoryStore();
    await model.save(store);
    const loaded = await ScDeepCluster.load(store);
    expect(await loaded.predictProba(data)).toEqual(probabilities);
  });
});

describe('interrupted', () => {
  test.each(['pretraining', 'ScDeepCluster: epoch'])('in %s: continues there', async (phase) => {
    const data = await groups();
    const fit = { epochs: 3, pretrainEpochs: 4 };
    const whole = await fitted(data, { fit });
    const store = new MemoryStore();
    const checkpoint = { store, everyEpochs: 1 };
    const abort = new AbortController();
    const reporter: Reporter = {
      ...silentReporter,
      progress: ({ task, done }) => {
        if (task.includes(phase) && done === 2) abort.abort();
      },
    };
    const model = new ScDeepCluster(SMALL);
    await model.preprocess(data, RUN);
    const run = { ...SHORT, ...fit, checkpoint };
    await expect(model.fit(data, { ...run, reporter, signal: abort.signal })).rejects.toThrow(
      AbortError,
    );
    const { reporter: counter, epochs } = counting();
    await model.fit(data, { ...run, reporter: counter });
    expect(epochs('pretraining')).toBe(phase === 'pretraining' ? 2 : 0);
    expect(model.history).toEqual(whole.history);
    expect(await model.getLatent(data)).toEqual(await whole.getLatent(data));
  });
});

describe('pre-training that is kept', () => {
  async function kept() {
    const data = await groups();
    const store = new MemoryStore();
    const model = new ScDeepCluster(SMALL).keepPretraining(store);
    await model.preprocess(data, RUN);
    await model.fit(data, { ...SHORT, ...RUN });
    return { data, store, model };
  }

  test('is used again where forcePretrain is off, to the same result', async () => {
    const { data, model } = await kept();
    const first = await model.getLatent(data);
    const { history } = model;
    const { reporter, epochs } = counting();
    await model.fit(data, { ...SHORT, forcePretrain: false, reporter });
    expect(epochs('pretraining')).toBe(0);
    expect(await model.getLatent(data)).toEqual(first);
    expect(model.history).toEqual(history);
    const again = counting();
    await model.fit(data, { ...SHORT, reporter: again.reporter });
    expect(again.epochs('pretraining')).toBe(3);
  });

  test('serves other settings of the clustering phase', async () => {
    const { data, store } = await kept();
    const other = new ScDeepCluster({ ...SMALL, nClusters: 2, gamma: 3 }).keepPretraining(store);
    await other.preprocess(data, RUN);
    const { reporter, epochs } = counting();
    await other.fit(data, { ...SHORT, epochs: 1, lr: 1, forcePretrain: false, reporter });
    expect(epochs('pretraining')).toBe(0);
    expect(epochs('epoch')).toBe(1);
  });

  test.each<[string, ScDeepClusterParams, ScDeepClusterFitParams]>([
    ['another network', { sigma: 2 }, {}],
    ['other settings', {}, { pretrainEpochs: 2 }],
  ])('is refused for %s', async (_, params, fit) => {
    const { data, store } = await kept();
    const other = new ScDeepCluster({ ...SMALL, ...params }).keepPretraining(store);
    await other.preprocess(data, RUN);
    const run = { ...SHORT, ...fit, forcePretrain: false, ...RUN };
    await expect(other.fit(data, run)).rejects.toThrow(/another fit/);
    await expect(other.fit(data, run)).rejects.toThrow(DataError);
    await other.fit(data, { ...run, forcePretrain: true });
    expect(other.isFitted).toBe(true);
  });

  test('holds numbers and facts only', async () => {
    const { store } = await kept();
    const { facts, tensors } = await loadBundle(store, 'pretrained');
    expect(Object.keys(facts).sort()).toEqual(['fingerprint', 'history']);
    expect([...tensors.keys()]).toContain('autoencoder/heads/dispersion/weight');
    expect([...tensors.keys()]).not.toContain('centers');
  });
});
