import {
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
import { GraphSCI, type GraphSCIFitParams, type GraphSCIParams } from './graphsci.js';
import { holdOutEntries, type HeldOutEntries } from './held-out.js';

const RUN = { reporter: silentReporter };
const SMALL: GraphSCIParams = { graphDims: [8, 8], cellDims: [16, 16], device: 'wasm' };
const FIT: GraphSCIFitParams = { epochs: 12, lr: 0.01, nDraws: 2 };

let data: AnnData;
let heldOut: HeldOutEntries;

beforeAll(async () => {
  const options = { nCells: 80, nGenes: 60, groupProbabilities: [0.5, 0.5], deProbability: 0.5 };
  data = await simulateSingleCell({ ...options, deFacLoc: 1, libLoc: 6, seed: 4 });
  heldOut = holdOutEntries(data, { distribution: 'uniform' });
});

async function fitted(
  seen: AnnData,
  fit: GraphSCIFitParams = {},
  params: GraphSCIParams = {},
): Promise<GraphSCI> {
  const model = new GraphSCI({ ...SMALL, ...params });
  await model.preprocess(seen, RUN);
  return model.fit(seen, { ...FIT, ...fit, ...RUN });
}

async function imputed(model: GraphSCI, seen: AnnData): Promise<Float32Array> {
  return ((await model.predict(seen, RUN)) as DenseMatrix).data;
}

test('learns: every term is in the history, the loss falls, held-out counts are found', async () => {
  const untrained = await fitted(heldOut.data, { epochs: 0 });
  const model = await fitted(heldOut.data, { epochs: 50, patience: 50 });
  const { history } = model;
  expect(Object.keys(history).sort()).toEqual(
    ['adjacency', 'countError', 'kl', 'loss', 'val_loss', 'zinb'], // prettier-ignore
  );
  for (const values of Object.values(history)) expect(values).toHaveLength(50);
  const { loss = [], zinb = [], adjacency = [], countError = [], kl = [] } = history;
  const { le, la, ke, ka } = model.fitParams ?? { le: 0, la: 0, ke: 0, ka: 0 };
  loss.forEach((value, epoch) => {
    const parts = [le * zinb[epoch]!, la * adjacency[epoch]!, ke * countError[epoch]!];
    expect(value).toBeCloseTo(
      parts.reduce((sum, part) => sum + part, ka * kl[epoch]!),
      3,
    );
  });
  expect(loss.at(-1)).toBeLessThan(0.7 * loss[0]!);
  const score = await model.score(heldOut.data, { heldOut, ...RUN });
  expect(score).toBeLessThan(0.8 * (await untrained.score(heldOut.data, { heldOut, ...RUN })));
  model.dispose();
  untrained.dispose();
});

test('what was held out for the test changes nothing', async () => {
  const changed = toCsr(data.X).copy();
  const altered = new AnnData({ X: changed, obs: data.obs, var: data.var });
  for (let i = 0; i < data.nObs; i++) {
    for (const gene of heldOut.test.row(i).indices) {
      const place = changed.row(i).indices.indexOf(gene);
      changed.data[changed.indptr[i]! + place]! += 5;
    }
  }
  const other = holdOutEntries(altered, { distribution: 'uniform' });
  expect(other.test.data).not.toEqual(heldOut.test.data);
  const [model, again] = [await fitted(heldOut.data), await fitted(other.data)];
  expect(await imputed(again, other.data)).toEqual(await imputed(model, heldOut.data));
});

describe('validation', () => {
  test('values of the validation entries choose the epoch, and do nothing else', async () => {
    const { X, obs, var: variables } = heldOut.data;
    const wrong = new AnnData({ X, obs, var: variables });
    wrong.layers.set('validation', heldOut.validation.mapData((value) => value + 50)); // prettier-ignore
    const [model, other] = [await fitted(heldOut.data), await fitted(wrong)];
    expect(other.history['loss']).toEqual(model.history['loss']);
    expect(other.history['val_loss']).not.toEqual(model.history['val_loss']);
  });

  test('training ends when the validation loss has not fallen for long', async () => {
    const impatient = await fitted(heldOut.data, { lr: 0.3, patience: 2, epochs: 60 });
    const losses = impatient.history['val_loss'] ?? [];
    const best = losses.indexOf(Math.min(...losses));
    expect(losses).toHaveLength(best + 4);
    expect(losses.length).toBeLessThan(60);
  });

  test('without any, some counts are hidden in training, or the last epoch is kept', async () => {
    const model = await fitted(data, { valRatio: 0.2 });
    expect(model.history['val_loss']).toHaveLength(12);
    const without = await fitted(data, { valRatio: 0 });
    expect(without.history['val_loss']).toBeUndefined();
    expect(without.history['loss']).not.toEqual(model.history['loss']);
  });
});

test('standard deviations: of draws of the graph, none without draws', async () => {
  const model = await fitted(heldOut.data);
  const sd = await model.predictSd(heldOut.data, RUN);
  expect(sd?.shape).toEqual([80, model.genes.length]);
  expect(sd?.data.every((value) => value >= 0 && Number.isFinite(value))).toBe(true);
  expect(sd?.data.some((value) => value > 0)).toBe(true);
  const without = await fitted(heldOut.data, { nDraws: 0 });
  expect(await without.predictSd(heldOut.data, RUN)).toBeUndefined();
  expect(await imputed(without, heldOut.data)).toEqual(await imputed(model, heldOut.data));
});

test('smaller batches see all cells; the other form of the first layer is another model', async () => {
  const nTensors = tf.memory().numTensors;
  const whole = await fitted(heldOut.data);
  const batches = await fitted(heldOut.data, { batchSize: 30 });
  const linear = await fitted(heldOut.data, {}, { compat: 'dance' });
  const values = await Promise.all(
    [whole, batches, linear].map((model) => imputed(model, heldOut.data)),
  );
  expect(values[1]).not.toEqual(values[0]);
  expect(values[2]).not.toEqual(values[0]);
  expect(values.every((list) => list.every((value) => value >= 0))).toBe(true);
  expect(tf.memory().numTensors).toBe(nTensors);
});

test('a saved model says the same', async () => {
  const model = await fitted(heldOut.data);
  const store = new MemoryStore();
  await model.save(store);
  const loaded = await GraphSCI.load(store);
  expect(await imputed(loaded, heldOut.data)).toEqual(await imputed(model, heldOut.data));
});

test('data without a gene graph are refused', async () => {
  const bare = new AnnData({ X: data.X, obs: data.obs, var: data.var });
  bare.layers.set('counts', data.X);
  await expect(new GraphSCI(SMALL).fit(bare, { ...FIT, ...RUN })).rejects.toThrow(DataError);
});
