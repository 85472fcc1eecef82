import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  AbortError,
  columnValue,
  DataError,
  loadBundle,
  MemoryStore,
  ParamError,
  silentReporter,
  type AnnData,
} from '@dance-ts/core';
import { simulateSingleCell } from '@dance-ts/datasets';
import { prototypeCounts, readContrastiveInput } from './scgpcl-network.js';
import { ScGPCL, type ScGPCLFitParams, type ScGPCLParams } from './scgpcl.js';

const RUN = { reporter: silentReporter };
const SMALL: ScGPCLParams = {
  ...{ nClusters: 3, layers: [16, 8], geneDim: 6, numSamples: [40, 20], device: 'wasm' },
};
const SHORT: ScGPCLFitParams = {
  ...{ pretrainEpochs: 3, warmup: 2, pretrainLr: 1e-2, epochs: 2, tol: 0, r: 1 },
  ...{ batchSize: 30, nInit: 1 },
};

async function groups(): Promise<AnnData> {
  return simulateSingleCell({
    ...{ nCells: 60, nGenes: 80, groupProbabilities: [1, 1, 1], seed: 4 },
    ...{ libLoc: 7, deProbability: 0.4, deFacLoc: 1.2 },
  });
}

async function fitted(
  data: AnnData,
  params: ScGPCLParams = {},
  fit: ScGPCLFitParams = {},
  options = {},
): Promise<ScGPCL> {
  const model = new ScGPCL({ ...SMALL, ...params });
  await model.preprocess(data, { hvg: 0.5, ...RUN });
  return model.fit(data, { ...SHORT, ...fit, ...RUN, ...options });
}

type Table2 = number[][];

function tableOf(n: number, d: number, value: (i: number, j: number) => number): Table2 {
  return Array.from({ length: n }, (_, i) => Array.from({ length: d }, (_, j) => value(i, j)));
}

function product(a: Table2, b: Table2): Table2 {
  return tableOf(a.length, b[0]!.length, (i, j) =>
    a[i]!.reduce((sum, value, k) => sum + value * b[k]![j]!, 0),
  );
}

test('prototypes: multiples of the clusters, rounded down and the last up, all different', () => {
  expect(prototypeCounts(7, [1, 1.5, 2])).toEqual([7, 10, 14]);
  expect(prototypeCounts(2, [1, 1.4, 1.6])).toEqual([2, 3, 4]);
  expect(prototypeCounts(3, [1, 1.5])).toEqual([3, 5]);
  expect(prototypeCounts(3, [1])).toEqual([3]);
});

describe('options', () => {
  let plain: Float32Array;
  beforeAll(async () => {
    const data = await groups();
    plain = (await (await fitted(data)).getLatent(data)).data;
  });

  test.each<[string, ScGPCLParams, ScGPCLFitParams]>([
    ['squared error', { recon: 'mse' }, {}],
    ['another mask in view 1', { maskP1: 0.5 }, {}],
    ['another mask in view 2', { maskP2: 0.5 }, {}],
    ['fewer neighbors', { numSamples: [10] }, {}],
    ['another temperature', { tau: 1 }, {}],
    ['another kernel', { alpha: 3 }, {}],
    ['other prototypes', { granularity: [1] }, {}],
    ['wider genes', { geneDim: 9 }, {}],
    ['no contrast', {}, { lam1: 0 }],
    ['more weight on prototypes', {}, { lam2: 1 }],
    ['less weight on clusters', {}, { lam3: 0.1 }],
    ['weight decay', {}, { decay: 0.1 }],
    ['another warm-up', {}, { warmup: 0 }],
  ])('%s: changes the embedding, which stays finite', async (_, params, fit) => {
    const data = await groups();
    const latent = await (await fitted(data, params, fit)).getLatent(data);
    expect(latent.shape).toEqual([60, 8]);
    expect(latent.data.every(Number.isFinite)).toBe(true);
    expect(latent.data).not.toEqual(plain);
  });

  test.each([[[5]], [[12, 9, 7]]])('layers of widths %p', async (layers) => {
    const data = await groups();
    const latent = await (await fitted(data, { layers })).getLatent(data);
    expect(latent.shape).toEqual([60, layers.at(-1)]);
    expect(latent.data.every(Number.isFinite)).toBe(true);
  });

  test('the groups are found, with probabilities that sum to 1', async () => {
    const data = await groups();
    const model = await fitted(data);
    expect(await model.score(data, { truth: 'cell_type' })).toBeGreaterThan(0.8);
    const q = await model.predictProba(data);
    const labels = await model.predict(data);
    for (let i = 0; i < data.nObs; i++) {
      const row = q.row(i);
      expect(row.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
      expect(row[labels[i]!]).toBe(Math.max(...row));
    }
  });
});

describe('training', () => {
  test('the loss is the weighted sum of its terms; prototypes come after the warm-up', async () => {
    const weights = { lam1: 0.7, lam2: 0.3, lam3: 0.4 };
    const { history } = await fitted(await groups(), {}, weights);
    const { pretrainLoss = [], reconstruction = [], instance = [], prototype = [] } = history;
    expect([pretrainLoss, reconstruction, instance].map((list) => list.length)).toEqual([3, 3, 3]);
    expect(prototype).toHaveLength(1);
    const expected = reconstruction.map((value, epoch) => value + 0.7 * instance[epoch]!);
    expect(pretrainLoss[0]).toBeCloseTo(expected[0]!, 5);
    expect(pretrainLoss[2]).toBeCloseTo(expected[2]! + 0.3 * prototype[0]!, 5);
    const { loss = [], likelihood = [], clustering = [] } = history;
    expect(loss).toHaveLength(2);
    expect(loss[1]).toBeCloseTo(likelihood[1]! + 0.4 * clustering[1]!, 5);
  });

  test('pre-training stops when the clusters of two epochs agree, not before the warm-up', async () => {
    const fit = { pretrainEpochs: 9, warmup: 3, epochs: 0 };
    const stopped = await fitted(await groups(), {}, { ...fit, r: -1 });
    expect(stopped.history['pretrainLoss']).toHaveLength(5);
    const whole = await fitted(await groups(), {}, { ...fit, r: 1 });
    expect(whole.history['pretrainLoss']).toHaveLength(9);
  });

  test('no epochs at all: the initial network, cut by k-means', async () => {
    const data = await groups();
    const model = await fitted(data, {}, { pretrainEpochs: 0, epochs: 0 });
    expect(model.history).toEqual({});
    expect(new Set(await model.predict(data)).size).toBe(3);
  });

  test('the number of clusters can be left to Leiden', async () => {
    const data = await groups();
    const model = await fitted(data, { nClusters: 'auto' });
    const { nCols } = await model.predictProba(data);
    expect(nCols).toBeGreaterThanOrEqual(2);
    expect(nCols).toBeLessThan(10);
    expect(model.history['prototype']).toHaveLength(1);
  });

  test.each([
    ['pre-training', 3, 'auto'],
    ['pre-training', 4, 'auto'],
    ['clustering', 3, 3],
  ] as const)(
    'interrupted in %s (%d, %p clusters), it continues to the same bytes',
    async (phase, stopAfter, k) => {
      const data = await groups();
      const fit = { pretrainEpochs: 5, warmup: 2, epochs: 4 };
      const params = { nClusters: k };
      const whole = await fitted(data, params, fit);
      const store = new MemoryStore();
      const abort = new AbortController();
      const reporter = {
        ...silentReporter,
        progress: ({ task, done }: { task: string; done: number }) => {
          const isPretraining = task.includes('pre-training');
          if (done === stopAfter && isPretraining === (phase === 'pre-training')) abort.abort();
        },
      };
      const checkpoint = { store, everyEpochs: 2 };
      await expect(
        fitted(data, params, fit, { checkpoint, reporter, signal: abort.signal }),
      ).rejects.toThrow(AbortError);
      expect(await store.has('checkpoint.json')).toBe(true);
      const resumed = await fitted(data, params, fit, { checkpoint });
      expect((await resumed.getLatent(data)).data).toEqual((await whole.getLatent(data)).data);
      expect(resumed.history).toEqual(whole.history);
    },
  );

  test('kept pre-training is used again', async () => {
    const data = await groups();
    const store = new MemoryStore();
    const model = new ScGPCL(SMALL).keepPretraining(store);
    await model.preprocess(data, { hvg: 0.5, ...RUN });
    await model.fit(data, { ...SHORT, ...RUN });
    const latent = (await model.getLatent(data)).data;
    await model.fit(data, { ...SHORT, ...RUN, forcePretrain: false });
    expect((await model.getLatent(data)).data).toEqual(latent);
    const other = model.fit(data, { ...SHORT, ...RUN, forcePretrain: false, lam1: 2 });
    await expect(other).rejects.toThrow(DataError);
  });
});

test('the embedding is that of the whole graph, with the running statistics', async () => {
  const data = await groups();
  const model = await fitted(data);
  const store = new MemoryStore();
  await model.save(store);
  const { tensors } = await loadBundle(store, 'model');
  const prepared = model.prepared(data);
  const [x, counts] = [prepared.X.toDense(), readContrastiveInput(prepared).counts];
  const deviation = prepared.var.get('std');
  const mean = prepared.var.get('mean');
  const weights = (name: string): Table2 => {
    const tensor = tensors.get(`network/${name}`);
    if (tensor === undefined) throw new Error(`no weights ${name}`);
    const { shape, data: values } = tensor;
    const [n = 1, d = 1] = shape.length === 1 ? [1, ...shape] : shape;
    return tableOf(n, d, (i, j) => values[i * d + j]!);
  };
  const isEdge = (i: number, g: number): boolean => counts.get(i, g) > 0;
  let cells = tableOf(x.nRows, x.nCols, (i, g) => {
    return x.get(i, g) - Number(columnValue(mean, g)) / Number(columnValue(deviation, g));
  });
  let genes = weights('genes');
  for (const i of [0, 1]) {
    const layer = (kind: 'cells' | 'genes', own: Table2, neighbors: Table2): Table2 => {
      const norm = `encoder/${i}/${kind.slice(0, 4)}-norm`;
      const meanOf = tableOf(own.length, neighbors[0]!.length, (a, j) => {
        const among = neighbors.filter((_, b) => (kind === 'cells' ? isEdge(a, b) : isEdge(b, a)));
        return among.reduce((sum, row) => sum + row[j]!, 0) / Math.max(1, among.length);
      });
      const fromOwn = product(own, weights(`encoder/${i}/${kind}/own/weight`));
      const fromOthers = product(meanOf, weights(`encoder/${i}/${kind}/neighbors/weight`));
      const vector = (name: string): number[] => weights(name)[0]!;
      const bias = vector(`encoder/${i}/${kind}/own/bias`);
      const [gamma, beta] = [vector(`${norm}/gamma`), vector(`${norm}/beta`)];
      const [center, variance] = [vector(`${norm}/runningMean`), vector(`${norm}/runningVariance`)];
      return tableOf(own.length, bias.length, (a, j) => {
        const value = fromOwn[a]![j]! + fromOthers[a]![j]! + bias[j]!;
        return ((value - center[j]!) / Math.sqrt(variance[j]! + 1e-5)) * gamma[j]! + beta[j]!;
      });
    };
    [cells, genes] = [layer('cells', cells, genes), layer('genes', genes, cells)];
  }
  const latent = await model.getLatent(data);
  expect(latent.shape).toEqual([cells.length, 8]);
  cells.flat().forEach((expected, e) => {
    expect(Math.abs(latent.data[e]! - expected)).toBeLessThan(
      1e-4 * Math.max(1, Math.abs(expected)),
    );
  });
});

describe('what is refused', () => {
  test('more clusters than cells', async () => {
    const data = await groups();
    await expect(fitted(data, { nClusters: 61 })).rejects.toThrow(/fewer cells than clusters/);
  });

  test('data that were not prepared', async () => {
    await expect(new ScGPCL(SMALL).fit(await groups(), RUN)).rejects.toThrow(DataError);
  });

  test('parameters out of range', () => {
    expect(() => new ScGPCL({ layers: [] })).toThrow(ParamError);
    expect(() => new ScGPCL({ tau: 0 })).toThrow(ParamError);
  });
});
