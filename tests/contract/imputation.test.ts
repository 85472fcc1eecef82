import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import {
  AbortError,
  DanceError,
  DataError,
  describeParams,
  listModels,
  MemoryStore,
  NotFittedError,
  numericColumn,
  ParamError,
  Rng,
  silentReporter,
  toCsr,
  type AnnData,
  type BaseModel,
  type CsrMatrix,
} from '@dance-ts/core';
import { holdOutCounts, holdOutEntries, type AnyImputationModel } from '@dance-ts/imputation';
import { FolderStore } from '@dance-ts/io';
import * as tf from '@tensorflow/tfjs';
import { abortAfterEpoch, expectExampleAndPage, settingsOf } from './common.js';
import {
  densified,
  easyData,
  fingerprint,
  randomCounts,
  withMatrix,
  withValue,
} from './small-data.js';
import { SMALL_IMPUTATION_SETTINGS } from './small-imputation-settings.js';

type Model = BaseModel & AnyImputationModel;

const RUN = { reporter: silentReporter };

describe.each(listModels('imputation').map((entry) => [entry.spec.id, entry] as const))(
  'contract of %s',
  (id, entry) => {
    const settings = settingsOf(SMALL_IMPUTATION_SETTINGS, id);

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
      await model.fit(data, { ...settings.fit, ...RUN, ...options });
      return model;
    }

    /** Imputed counts, which all models give as a dense matrix. */
    async function imputed(model: Model, data: AnnData): Promise<Float32Array> {
      return (await model.predict(data, RUN)).data;
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
        const data = await easyData();
        expect(() => create({ noSuchThing: 1 })).toThrow(/noSuchThing/);
        await expect(create().fit(data, { noSuchThing: 1 })).rejects.toThrow(ParamError);
        await expect(create().preprocess(data, { noSuchThing: 1 })).rejects.toThrow(/noSuchThing/);
        const [name, value] = settings.badParam;
        expect(() => create({ [name]: value })).toThrow(name);
      });
    });

    describe('life cycle', () => {
      test('says that it is not fitted', async () => {
        const data = await easyData();
        expect(() => create().genes).toThrow(NotFittedError);
        await expect(create().predict(data)).rejects.toThrow(NotFittedError);
        await expect(create().score(data)).rejects.toThrow(NotFittedError);
        await expect(create().annotate(data)).rejects.toThrow(NotFittedError);
        await expect(create().save(new MemoryStore())).rejects.toThrow(NotFittedError);
      });

      test('leaves the data as they were', async () => {
        const data = await easyData();
        const before = fingerprint(data);
        const model = await fitted(data);
        for (const keepObserved of ['none', 'restore', 'max'] as const) {
          await model.predict(data, { keepObserved, genes: 'all', ...RUN });
        }
        expect(fingerprint(data)).toBe(before);
      });

      test('frees every tensor', async () => {
        const data = await easyData();
        (await fitted(data)).dispose();
        await tf.ready();
        const before = tf.memory().numTensors;
        const model = await fitted(data);
        await model.predict(data, RUN);
        model.dispose();
        expect(tf.memory().numTensors).toBe(before);
        expect(model.isFitted).toBe(false);
      });
    });

    describe('reproducibility', () => {
      test('same seed, same bytes; a second fit starts afresh', async () => {
        const data = await easyData();
        const model = await fitted(data);
        const expected = await imputed(model, data);
        Rng.fromSeed(5).permutation(100);
        await model.fit(data, { ...settings.fit, ...RUN });
        expect(await imputed(model, data)).toEqual(expected);
        const other = await easyData();
        const again = await fitted(other);
        expect(await imputed(again, other)).toEqual(expected);
        expect(again.history).toEqual(model.history);
      });

      test('dense and sparse input give the same', async () => {
        const data = await easyData();
        const expected = await imputed(await fitted(data), data);
        const dense = densified(data);
        expect(await imputed(await fitted(dense), dense)).toEqual(expected);
      });
    });

    describe('results', () => {
      test('finite counts >= 0 of the kept genes, those of the data', async () => {
        const data = await easyData();
        const model = await fitted(data);
        const values = await model.predict(data, RUN);
        expect(values.shape).toEqual([data.nObs, model.genes.length]);
        expect(model.genes.every((gene) => data.varNames.includes(gene))).toBe(true);
        expect(values.data.every((value) => value >= 0 && value < Infinity)).toBe(true);
      });

      test('the policies for observed counts, and the two scales', async () => {
        const data = await easyData();
        const model = await fitted(data);
        const plain = await model.predict(data, RUN);
        const restored = await model.predict(data, { keepObserved: 'restore', ...RUN });
        const larger = await model.predict(data, { keepObserved: 'max', ...RUN });
        const logs = await model.predict(data, { scale: 'log_normalized', ...RUN });
        const totals = data.X.rowSums();
        model.genes.forEach((gene, j) => {
          const column = data.varNames.indexOf(gene);
          for (let i = 0; i < data.nObs; i++) {
            const [seen, value] = [data.X.get(i, column), plain.get(i, j)];
            expect(restored.get(i, j)).toBe(seen > 0 ? seen : value);
            expect(larger.get(i, j)).toBe(Math.max(seen, value));
            expect(logs.get(i, j)).toBeCloseTo(Math.log1p((value * 1e4) / totals[i]!), 4);
          }
        });
      });

      test('all genes: those not imputed as observed', async () => {
        const data = await easyData();
        const model = await fitted(data);
        const [kept, all] = [await model.predict(data, RUN), await whole(model, data)];
        expect(all.shape).toEqual(data.X.shape);
        data.varNames.forEach((gene, column) => {
          const j = model.genes.indexOf(gene);
          for (let i = 0; i < data.nObs; i++) {
            expect(all.get(i, column)).toBe(j < 0 ? data.X.get(i, column) : kept.get(i, j));
          }
        });
      });

      test('annotate adds a layer and a column, and leaves X alone', async () => {
        const data = await easyData();
        const model = await fitted(data);
        const before = toCsr(data.X).copy();
        await model.annotate(data, { keyAdded: 'mine', ...RUN });
        expect(toCsr(data.X)).toEqual(before);
        expect(data.layers.get('mine')).toEqual(await whole(model, data));
        expect(data.var.columnNames).toContain('mine_imputed');
        const sd = await model.predictSd(data, RUN);
        expect(data.layers.has('mine_sd')).toBe(sd !== undefined);
        if (sd !== undefined) expect(sd.data.every((value) => value >= 0)).toBe(true);
      });

      test('cells in another order get their own values', async () => {
        const data = await easyData();
        const model = await fitted(data);
        const straight = await model.predict(data, RUN);
        const order = Rng.fromSeed(4).permutation(data.nObs);
        const permuted = await model.predict(data.subset({ obs: order }), RUN);
        const expected = straight.selectRows(order).data;
        permuted.data.forEach((value, e) => {
          expect(Math.abs(value - expected[e]!)).toBeLessThan(1e-3 * (1 + expected[e]!));
        });
      });

      test('the loss falls and stays finite', async () => {
        const { loss } = (await fitted(await easyData())).history;
        if (loss === undefined) return; // not trained by epochs
        expect(loss.every(Number.isFinite)).toBe(true);
        expect(loss.at(-1)).toBeLessThan(loss[0] ?? -Infinity);
      });
    });

    describe('what was held out', () => {
      test('is predicted better than by zeros, by every score', async () => {
        const heldOut = holdOutEntries(await easyData());
        const model = await fitted(heldOut.data);
        const scores = await model.scoreAll(heldOut.data, { heldOut, ...RUN });
        const options = { heldOut, ...RUN };
        for (const metric of ['rmse', 'pcc', 'spearman', 'mre', 'pcc_gene', 'pcc_cell']) {
          expect(await model.score(heldOut.data, { metric, ...options })).toBe(scores[metric]);
        }
        expect(scores['rmse']).toBeLessThan(rootMeanSquare(heldOut.test, heldOut.data));
        expect(scores['coverage']).toBeGreaterThan(0.3);
        const nonsense = model.score(heldOut.data, { metric: 'nonsense', ...options });
        await expect(nonsense).rejects.toThrow(ParamError);
        await expect(model.score(heldOut.data, RUN)).rejects.toThrow(ParamError);
      });

      test('molecules of the other half: a finite deviance', async () => {
        const heldOut = holdOutCounts(await easyData());
        const model = await fitted(heldOut.data);
        const scores = await model.scoreAll(heldOut.data, { heldOut, ...RUN });
        expect(scores['poisson_deviance']).toBeGreaterThan(0);
        expect(scores['poisson_deviance']).toBeLessThan(50);
        expect(await model.score(heldOut.data, { heldOut, ...RUN })).toBe(
          scores['poisson_deviance'],
        );
      });

      test('has no influence: other values in its place give the same bytes', async () => {
        const data = withDerived(await easyData());
        // Large counts are drawn more rarely, so the weights must not depend on the counts.
        const options = { rate: 0.2, distribution: 'uniform', testShare: 1 } as const;
        const heldOut = holdOutEntries(data, options);
        const altered = withDerived(withOtherValues(data, heldOut.test));
        const again = holdOutEntries(altered, options);
        expect([...again.test.indices]).toEqual([...heldOut.test.indices]);
        expect([...again.test.data]).not.toEqual([...heldOut.test.data]);
        const model = await fitted(heldOut.data);
        const other = await fitted(again.data);
        expect(other.genes).toEqual(model.genes);
        expect(await imputed(other, again.data)).toEqual(await imputed(model, heldOut.data));
        expect(other.history).toEqual(model.history);
        expect(await saved(other)).toEqual(await saved(model));
      });
    });

    describe('bad input', () => {
      test.each([NaN, Infinity, -1])('refuses the count %p', async (value) => {
        const data = withValue(await easyData(), value);
        await expect(create().preprocess(data, RUN)).rejects.toThrow(/cell \d+, gene/);
      });

      test('refuses a cell it was not fitted on, and data without a gene', async () => {
        const data = await easyData();
        const model = await fitted(data);
        const without = data.varNames.indexOf(model.genes[0]!);
        const genes = Int32Array.from(data.varNames.keys()).filter((j) => j !== without);
        await expect(model.predict(data.subset({ var: genes }), RUN)).rejects.toThrow(DataError);
        if (entry.spec.inference === 'inductive') return;
        const other = randomCounts(3, data.nVars);
        const strangers = withMatrix(data.subset({ obs: [0, 1, 2] }), other.X);
        await expect(model.predict(strangers, RUN)).rejects.toThrow(DataError);
      });

      test.each([
        ['one cell', 1, 90],
        ['two cells', 2, 90],
        ['one gene', 72, 1],
        ['few cells', 6, 90],
        ['few genes', 72, 5],
      ])('%s: a result or an error of ours', async (_, nCells, nGenes) => {
        const data = randomCounts(nCells, nGenes);
        const outcome = await fitted(data).then(
          (model) => model.predict(data, RUN),
          (error: unknown) => error,
        );
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(DanceError);
        else expect((outcome as { nRows: number }).nRows).toBe(nCells);
      });

      test('an empty cell keeps what was observed: nothing', async () => {
        const data = await easyData();
        const X = toCsr(data.X).scaleRows(data.obsNames.map((__, i) => (i === 7 ? 0 : 1)));
        const empty = withMatrix(data, X);
        const model = await fitted(empty);
        const values = await model.predict(empty, RUN);
        expect(Array.from({ length: values.nCols }, (__, j) => values.get(7, j))).toEqual(
          new Array(values.nCols).fill(0),
        );
      });
    });

    describe('persistence', () => {
      test('a loaded model predicts the same', async () => {
        const data = await easyData();
        const model = await fitted(data);
        const folder = mkdtempSync(join(tmpdir(), 'dance-contract-'));
        try {
          await model.save(new FolderStore(folder));
          const loaded = (await entry.model.load(new FolderStore(folder))) as Model;
          expect(loaded.genes).toEqual(model.genes);
          expect(loaded.history).toEqual(model.history);
          expect(await imputed(loaded, data)).toEqual(await imputed(model, data));
          expect(await loaded.predictSd(data, RUN)).toEqual(await model.predictSd(data, RUN));
          loaded.dispose();
        } finally {
          rmSync(folder, { recursive: true });
        }
      });

      if (settings.fit['epochs'] !== undefined) {
        test('an interrupted fit continues from its checkpoint to the same result', async () => {
          const data = await easyData();
          const whole = await fitted(data);
          const store = new MemoryStore();
          const interrupted = abortAfterEpoch(3);
          const checkpoint = { store, everyEpochs: 2 };
          await expect(fitted(data, { checkpoint, ...interrupted })).rejects.toThrow(AbortError);
          expect(await store.has('checkpoint.json')).toBe(true);
          const resumed = await fitted(data, { checkpoint });
          expect(await imputed(resumed, data)).toEqual(await imputed(whole, data));
          expect(resumed.history).toEqual(whole.history);
          expect(await store.list()).toEqual([]);
        });
      }
    });

    test('abort before the start', async () => {
      const data = await easyData();
      await expect(fitted(data, { signal: AbortSignal.abort() })).rejects.toThrow(AbortError);
    });

    test('has an example and a documentation page', () => {
      expectExampleAndPage(entry.spec);
    });
  },
);

test('every registered model is in the suite', () => {
  expect(Object.keys(SMALL_IMPUTATION_SETTINGS).sort()).toEqual(
    listModels('imputation').map((entry) => entry.spec.id),
  );
});

async function whole(model: Model, data: AnnData): Promise<Awaited<ReturnType<Model['predict']>>> {
  return model.predict(data, { genes: 'all', ...RUN });
}

/** Everything a saved model consists of. */
async function saved(model: Model): Promise<Map<string, Uint8Array>> {
  const store = new MemoryStore();
  await model.save(store);
  const parts = new Map<string, Uint8Array>();
  for (const name of await store.list()) parts.set(name, await store.read(name));
  return parts;
}

/** The data with other positive counts in some places. */
function withOtherValues(data: AnnData, places: CsrMatrix): AnnData {
  const rng = Rng.fromSeed(9);
  const X = toCsr(data.X).copy();
  for (let i = 0; i < X.nRows; i++) {
    const chosen = new Set(places.row(i).indices);
    const row = X.row(i);
    row.indices.forEach((gene, e) => {
      if (chosen.has(gene)) row.data[e] = 1 + rng.int(500);
    });
  }
  return withMatrix(data, X);
}

/** The data with what others may have computed of all counts, under the names models look for. */
function withDerived(data: AnnData): AnnData {
  const totals = data.X.rowSums();
  data.obs.set('cell_scale', numericColumn(totals));
  data.obs.set('size_factors', numericColumn(totals));
  data.var.set('n_counts', numericColumn(data.X.columnSums()));
  data.layers.set('counts', data.X);
  data.obsm.set('X_pca', data.X.toDense());
  data.uns.set('total', totals);
  return data;
}

/** Error of predicting nothing, on the scale of the scores. */
function rootMeanSquare(truth: CsrMatrix, seen: AnnData): number {
  const totals = seen.X.rowSums();
  let sum = 0;
  for (let i = 0; i < truth.nRows; i++) {
    for (const count of truth.row(i).data) sum += Math.log1p((count * 1e4) / totals[i]!) ** 2;
  }
  return Math.sqrt(sum / truth.nnz);
}
