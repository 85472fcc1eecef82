import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { joinQuery } from '@dance-ts/cell-type-annotation';
import {
  AbortError,
  categoricalFromStrings,
  DanceError,
  DataError,
  describeParams,
  listModels,
  MemoryStore,
  NotFittedError,
  ParamError,
  Rng,
  silentReporter,
  type AnnData,
  type BaseModel,
  type Classifier,
} from '@dance-ts/core';
import { FolderStore } from '@dance-ts/io';
import * as tf from '@tensorflow/tfjs';
import { abortAfterEpoch, expectExampleAndPage, settingsOf } from './common.js';
import { SMALL_ANNOTATION_SETTINGS } from './small-annotation-settings.js';
import { densified, easyData, fingerprint, randomCounts, TRUTH, withValue } from './small-data.js';

type Model = BaseModel & Classifier;

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const RUN = { reporter: silentReporter };

/** Cells to learn from and cells to label; what `fit` gets and what `predict` gets. */
interface Cells {
  readonly fit: AnnData;
  readonly query: AnnData;
}

describe.each(listModels('cell-type-annotation').map((entry) => [entry.spec.id, entry] as const))(
  'contract of %s',
  (id, entry) => {
    const settings = settingsOf(SMALL_ANNOTATION_SETTINGS, id);
    const isTransductive = entry.spec.inference === 'transductive';

    /** Every second cell is a query; a transductive model gets them, unlabelled, to fit on. */
    async function cells(data?: AnnData): Promise<Cells> {
      const all = data ?? (await easyData());
      const rows = (parity: number): Int32Array =>
        Int32Array.from(all.obsNames.keys()).filter((i) => i % 2 === parity);
      const reference = all.subset({ obs: rows(0) });
      const query = all.subset({ obs: rows(1) });
      if (!isTransductive) return { fit: reference, query };
      const joined = joinQuery(reference, query, TRUTH);
      const known = joined.data.subset({ obs: joined.queryRows });
      known.obs.set(TRUTH, query.obs.get(TRUTH));
      return { fit: joined.data, query: known };
    }

    function create(params: Record<string, unknown> = {}): Model {
      return new entry.model({ ...settings.params, ...params }) as Model;
    }

    async function fitted(
      data: AnnData,
      options: Record<string, unknown> = {},
      params: Record<string, unknown> = {},
    ): Promise<Model> {
      const model = create(params);
      await model.preprocess(data, { ...settings.preprocess, ...RUN });
      await model.fit(data, { ...settings.fit, labelKey: TRUTH, ...RUN, ...options });
      return model;
    }

    async function probabilities(model: Model, query: AnnData): Promise<Float32Array> {
      return (await model.predictProba(query, RUN)).data;
    }

    describe('parameters', () => {
      test('defaults are kept, frozen and described', () => {
        const model = new entry.model();
        expect(new entry.model(model.params).params).toEqual(model.params);
        expect(Object.isFrozen(model.params)).toBe(true);
        const { params, fitParams, preprocessParams } = entry.spec;
        for (const schema of [params, fitParams, preprocessParams]) {
          for (const param of describeParams(schema)) expect(param.description).not.toBe('');
        }
      });

      test('unknown and invalid ones are refused by name', async () => {
        const { fit } = await cells();
        expect(() => create({ noSuchThing: 1 })).toThrow(/noSuchThing/);
        await expect(create().fit(fit, { noSuchThing: 1 })).rejects.toThrow(ParamError);
        await expect(create().preprocess(fit, { noSuchThing: 1 })).rejects.toThrow(/noSuchThing/);
        const [name, value] = settings.badParam;
        expect(() => create({ [name]: value })).toThrow(name);
      });
    });

    describe('life cycle', () => {
      test('says that it is not fitted', async () => {
        const { query } = await cells();
        await expect(create().predict(query)).rejects.toThrow(NotFittedError);
        await expect(create().predictProba(query)).rejects.toThrow(NotFittedError);
        await expect(create().score(query, { truth: TRUTH })).rejects.toThrow(NotFittedError);
        await expect(create().save(new MemoryStore())).rejects.toThrow(NotFittedError);
        expect(() => create().classes).toThrow(NotFittedError);
      });

      test('leaves reference and query as they were', async () => {
        const { fit, query } = await cells();
        const before = [fingerprint(fit), fingerprint(query)];
        const model = await fitted(fit);
        await model.predict(query, RUN);
        await model.score(query, { truth: TRUTH, ...RUN });
        expect([fingerprint(fit), fingerprint(query)]).toEqual(before);
      });

      test('frees every tensor', async () => {
        const { fit, query } = await cells();
        const first = await fitted(fit);
        first.dispose();
        await tf.ready();
        const before = tf.memory().numTensors;
        const model = await fitted(fit);
        await model.predict(query, RUN);
        model.dispose();
        expect(tf.memory().numTensors).toBe(before);
        expect(model.isFitted).toBe(false);
      });
    });

    describe('reproducibility', () => {
      test('same seed, same bytes; a second fit starts afresh', async () => {
        const { fit, query } = await cells();
        const model = await fitted(fit);
        const expected = await probabilities(model, query);
        Rng.fromSeed(5).permutation(100);
        await model.fit(fit, { ...settings.fit, labelKey: TRUTH, ...RUN });
        expect(await probabilities(model, query)).toEqual(expected);
        const other = await cells();
        const again = await fitted(other.fit);
        expect(await probabilities(again, other.query)).toEqual(expected);
        expect(again.history).toEqual(model.history);
      });

      test('dense and sparse input give the same', async () => {
        const { fit, query } = await cells();
        const expected = await probabilities(await fitted(fit), query);
        const dense = densified(fit);
        dense.splits = fit.splits;
        expect(await probabilities(await fitted(dense), densified(query))).toEqual(expected);
      });

      test('labels of the query have no influence', async () => {
        const { fit, query } = await cells();
        const model = await fitted(fit);
        const expected = await probabilities(model, query);
        query.obs.delete(TRUTH);
        expect(await probabilities(model, query)).toEqual(expected);
      });
    });

    describe('results', () => {
      test('probabilities of the classes of the reference, rows sum to 1', async () => {
        const { fit, query } = await cells();
        const model = await fitted(fit);
        expect(model.classes).toEqual([...fit.labels(TRUTH).categories].map(String).sort());
        const proba = await model.predictProba(query, RUN);
        expect(proba.shape).toEqual([query.nObs, model.classes.length]);
        for (let i = 0; i < proba.nRows; i++) {
          const row = proba.row(i);
          expect(row.every((p) => p >= 0 && p <= 1)).toBe(true);
          if (!settings.unnormalized) {
            expect(row.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 4);
          }
        }
        const labels = await model.predict(query, RUN);
        expect(labels.every((label) => label === null || model.classes.includes(label))).toBe(true);
      });

      test('better than the majority class on easy groups', async () => {
        const { fit, query } = await cells();
        const model = await fitted(fit);
        const { codes } = query.labels(TRUTH);
        const largest = Math.max(...[0, 1, 2].map((k) => codes.filter((c) => c === k).length));
        const accuracy = await model.score(query, { truth: TRUTH, ...RUN });
        expect(accuracy).toBeGreaterThan(largest / codes.length + 0.2);
      });

      test('every metric by name; unknown metrics and columns are refused', async () => {
        const { fit, query } = await cells();
        const model = await fitted(fit);
        const all = await model.scoreAll(query, { truth: TRUTH, ...RUN });
        for (const metric of ['acc', 'f1_macro', 'auroc', 'ece']) {
          expect(await model.score(query, { truth: TRUTH, metric, ...RUN })).toBe(all[metric]);
        }
        const nonsense = { truth: TRUTH, metric: 'nonsense', ...RUN };
        await expect(model.score(query, nonsense)).rejects.toThrow(ParamError);
        await expect(model.score(query, { truth: 'nonsense', ...RUN })).rejects.toThrow(DataError);
      });

      test('annotate adds two columns and nothing else', async () => {
        const { fit, query } = await cells();
        const model = await fitted(fit);
        const before = query.obs.columnNames;
        await model.annotate(query, { keyAdded: 'mine', ...RUN });
        expect(query.obs.columnNames).toEqual([...before, 'mine', 'mine_confidence']);
      });

      test('cells in another order get their own labels', async () => {
        const { fit, query } = await cells();
        const model = await fitted(fit);
        const labels = await model.predict(query, RUN);
        const order = Rng.fromSeed(4).permutation(query.nObs);
        const permuted = await model.predict(query.subset({ obs: order }), RUN);
        expect(permuted).toEqual(Array.from(order, (cell) => labels[cell]));
      });

      test('the loss falls and stays finite', async () => {
        const model = await fitted((await cells()).fit);
        const { loss } = model.history;
        if (loss === undefined) return; // not trained by epochs
        expect(loss.every(Number.isFinite)).toBe(true);
        expect(loss.at(-1)).toBeLessThan(loss[0] ?? -Infinity);
      });
    });

    describe('bad input', () => {
      test.each([NaN, Infinity, -1])('refuses the count %p in the reference', async (value) => {
        const data = withValue(await easyData(), value);
        await expect(create().preprocess(data, RUN)).rejects.toThrow(/cell \d+, gene/);
      });

      test('refuses one class and a missing label column', async () => {
        const { fit } = await cells();
        const one = fit.subset({ obs: Int32Array.from(fit.obsNames.keys()) });
        one.obs.set(TRUTH, categoricalFromStrings(one.obsNames.map(() => 'only')));
        await expect(fitted(one)).rejects.toThrow(DataError);
        await expect(fitted(fit, { labelKey: 'nonsense' })).rejects.toThrow(DataError);
      });

      test.each([
        ['two cells', 2, 90],
        ['one gene', 72, 1],
        ['few cells', 6, 90],
        ['few genes', 72, 5],
      ])('%s: a result or an error of ours', async (_, nCells, nGenes) => {
        const data = randomCounts(nCells, nGenes);
        const names = data.obsNames.map((__, i) => (i % 2 === 0 ? 'a' : 'b'));
        data.obs.set(TRUTH, categoricalFromStrings(names));
        const outcome = await fitted(data).then(
          (model) => model.predict(data, RUN),
          (error: unknown) => error,
        );
        if (Array.isArray(outcome)) expect(outcome).toHaveLength(nCells);
        else expect(outcome).toBeInstanceOf(DanceError);
      });
    });

    describe('persistence', () => {
      test('a loaded model predicts the same, also in another process', async () => {
        const { fit, query } = await cells();
        const model = await fitted(fit);
        const folder = mkdtempSync(join(tmpdir(), 'dance-contract-'));
        try {
          await model.save(new FolderStore(folder));
          const loaded = (await entry.model.load(new FolderStore(folder))) as Model;
          expect(await probabilities(loaded, query)).toEqual(await probabilities(model, query));
          expect(loaded.history).toEqual(model.history);
          if (isTransductive) return;
          const script = join(ROOT, 'tests/contract/predict-in-process.mjs');
          const child = spawnSync(process.execPath, [script, id, folder], { encoding: 'utf8' });
          const all = await easyData();
          expect(JSON.parse(child.stdout)).toEqual(await model.predict(all, RUN));
        } finally {
          rmSync(folder, { recursive: true });
        }
      });

      if (settings.fit['epochs'] !== undefined) {
        test('an interrupted fit continues from its checkpoint to the same result', async () => {
          const { fit, query } = await cells();
          const whole = await fitted(fit);
          const store = new MemoryStore();
          const interrupted = abortAfterEpoch(3);
          const checkpoint = { store, everyEpochs: 2 };
          await expect(fitted(fit, { checkpoint, ...interrupted })).rejects.toThrow(AbortError);
          expect(await store.has('checkpoint.json')).toBe(true);
          const resumed = await fitted(fit, { checkpoint });
          expect(await probabilities(resumed, query)).toEqual(await probabilities(whole, query));
          expect(resumed.history).toEqual(whole.history);
          expect(await store.list()).toEqual([]);
        });
      }
    });

    test('abort before the start', async () => {
      const { fit } = await cells();
      await expect(fitted(fit, { signal: AbortSignal.abort() })).rejects.toThrow(AbortError);
    });

    test('has an example and a documentation page', () => {
      expectExampleAndPage(entry.spec);
    });
  },
);

test('every registered model is in the suite', () => {
  expect(Object.keys(SMALL_ANNOTATION_SETTINGS).sort()).toEqual(
    listModels('cell-type-annotation').map((entry) => entry.spec.id),
  );
});
