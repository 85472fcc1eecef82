import { DataError, loadBundle, MemoryStore, silentReporter, type AnnData } from '@dance-ts/core';
import { simulateSingleCell } from '@dance-ts/datasets';
import { describe, expect, test } from '@jest/globals';
import { ScDeepSort, type ScDeepSortFitParams, type ScDeepSortParams } from './scdeepsort.js';

const RUN = { reporter: silentReporter };
const LABELS = { labelKey: 'cell_type' };

/** 90 cells in three groups to learn from, 60 to label. */
async function referenceAndQuery(): Promise<{ reference: AnnData; query: AnnData }> {
  const data = await simulateSingleCell({
    ...{ nCells: 150, nGenes: 120, groupProbabilities: [1, 1, 1], seed: 4 },
    ...{ libLoc: 7, deProbability: 0.4, deFacLoc: 1 },
  });
  const range = (start: number, end: number): number[] =>
    Array.from({ length: end - start }, (_, i) => start + i);
  return {
    reference: data.subset({ obs: range(0, 90) }),
    query: data.subset({ obs: range(90, 150) }),
  };
}

async function fitted(
  reference: AnnData,
  params: ScDeepSortParams = {},
  fit: ScDeepSortFitParams = {},
): Promise<ScDeepSort> {
  const model = new ScDeepSort({ hiddenDim: 16, device: 'wasm', ...params });
  await model.preprocess(reference, { nComponents: 10, ...RUN });
  return model.fit(reference, { ...LABELS, epochs: 12, batchSize: 30, lr: 0.01, ...fit, ...RUN });
}

describe('planted cell types', () => {
  test.each<[string, ScDeepSortParams, ScDeepSortFitParams]>([
    ['one layer', {}, {}],
    // What genes gather of many cells is much alike, so a second layer learns slowly.
    ['two layers', { nLayers: 2, dropout: 0 }, { epochs: 50, lr: 0.03 }],
    ["own features alone, as DANCE's code", { compat: 'dance' }, {}],
  ])('are found: %s', async (_, params, fit) => {
    const { reference, query } = await referenceAndQuery();
    const model = await fitted(reference, params, fit);
    expect(await model.score(query, { truth: 'cell_type', ...RUN })).toBeGreaterThan(0.95);
    const { loss = [] } = model.history;
    expect(loss).toHaveLength(fit.epochs ?? 12);
    expect(loss.at(-1)).toBeLessThan(loss[0]! / 2);
    model.dispose();
  });

  test('the options change what is learned', async () => {
    const { reference, query } = await referenceAndQuery();
    const proba = async (params: ScDeepSortParams, fit: ScDeepSortFitParams = {}) => {
      const model = await fitted(reference, params, { epochs: 3, ...fit });
      const { data } = await model.predictProba(query, RUN);
      model.dispose();
      return data;
    };
    const plain = await proba({});
    expect(await proba({})).toEqual(plain);
    expect(await proba({ nLayers: 2 })).not.toEqual(plain);
    expect(await proba({ compat: 'dance' })).not.toEqual(plain);
    expect(await proba({ dropout: 0 })).not.toEqual(plain);
    expect(await proba({}, { weightDecay: 0.1 })).not.toEqual(plain);
  });
});

test('training moves the confidence of the genes away from 1', async () => {
  const { reference } = await referenceAndQuery();
  const model = await fitted(reference, {}, { weightDecay: 0, epochs: 2 });
  const store = new MemoryStore();
  await model.save(store);
  const { tensors } = await loadBundle(store, 'model');
  const beta = [...(tensors.get('network/beta')?.data ?? [])];
  expect(beta.some((value) => Math.abs(value - 1) > 1e-3)).toBe(true);
  expect(Math.abs((tensors.get('network/alpha/cells')?.data[0] ?? 1) - 1)).toBeGreaterThan(1e-3);
  model.dispose();
});

describe('which epoch is kept', () => {
  test('the latest of those with the best accuracy on held-out cells', async () => {
    const { reference, query } = await referenceAndQuery();
    const model = await fitted(reference, {}, { epochs: 8, lr: 0.003 });
    const { val_acc: accuracy = [] } = model.history;
    expect(accuracy).toHaveLength(8);
    const best = accuracy.lastIndexOf(Math.max(...accuracy));
    const stopped = await fitted(reference, {}, { epochs: best + 1, lr: 0.003 });
    expect((await model.predictProba(query, RUN)).data).toEqual(
      (await stopped.predictProba(query, RUN)).data,
    );
  });

  test('without held-out cells the last one, and all cells train', async () => {
    const { reference } = await referenceAndQuery();
    const model = await fitted(reference, {}, { valRatio: 0, epochs: 2 });
    expect(Object.keys(model.history)).toEqual(['loss']);
  });
});

describe('unsure cells', () => {
  test('stay unassigned below unsureRate / classes', async () => {
    const { reference, query } = await referenceAndQuery();
    const model = await fitted(reference, { unsureRate: 2 }, { epochs: 1, lr: 1e-4, valRatio: 0 });
    const labels = await model.predict(query, RUN);
    const { data } = await model.predictProba(query, RUN);
    const unsure = labels.map((_, i) => Math.max(...data.subarray(3 * i, 3 * i + 3)) < 2 / 3);
    expect(unsure).toContain(true);
    expect(labels.map((label) => label === null)).toEqual(unsure);
    expect(await model.predict(query, { unassignedBelow: 0, ...RUN })).not.toContain(null);
  });

  test('count as errors where the epoch is chosen', async () => {
    const { reference } = await referenceAndQuery();
    const certain = await fitted(reference, { unsureRate: 3 }, { epochs: 2 });
    expect(certain.history['val_acc']).toEqual([0, 0]);
  });
});

test('a cell is labelled by itself, whatever its company', async () => {
  const { reference, query } = await referenceAndQuery();
  const model = await fitted(reference, { nLayers: 2 }, { epochs: 2 });
  const all = await model.predictProba(query, RUN);
  const one = await model.predictProba(query.subset({ obs: [17] }), RUN);
  one.row(0).forEach((value, c) => {
    expect(value).toBeCloseTo(all.get(17, c), 6);
  });
});

test('data without features of genes are refused', async () => {
  const { reference } = await referenceAndQuery();
  const model = new ScDeepSort({ device: 'wasm' });
  await expect(model.fit(reference, { ...LABELS, ...RUN })).rejects.toThrow(DataError);
});
