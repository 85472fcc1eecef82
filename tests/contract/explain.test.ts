import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import {
  AbortError,
  AnnData,
  CsrMatrix,
  DataError,
  DenseMatrix,
  getModel,
  listModels,
  MemoryStore,
  NotFittedError,
  ParamError,
  Rng,
  silentReporter,
  stringColumn,
  type BaseModel,
  type Classifier,
  type Clusterer,
  type Explainable,
  type Explanation,
} from '@dance-ts/core';
import { explanationMarkers } from '@dance-ts/nn';
import '@dance-ts/cell-type-annotation';
import '@dance-ts/clustering';
import * as tf from '@tensorflow/tfjs';
import { settingsOf } from './common.js';
import { SMALL_ANNOTATION_SETTINGS } from './small-annotation-settings.js';
import { fingerprint } from './small-data.js';
import { SMALL_SETTINGS } from './small-settings.js';

// A fit takes seconds here, but minutes on a machine that has much else to do.
jest.setTimeout(240_000);

const RUN = { reporter: silentReporter };
const N_GROUPS = 3;
const N_MARKERS = 6;
const N_CELLS = 60;
const N_GENES = 72;
/** Longer fits than those of the contract, where that leaves the groups unseparated. */
const LONGER_FIT: Readonly<Record<string, Record<string, unknown>>> = {
  actinn: { epochs: 60 },
  scag2e: { epochs: 12 },
  scdsc: { epochs: 4, lr: 1e-3, pretrainEpochs: 200, pretrainLr: 3e-3, pretrainBatchSize: 20 },
  sctag: { epochs: 8, pretrainEpochs: 24 },
  sctpf: { epochs: 8, pretrainEpochs: 24 },
};
/** Finer ways than the default, where the ReLUs of a tiny network make its gradient jump. */
const FINER_STEPS: Readonly<Record<string, number>> = {
  scag2e: 150,
  scdeepcluster: 100,
  scdsc: 200,
};

/**
 * Poisson counts in three groups; of each, six genes have ten times the counts of other genes:
 * `m0_0` ... `m2_5`.
 */
function plantedData(): AnnData {
  const rng = Rng.fromSeed(21);
  const genes = Array.from({ length: N_GENES }, (_, g) =>
    g < N_GROUPS * N_MARKERS ? `m${Math.floor(g / N_MARKERS)}_${g % N_MARKERS}` : `g${g}`,
  );
  const counts = DenseMatrix.zeros(N_CELLS, N_GENES);
  for (let i = 0; i < N_CELLS; i++) {
    for (let g = 0; g < N_GENES; g++) {
      const isMarker = genes[g]!.startsWith(`m${i % N_GROUPS}_`);
      counts.row(i)[g] = rng.poisson(isMarker ? 10 : 1);
    }
  }
  const data = AnnData.fromMatrix(CsrMatrix.fromDense(counts), {
    obsNames: Array.from({ length: N_CELLS }, (_, i) => `cell${i}`),
    varNames: genes,
  });
  data.obs.set('cell_type', stringColumn(data.obsNames.map((_, i) => `type${i % N_GROUPS}`)));
  return data;
}

type Model = BaseModel & Clusterer & Explainable;

/** The cluster that holds most cells of a group. */
function clusterOf(labels: Int32Array, group: number): number {
  const sizes = new Float64Array(N_GROUPS);
  labels.forEach((k, i) => {
    if (i % N_GROUPS === group) sizes[k]! += 1;
  });
  return sizes.indexOf(Math.max(...sizes));
}

describe.each(listModels('clustering').map((entry) => [entry.spec.id, entry] as const))(
  'explanations of %s',
  (id, entry) => {
    const settings = settingsOf(SMALL_SETTINGS, id);
    const data = plantedData();
    let model: Model;

    const create = (): Model => new entry.model(settings.params) as Model;

    beforeAll(async () => {
      model = create();
      await model.preprocess(data, { ...settings.preprocess, ...RUN });
      await model.fit(data, { ...settings.fit, ...LONGER_FIT[id], ...RUN });
    });
    afterAll(() => {
      model.dispose();
    });

    test('add up to the scores, name the planted genes and leave no tensors', async () => {
      const before = fingerprint(data);
      const labels = await model.predict(data);
      const steps = FINER_STEPS[id];
      const explanations: Explanation[] = [];
      for (let group = 0; group < N_GROUPS; group++) {
        const target = clusterOf(labels, group);
        const nTensors = tf.memory().numTensors;
        const explanation = await model.explain(data, { target, ...(steps && { steps }), ...RUN });
        expect(tf.memory().numTensors).toBe(nTensors);
        expect(explanation.target).toBe(String(target));
        expect(explanation.genes).toEqual(model.prepared(data).varNames);
        expect(explanation.cells).toEqual(data.obsNames.filter((_, i) => labels[i] === target));
        const { attributions, cells, genes } = explanation;
        expect(attributions.shape).toEqual([cells.length, genes.length]);
        expect(attributions.data.every(Number.isFinite)).toBe(true);
        expect(explanation.completenessError).toBeLessThan(0.01);
        explanations.push(explanation);
      }
      const { byGroup } = explanationMarkers(explanations, N_MARKERS);
      // By chance it would be one or two of 18.
      const found = byGroup.map(
        ({ names }, group) => names.filter((name) => name.startsWith(`m${group}_`)).length,
      );
      expect(found.reduce((sum, n) => sum + n, 0)).toBeGreaterThanOrEqual(9);
      expect(fingerprint(data)).toBe(before);
    });

    test('are the same for cells named in another order, from the mean too', async () => {
      const cells = ['cell4', 'cell7', 'cell1'];
      const options = { target: 0, steps: 4, baseline: 'mean', ...RUN } as const;
      const some = await model.explain(data, { ...options, cells });
      const turned = await model.explain(data, { ...options, cells: cells.toReversed() });
      expect(some.cells).toEqual(cells);
      const [first, last] = [some.attributions.row(0), turned.attributions.row(2)];
      first.forEach((value, g) => {
        expect(last[g]).toBeCloseTo(value, 5);
      });
    });

    test('of a loaded model are the same once the data are prepared', async () => {
      const store = new MemoryStore();
      await model.save(store);
      const loaded = (await entry.model.load(store)) as Model;
      const options = { target: 1, cells: ['cell0', 'cell9'], steps: 4, ...RUN };
      await expect(loaded.explain(data, options)).rejects.toThrow(DataError);
      await loaded.preprocess(data, { ...settings.preprocess, ...RUN });
      const expected = await model.explain(data, options);
      expect(await loaded.explain(data, options)).toEqual(expected);
    });

    test('are refused in clear words', async () => {
      await expect(create().explain(data, { target: 0 })).rejects.toThrow(NotFittedError);
      const unknown = model.explain(data, { target: 'nonsense', ...RUN });
      await expect(unknown).rejects.toThrow(ParamError);
      await expect(unknown).rejects.toThrow(/"nonsense", expected one of 0, 1/);
      const nobody = model.explain(data, { target: 0, cells: ['nobody'], ...RUN });
      await expect(nobody).rejects.toThrow(/cell "nobody" is not in the data/);
      const nTensors = tf.memory().numTensors;
      const aborted = model.explain(data, { target: 0, signal: AbortSignal.abort(), ...RUN });
      await expect(aborted).rejects.toThrow(AbortError);
      expect(tf.memory().numTensors).toBe(nTensors);
    });
  },
);

/** Variants whose scores come another way than those of the defaults. */
const VARIANTS: readonly (readonly [string, Record<string, unknown>])[] = [
  ['graphsc', { nLayers: 2, hiddenRelu: true }],
  ['graphsc', { agg: 'mean', degree: 'graph' }],
  ['scdsc', { labelsFrom: 'pred' }],
  ['sctag', { hops: 'repeat' }],
];

test.each(VARIANTS)('explanations of %s with %p add up to the scores', async (id, variant) => {
  const settings = settingsOf(SMALL_SETTINGS, id);
  const data = plantedData();
  const model = new (getModel(id).model)({ ...settings.params, ...variant }) as Model;
  await model.preprocess(data, { ...settings.preprocess, ...RUN });
  await model.fit(data, { ...settings.fit, ...RUN });
  const target = clusterOf(await model.predict(data), 0);
  const explanation = await model.explain(data, { target, steps: 100, ...RUN });
  expect(explanation.completenessError).toBeLessThan(0.01);
  model.dispose();
});

type Annotator = BaseModel & Classifier & Explainable;

/** The annotation models that explain their labels. */
const EXPLAINABLE = ['actinn', 'celltypist', 'scdeepsort', 'scheteronet'];

describe.each(EXPLAINABLE)('explanations of %s', (id) => {
  const entry = getModel(id);
  const settings = settingsOf(SMALL_ANNOTATION_SETTINGS, id);
  const data = plantedData();
  let model: Annotator;

  const create = (): Annotator => new entry.model(settings.params) as Annotator;

  beforeAll(async () => {
    model = create();
    await model.preprocess(data, { ...settings.preprocess, ...RUN });
    await model.fit(data, { ...settings.fit, ...LONGER_FIT[id], labelKey: 'cell_type', ...RUN });
  });
  afterAll(() => {
    model.dispose();
  });

  test.each(['zero', 'mean'] as const)(
    'from %s add up to the scores and name the planted genes',
    async (baseline) => {
      const before = fingerprint(data);
      const labels = await model.predict(data, RUN);
      const explanations: Explanation[] = [];
      for (const target of model.classes) {
        const nTensors = tf.memory().numTensors;
        const explanation = await model.explain(data, { target, baseline, ...RUN });
        expect(tf.memory().numTensors).toBe(nTensors);
        expect(explanation.cells).toEqual(data.obsNames.filter((_, i) => labels[i] === target));
        const { attributions, cells, genes } = explanation;
        expect(attributions.shape).toEqual([cells.length, genes.length]);
        expect(genes.every((gene) => data.varNames.includes(gene))).toBe(true);
        expect(explanation.completenessError).toBeLessThan(0.01);
        explanations.push(explanation);
      }
      const { groups, byGroup } = explanationMarkers(explanations, N_MARKERS);
      expect(groups).toEqual(['type0', 'type1', 'type2']);
      const found = byGroup.map(
        ({ names }, group) => names.filter((name) => name.startsWith(`m${group}_`)).length,
      );
      expect(found.reduce((sum, n) => sum + n, 0)).toBeGreaterThanOrEqual(9);
      expect(fingerprint(data)).toBe(before);
    },
  );

  if (entry.spec.inference === 'inductive') {
    test('make up the differences between the scores of cells', async () => {
      const cells = ['cell0', 'cell1', 'cell2'];
      const probabilities = await model.predictProba(data, RUN);
      for (const [code, target] of model.classes.entries()) {
        const score = (i: number): number => {
          const own = probabilities.row(i);
          if (id === 'celltypist') return Math.log(own[code]! / (1 - own[code]!));
          return own.reduce((sum, p) => sum + Math.log(own[code]! / p) / own.length, 0);
        };
        const { attributions } = await model.explain(data, { target, cells, steps: 200, ...RUN });
        const [first = NaN, ...others] = attributions.rowSums();
        others.forEach((sum, i) => {
          const difference = score(i + 1) - score(0);
          const missed = Math.abs(sum - first - difference);
          expect(missed).toBeLessThan(0.01 * Math.max(1, Math.abs(difference)));
        });
      }
    });
  }

  test('of a loaded model are the same', async () => {
    const store = new MemoryStore();
    await model.save(store);
    const loaded = (await entry.model.load(store)) as Annotator;
    const options = { target: 'type1', cells: ['cell9', 'cell0'], steps: 4, ...RUN };
    if (entry.spec.inference === 'transductive') {
      await expect(loaded.explain(data, options)).rejects.toThrow(DataError);
      await loaded.preprocess(data, { ...settings.preprocess, ...RUN });
    }
    expect(await loaded.explain(data, options)).toEqual(await model.explain(data, options));
  });

  test('are refused in clear words', async () => {
    await expect(create().explain(data, { target: 'type0' })).rejects.toThrow(NotFittedError);
    const unknown = model.explain(data, { target: 'nonsense', ...RUN });
    await expect(unknown).rejects.toThrow(ParamError);
    await expect(unknown).rejects.toThrow(/"nonsense", expected one of type0, type1, type2/);
    const nobody = model.explain(data, { target: 'type0', cells: ['nobody'], ...RUN });
    await expect(nobody).rejects.toThrow(/cell "nobody" is not in the data/);
    const aborted = model.explain(data, { target: 'type0', signal: AbortSignal.abort(), ...RUN });
    await expect(aborted).rejects.toThrow(AbortError);
  });
});
