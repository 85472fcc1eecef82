import { beforeAll, describe, expect, test } from '@jest/globals';
import { MemoryStore, silentReporter, type AnnData } from '@dance-ts/core';
import { simulateSingleCell } from '@dance-ts/datasets';
import { ScTPF, type ScTPFFitParams, type ScTPFParams } from './sctpf.js';

const RUN = { reporter: silentReporter };
const SMALL: ScTPFParams = {
  ...{ nClusters: 3, hiddenDim: 12, latentDim: 4, decDim: [10], adjDim: 5, k: 2, device: 'wasm' },
};
const SHORT: ScTPFFitParams = {
  ...{ pretrainEpochs: 5, epochs: 4, pretrainLr: 5e-3, lr: 5e-3, updateInterval: 2 },
  ...{ epsilon: 0.1, kOutlier: 8, stopFraction: 1 },
};
const PIPELINE = { nTopGenes: 50, nComponents: 8, nNeighbors: 8, ...RUN };

async function groups(): Promise<AnnData> {
  return simulateSingleCell({
    ...{ nCells: 60, nGenes: 80, groupProbabilities: [1, 1, 1], seed: 4 },
    ...{ libLoc: 7, deProbability: 0.4, deFacLoc: 1.2 },
  });
}

async function fitted(
  data: AnnData,
  params: ScTPFParams = {},
  fit: ScTPFFitParams = {},
): Promise<ScTPF> {
  const model = new ScTPF({ ...SMALL, ...params });
  await model.preprocess(data, PIPELINE);
  return model.fit(data, { ...SHORT, ...fit, ...RUN });
}

describe('options', () => {
  let plain = new Float32Array(0);
  beforeAll(async () => {
    const data = await groups();
    plain = Float32Array.from((await (await fitted(data)).getLatent(data)).data);
  });

  test.each<[string, ScTPFParams, ScTPFFitParams]>([
    ['one hop', { k: 1 }, {}],
    ['k-means centers', { centerInit: 'kmeans' }, {}],
    ['fixed centers', { trainableCenters: false }, {}],
    ['cross-entropy', {}, { pseudoLoss: 'cross_entropy' }],
    ['no clustering loss', {}, { wC: 0 }],
    ['the original graph throughout', {}, { correctGraph: false }],
    ['no confident cell', {}, { epsilon: 0.999 }],
    ['a strict vote', {}, { zeta: 1 }],
    ['another momentum', {}, { beta1: 0.5 }],
    ['an update each epoch', {}, { updateInterval: 1 }],
  ])('%s: trains, and changes the embedding', async (_, params, fit) => {
    const data = await groups();
    const latent = await (await fitted(data, params, fit)).getLatent(data);
    expect(latent.data.every(Number.isFinite)).toBe(true);
    expect(latent.data).not.toEqual(plain);
  });

  test('the number of clusters can be left to Leiden', async () => {
    const data = await groups();
    const { nCols } = await (await fitted(data, { nClusters: 'auto' })).predictProba(data);
    expect(nCols).toBeGreaterThanOrEqual(2);
  });
});

describe('reliable cells', () => {
  test('are counted at each update, and more of them where less is asked for', async () => {
    const data = await groups();
    const strict = await fitted(data, {}, { epsilon: 0.6 });
    const lenient = await fitted(data, {}, { epsilon: 0 });
    const shares = [strict, lenient].map((model) => model.history['reliable'] ?? []);
    expect(shares.map(({ length }) => length)).toEqual([2, 2]);
    expect(shares[0]![0]).toBeLessThan(shares[1]![0]!);
    expect(shares[1]![0]).toBeLessThanOrEqual(1);
  });

  test('the others are held where the last update found them', async () => {
    const data = await groups();
    const fit = { epsilon: 0.999, correctGraph: false, updateInterval: 4 };
    const { history } = await fitted(data, {}, fit);
    expect(history['reliable']).toEqual([0]);
    const [atUpdate, ...later] = history['pseudo'] ?? [];
    expect(atUpdate).toBeCloseTo(0, 6);
    for (const value of later) expect(value).toBeGreaterThan(1e-5);
    const { pseudo: free = [] } = (await fitted(data, {}, { ...fit, wC: 0 })).history;
    expect(later[2]!).toBeLessThan(free[3]!);
  });

  test('are sought on the graph that is trained on', async () => {
    const still = { lr: 1e-12, epochs: 2, updateInterval: 1, epsilon: 0.999 };
    const { pseudo = [] } = (await fitted(await groups(), {}, still)).history;
    expect(pseudo[0]!).toBeGreaterThan(1e-5); // first trained on the graph without self loops
    expect(pseudo[1]!).toBeCloseTo(0, 6);
  });

  test('enough of them end training at the next update', async () => {
    const data = await groups();
    const model = await fitted(data, {}, { epsilon: 0, stopFraction: 0 });
    expect(model.history['reliable']).toHaveLength(1);
    expect(model.history['loss']).toHaveLength(2);
    expect(await model.predict(data)).toHaveLength(60);
  });
});

describe('the loss', () => {
  test('is the weighted sum of its terms, each once an epoch', async () => {
    const { history } = await fitted(await groups(), {}, { wA: 0.7, wX: 2, wC: 0.3 });
    const { loss = [], adjacency = [], zinb = [], pseudo = [], pretrainLoss = [] } = history;
    expect([loss, adjacency, zinb, pseudo].map(({ length }) => length)).toEqual([4, 4, 4, 4]);
    expect(pretrainLoss).toHaveLength(5);
    loss.forEach((value, e) => {
      expect(value).toBeCloseTo(0.7 * adjacency[e]! + 2 * zinb[e]! + 0.3 * pseudo[e]!, 5);
    });
    expect(Math.min(...pseudo)).toBeGreaterThan(0);
  });

  test('pulls reliable cells to their clusters', async () => {
    const data = await groups();
    const fit: ScTPFFitParams = { epochs: 12, wA: 0, wX: 0, epsilon: 0.05, updateInterval: 12 };
    const { pseudo = [] } = (await fitted(data, {}, fit)).history;
    expect(pseudo.at(-1)).toBeLessThan(0.8 * pseudo[0]!);
  });

  test('diagnostics compare gradients at each update and change nothing', async () => {
    const data = await groups();
    const plain = await fitted(data);
    const model = await fitted(data, {}, { diagnostics: true, truth: 'cell_type' });
    expect((await model.getLatent(data)).data).toEqual((await plain.getLatent(data)).data);
    for (const name of ['featureDrift', 'featureRandomness']) {
      const cosines = model.history[name] ?? [];
      expect(cosines).toHaveLength(2);
      for (const cosine of cosines) expect(Math.abs(cosine)).toBeLessThanOrEqual(1);
    }
  });
});

test('no epochs at all: random weights and the clusters of the graph', async () => {
  const data = await groups();
  const model = await fitted(data, {}, { epochs: 0, pretrainEpochs: 0 });
  expect(model.history).toEqual({});
  expect(await model.predict(data)).toHaveLength(60);
});

test('a fit interrupted while clustering continues on the corrected graph', async () => {
  const data = await groups();
  const whole = await (await fitted(data)).getLatent(data);
  const model = new ScTPF(SMALL);
  await model.preprocess(data, PIPELINE);
  const abort = new AbortController();
  const reporter = {
    ...silentReporter,
    progress: ({ task, done }: { task: string; done: number }) => {
      if (task === 'ScTPF: epoch' && done === 3) abort.abort();
    },
  };
  const checkpoint = { store: new MemoryStore(), everyEpochs: 1 };
  const { signal } = abort;
  await expect(model.fit(data, { ...SHORT, checkpoint, reporter, signal })).rejects.toThrow();
  await model.fit(data, { ...SHORT, checkpoint, ...RUN });
  expect(model.history['loss']).toHaveLength(4);
  expect((await model.getLatent(data)).data).toEqual(whole.data);
});

test('data without a neighbor graph are refused', async () => {
  const data = await groups();
  await expect(new ScTPF(SMALL).fit(data, RUN)).rejects.toThrow(/preprocess/);
});
