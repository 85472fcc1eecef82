import {
  AbortError,
  AnnData,
  DataError,
  MemoryStore,
  silentReporter,
  toCsr,
  type DenseMatrix,
} from '@dance-ts/core';
import { simulateSingleCell } from '@dance-ts/datasets';
import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { holdOutEntries, type HeldOutEntries } from './held-out.js';
import { ScGNN, type ScGNNFitParams, type ScGNNParams } from './scgnn.js';

const RUN = { reporter: silentReporter };
const SMALL: ScGNNParams = { hiddenDim: 24, latentDim: 12, ltmg: false, device: 'wasm' };
const FIT: ScGNNFitParams = {
  ...{ epochs: 12, emEpochs: 6, clusterEpochs: 6, graphEpochs: 6, imputationEpochs: 12 },
  ...{ iterations: 2, lr: 0.01 },
};

let data: AnnData;
let heldOut: HeldOutEntries;

beforeAll(async () => {
  const options = { nCells: 60, nGenes: 40, groupProbabilities: [0.5, 0.5], deProbability: 0.5 };
  data = await simulateSingleCell({ ...options, deFacLoc: 1, libLoc: 6, seed: 4 });
  heldOut = holdOutEntries(data, { distribution: 'uniform' });
});

async function fitted(
  seen: AnnData,
  fit: ScGNNFitParams & { reporter?: typeof silentReporter; signal?: AbortSignal } = {},
  params: ScGNNParams = {},
): Promise<ScGNN> {
  const model = new ScGNN({ ...SMALL, ...params });
  await model.preprocess(seen, RUN);
  return model.fit(seen, { ...FIT, ...RUN, ...fit });
}

async function imputed(model: ScGNN, seen: AnnData): Promise<Float32Array> {
  return ((await model.predict(seen, RUN)) as DenseMatrix).data;
}

test('every phase leaves its losses; held-out counts are found better than untrained', async () => {
  const nothing = { epochs: 0, emEpochs: 0, clusterEpochs: 0, graphEpochs: 0, imputationEpochs: 0 };
  const untrained = await fitted(heldOut.data, { ...nothing, iterations: 0 });
  const model = await fitted(heldOut.data, { epochs: 40, imputationEpochs: 80 });
  const { history } = model;
  const lengths = Object.fromEntries(Object.entries(history).map(([key, list]) => [key, list.length])); // prettier-ignore
  expect(lengths).toEqual({
    ...{ loss: 40, feature_loss: 2 * 6, cluster_loss: 2 },
    ...{ graph_loss: 3 * 6, graph_reconstruction: 3 * 6, graph_kl: 3 * 6 },
    ...{
      ari_with_previous: 2,
      graph_change: 2,
      n_clusters: 2,
      imputation_loss: 80,
      imputation_error: 80,
      imputation_penalty: 80,
    },
  });
  history['imputation_loss']?.forEach((loss, epoch) => {
    const parts = history['imputation_error']![epoch]! + history['imputation_penalty']![epoch]!;
    expect(loss / parts).toBeCloseTo(1, 5);
  });
  expect(history['loss']?.at(-1)).toBeLessThan(0.7 * history['loss']![0]!);
  const score = await model.score(heldOut.data, { heldOut, ...RUN });
  expect(score).toBeLessThan(0.7 * (await untrained.score(heldOut.data, { heldOut, ...RUN })));
});

test('what was held out changes nothing', async () => {
  const changed = toCsr(data.X).copy();
  const altered = new AnnData({ X: changed, obs: data.obs, var: data.var });
  for (let i = 0; i < data.nObs; i++) {
    for (const gene of heldOut.test.row(i).indices) {
      changed.data[changed.indptr[i]! + changed.row(i).indices.indexOf(gene)]! += 5;
    }
  }
  const other = holdOutEntries(altered, { distribution: 'uniform' });
  expect(other.test.data).not.toEqual(heldOut.test.data);
  const [model, again] = [await fitted(heldOut.data), await fitted(other.data)];
  expect(await imputed(again, other.data)).toEqual(await imputed(model, heldOut.data));
});

describe('parts of the model that can be left out do something', () => {
  test.each<[string, ScGNNParams, ScGNNFitParams]>([
    ['regulatory states', { ltmg: true }, {}],
    ['pruning', { prune: 'none' }, {}],
    ['graph embedding', { embedding: 'feature' }, {}],
    ['iterations', {}, { iterations: 0 }],
    ['graph regularizer', {}, { graphWeight: 0 }],
    ['cluster regularizer', {}, { clusterWeight: 0 }],
    ['L1 penalty', {}, { l1: 0 }],
    ['batches', {}, { batchSize: 20 }],
  ])('%s', async (_, params, fit) => {
    const short = { iterations: 1, epochs: 4, imputationEpochs: 4 };
    const whole = await imputed(await fitted(heldOut.data, short), heldOut.data);
    const model = await fitted(heldOut.data, { ...short, ...fit }, params);
    const other = await imputed(model, heldOut.data);
    expect(other).not.toEqual(whole);
    expect(other.every((value) => value >= 0 && Number.isFinite(value))).toBe(true);
  });
});

test('iterations end when nothing changes any more', async () => {
  const always = { iterations: 5, ariThreshold: -1, graphThreshold: 1e9 };
  expect((await fitted(data, always)).history['n_clusters']).toHaveLength(1);
  const never = { iterations: 3, ariThreshold: 1, graphThreshold: 0 };
  expect((await fitted(data, never)).history['n_clusters']).toHaveLength(3);
  const both = { iterations: 3, ariThreshold: -1, graphThreshold: 0, convergence: 'both' } as const;
  expect((await fitted(data, both)).history['n_clusters']).toHaveLength(3);
});

describe('checkpoints', () => {
  test.each(['ScGNN: epoch', 'ScGNN features: epoch', 'ScGNN imputation: epoch'])(
    'a fit stopped at "%s" continues to the same result',
    async (place) => {
      const whole = await fitted(heldOut.data);
      const nTensors = tf.memory().numTensors;
      const abort = new AbortController();
      const progress = ({ task, done }: { task: string; done: number }): void => {
        if (task === place && done === 5) abort.abort();
      };
      const checkpoint = { store: new MemoryStore(), everyEpochs: 2 };
      const options = { ...FIT, ...RUN, checkpoint };
      const model = new ScGNN(SMALL);
      await model.preprocess(heldOut.data, RUN);
      const reporter = { ...silentReporter, progress };
      await expect(
        model.fit(heldOut.data, { ...options, reporter, signal: abort.signal }),
      ).rejects.toThrow(AbortError);
      expect(tf.memory().numTensors).toBe(nTensors);
      await model.fit(heldOut.data, options);
      expect(await imputed(model, heldOut.data)).toEqual(await imputed(whole, heldOut.data));
      expect(model.history).toEqual(whole.history);
    },
  );
});

test('a saved model says the same; two cells are refused', async () => {
  const model = await fitted(heldOut.data);
  const store = new MemoryStore();
  await model.save(store);
  const loaded = await ScGNN.load(store);
  expect(await imputed(loaded, heldOut.data)).toEqual(await imputed(model, heldOut.data));
  const two = data.subset({ obs: Int32Array.of(0, 1) });
  await expect(fitted(two)).rejects.toThrow(DataError);
});

test('validation entries choose the epoch on request; without any that is refused', async () => {
  const fit = { imputationEpochs: 25, lr: 0.03 };
  const last = await fitted(heldOut.data, fit);
  const best = await fitted(heldOut.data, { ...fit, modelSelection: 'validation' });
  expect(await imputed(best, heldOut.data)).not.toEqual(await imputed(last, heldOut.data));
  const onValidation = { ...heldOut, test: heldOut.validation };
  const [chosen, plain] = await Promise.all(
    [best, last].map((model) => model.score(heldOut.data, { heldOut: onValidation, ...RUN })),
  );
  expect(chosen).toBeLessThan(plain ?? 0);
  await expect(fitted(data, { modelSelection: 'validation' })).rejects.toThrow(DataError);
});
