import {
  categoricalFromStrings,
  columnValue,
  DataError,
  MemoryStore,
  ParamError,
  silentReporter,
  toCsr,
  type AnnData,
} from '@dance-ts/core';
import { simulateSingleCell } from '@dance-ts/datasets';
import { rocAuc } from '@dance-ts/metrics';
import { describe, expect, test } from '@jest/globals';
import { ScHeteroNet, type ScHeteroNetFitParams, type ScHeteroNetParams } from './scheteronet.js';

const RUN = { reporter: silentReporter };
const N_LABELLED = 90;
const N_CELLS = 150;
const TWO_EPOCHS = { epochs: 2 };

/** 90 labelled cells of three groups and 60 without a label; `truth` has all labels. */
async function partlyLabelled(unknownType?: string): Promise<AnnData> {
  const data = await simulateSingleCell({
    ...{ nCells: N_CELLS, nGenes: 120, groupProbabilities: [1, 1, 1], seed: 4 },
    ...{ libLoc: 7, deProbability: 0.4, deFacLoc: 1 },
  });
  const column = data.obs.get('cell_type');
  const truth = data.obsNames.map((_, i) => String(columnValue(column, i)));
  const known = truth.map((label, i) => (i < N_LABELLED && label !== unknownType ? label : null));
  data.obs.set('truth', categoricalFromStrings(truth));
  data.obs.set('cell_type', categoricalFromStrings(known));
  return data;
}

function cellsFrom(data: AnnData, start: number): AnnData {
  const rows = Array.from({ length: data.nObs - start }, (_, i) => start + i);
  return data.subset({ obs: rows });
}

async function fitted(
  data: AnnData,
  params: ScHeteroNetParams = {},
  fit: ScHeteroNetFitParams = {},
): Promise<ScHeteroNet> {
  const model = new ScHeteroNet({ hiddenDim: 8, device: 'wasm', ...params });
  await model.preprocess(data, { nTopGenes: 80, ...RUN });
  return model.fit(data, { labelKey: 'cell_type', epochs: 25, ...fit, ...RUN });
}

describe('planted cell types', () => {
  test('are found in the cells without a label', async () => {
    const data = await partlyLabelled();
    const model = await fitted(data);
    const query = cellsFrom(data, N_LABELLED);
    expect(await model.score(query, { truth: 'truth', ...RUN })).toBeGreaterThan(0.95);
    expect(await model.predict(query, RUN)).toHaveLength(N_CELLS - N_LABELLED);
    const { loss = [], nll = [], zinb = [], val_loss = [] } = model.history;
    expect([loss, nll, zinb, val_loss].map(({ length }) => length)).toEqual([25, 25, 25, 25]);
    expect(nll.at(-1)).toBeLessThan(nll[0]! / 2);
    loss.forEach((value, epoch) => {
      expect(value).toBeCloseTo(nll[epoch]! + 1e-4 * zinb[epoch]!, 4);
    });
  });

  test('rest on the genes that mark them, which are saved too', async () => {
    const data = await partlyLabelled();
    const model = await fitted(data);
    const genes = model.genes();
    expect([...genes.keys()]).toEqual(model.classes);
    const kept = model.prepared(data);
    const labels = await model.predict(kept, RUN);
    const expression = toCsr(kept.X);
    for (const [name, list] of genes) {
      expect(list.length).toBeGreaterThan(10);
      expect(list.length).toBeLessThanOrEqual(50);
      expect(list.at(-1)?.weight).toBeGreaterThan(0);
      const mean = (gene: string, isOwn: boolean): number => {
        const column = kept.varNames.indexOf(gene);
        const rows = [...labels.keys()].filter((i) => (labels[i] === name) === isOwn);
        return rows.reduce((sum, i) => sum + expression.get(i, column), 0) / rows.length;
      };
      const higher = list.slice(0, 5).filter(({ gene }) => mean(gene, true) > mean(gene, false));
      expect(higher.length).toBeGreaterThanOrEqual(4);
      const weights = list.map(({ weight }) => weight);
      expect(weights).toEqual([...weights].sort((a, b) => b - a));
    }
    const store = new MemoryStore();
    await model.save(store);
    expect((await ScHeteroNet.load(store)).genes()).toEqual(genes);
  });

  test('cells without a label take part: what they hold changes the others', async () => {
    const data = await partlyLabelled();
    const alone = data.subset({ obs: Array.from({ length: N_LABELLED }, (_, i) => i) });
    const [all, some] = [await fitted(data, {}, TWO_EPOCHS), await fitted(alone, {}, TWO_EPOCHS)];
    expect((await all.predictProba(alone, RUN)).data).not.toEqual(
      (await some.predictProba(alone, RUN)).data,
    );
  });

  test('options change what is learned, and the same ones give the same bytes', async () => {
    const data = await partlyLabelled();
    const proba = async (params: ScHeteroNetParams, fit: ScHeteroNetFitParams = {}) => {
      const model = await fitted(data, params, { ...TWO_EPOCHS, ...fit });
      return (await model.predictProba(data, RUN)).data;
    };
    const plain = await proba({});
    expect(await proba({})).toEqual(plain);
    expect(await proba({ nLayers: 2 })).not.toEqual(plain);
    expect(await proba({ nLayers: 2, useBn: false })).not.toEqual(await proba({ nLayers: 2 }));
    expect(await proba({ dropout: 0.3 })).not.toEqual(plain);
    expect(await proba({}, { zinbWeight: 0 })).not.toEqual(plain);
    expect(await proba({}, { decodedCells: 10 })).not.toEqual(plain);
    expect(await proba({}, { clWeight: 1 })).not.toEqual(plain);
    expect(await proba({}, { clWeight: 1, maskRatio: 0.2 })).not.toEqual(
      await proba({}, { clWeight: 1 }),
    );
  });

  test('a heavier weight makes the counts more likely', async () => {
    const data = await partlyLabelled();
    const heavy = { epochs: 10, zinbWeight: 1, weightDecay: 0 };
    const { zinb = [] } = (await fitted(data, {}, heavy)).history;
    expect(zinb.at(-1)).toBeLessThan(zinb[0]! / 2);
  });

  test('the terms of the loss are kept apart', async () => {
    const data = await partlyLabelled();
    const without = await fitted(data, {}, { epochs: 2, zinbWeight: 0, valRatio: 0 });
    expect(Object.keys(without.history).sort()).toEqual(['loss', 'nll']);
    const contrasted = await fitted(data, {}, { epochs: 2, clWeight: 0.5 });
    const { loss = [], nll = [], zinb = [], contrast = [] } = contrasted.history;
    loss.forEach((value, e) => {
      expect(value).toBeCloseTo(nll[e]! + 1e-4 * zinb[e]! + 0.5 * contrast[e]!, 4);
    });
  });
});

test('the epoch with the smallest validation loss is kept', async () => {
  const data = await partlyLabelled();
  const model = await fitted(data, {}, { epochs: 12, lr: 0.1 });
  const { val_loss: losses = [] } = model.history;
  const best = losses.indexOf(Math.min(...losses));
  const stopped = await fitted(data, {}, { epochs: best + 1, lr: 0.1 });
  expect((await model.predictProba(data, RUN)).data).toEqual(
    (await stopped.predictProba(data, RUN)).data,
  );
});

describe('cells of an unknown type', () => {
  test('have a higher score than the others, propagated or not', async () => {
    const data = await partlyLabelled('Group3');
    const model = await fitted(data, {}, { epochs: 40 });
    expect(model.classes).toEqual(['Group1', 'Group2']);
    const query = cellsFrom(data, N_LABELLED);
    const truth = query.obs.get('truth');
    const unknown = query.obsNames.map((_, i) => Number(columnValue(truth, i) === 'Group3'));
    const scores = model.oodScore(query);
    expect(rocAuc(unknown, scores)).toBeGreaterThan(0.8);
    expect(model.oodScore(query, { steps: 0 })).not.toEqual(scores);
    expect(model.oodScore(query, { twoHop: false })).not.toEqual(scores);
    expect(() => model.oodScore(query, { alpha: 2 })).toThrow(ParamError);
  });

  test('without propagation it is the energy of the logits', async () => {
    const data = await partlyLabelled();
    const model = await fitted(data, {}, { epochs: 3 });
    const [cool, warm] = [1, 1e6].map((temperature) =>
      model.oodScore(data, { steps: 0, temperature }),
    ) as [Float32Array, Float32Array];
    // At a high temperature T the energy is near -T ln 3, whatever the logits.
    expect(warm[0]! / 1e6).toBeCloseTo(-Math.log(3), 4);
    const { data: proba } = await model.predictProba(data, RUN);
    expect(new Set(cool).size).toBeGreaterThan(100);
    expect(proba.every((value) => value > 0 && value < 1)).toBe(true);
  });
});

describe('which cells are known', () => {
  test('others are refused', async () => {
    const data = await partlyLabelled();
    const model = await fitted(data, {}, { epochs: 1 });
    const other = await simulateSingleCell({ nCells: 200, nGenes: 120, seed: 1 });
    await expect(model.predict(other, RUN)).rejects.toThrow(DataError);
    expect(() => model.oodScore(other)).toThrow(/transductive/);
  });

  test('cells of rare types are dropped: no label, no score', async () => {
    const data = await partlyLabelled();
    const labels = data.obsNames.map((_, i) => (i < N_LABELLED ? `type${Number(i > 4)}` : null));
    data.obs.set('cell_type', categoricalFromStrings([...labels.slice(0, 89), 'type2', ...labels.slice(90)])); // prettier-ignore
    data.channels = { ...data.channels, label: { slot: 'obs', key: 'cell_type' } };
    const model = new ScHeteroNet({ hiddenDim: 8, device: 'wasm' });
    await model.preprocess(data, { nTopGenes: 80, cellTypeThreshold: 2, ...RUN });
    await model.fit(data, { epochs: 1, ...RUN });
    expect(model.classes).toEqual(['type0', 'type1']);
    const labelled = await model.predict(data, RUN);
    expect(labelled[89]).toBe(null);
    expect(labelled.filter((label) => label === null)).toHaveLength(1);
    expect(model.oodScore(data)[89]).toBe(NaN);
    expect((await model.predictProba(data, RUN)).row(89)).toEqual(Float32Array.of(0.5, 0.5));
  });

  test('a saved model knows them', async () => {
    const data = await partlyLabelled();
    const model = await fitted(data, {}, { epochs: 2 });
    const store = new MemoryStore();
    await model.save(store);
    const again = await ScHeteroNet.load(store);
    expect(await again.predictProba(data, RUN)).toEqual(await model.predictProba(data, RUN));
    expect(again.oodScore(data)).toEqual(model.oodScore(data));
  });

  test('data that were not prepared are refused', async () => {
    const model = new ScHeteroNet({ device: 'wasm' });
    const data = await partlyLabelled();
    await expect(model.fit(data, { labelKey: 'cell_type', ...RUN })).rejects.toThrow(DataError);
  });
});
