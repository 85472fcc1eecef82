import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from '@jest/globals';
import '@dance-ts/clustering';
import {
  AbortError,
  categoricalColumn,
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
  type Clusterer,
  type RegisteredModel,
} from '@dance-ts/core';
import { FolderStore } from '@dance-ts/io';
import { adjustedRandIndex } from '@dance-ts/metrics';
import * as tf from '@tensorflow/tfjs';
import { abortAfterEpoch, expectExampleAndPage, settingsOf } from './common.js';
import {
  densified,
  easyData,
  fingerprint,
  randomCounts,
  TRUTH,
  withMatrix,
  withValue,
} from './small-data.js';
import { SMALL_SETTINGS, type SmallSettings } from './small-settings.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const RUN = { reporter: silentReporter };

describe.each(listModels('clustering').map((entry) => [entry.spec.id, entry] as const))(
  'contract of %s',
  (id, entry) => {
    const settings = settingsOf(SMALL_SETTINGS, id);
    const { fit } = settings;

    async function fitted(data: AnnData, options = {}): Promise<BaseModel & Clusterer> {
      const model = create(entry, settings);
      await model.preprocess(data, { ...settings.preprocess, ...RUN });
      await model.fit(data, { ...fit, ...RUN, ...options });
      return model;
    }

    describe('parameters', () => {
      test('has a default for every constructor parameter and keeps them unchanged', () => {
        const model = new entry.model();
        const again = new entry.model(model.params);
        expect(again.params).toEqual(model.params);
        expect(Object.isFrozen(model.params)).toBe(true);
      });

      test('does not change the object it is given', () => {
        const given = { ...settings.params };
        new entry.model(given);
        expect(given).toEqual(settings.params);
      });

      test('refuses unknown parameters by name', async () => {
        const data = await easyData();
        expect(() => new entry.model({ noSuchThing: 1 })).toThrow(/noSuchThing/);
        expect(() => new entry.model({ noSuchThing: 1 })).toThrow(ParamError);
        await expect(new entry.model().fit(data, { noSuchThing: 1 })).rejects.toThrow(ParamError);
        await expect(new entry.model().preprocess(data, { noSuchThing: 1 })).rejects.toThrow(
          /noSuchThing/,
        );
      });

      test('refuses a value out of range by name', () => {
        const [name, value] = settings.badParam;
        expect(() => new entry.model({ [name]: value })).toThrow(name);
      });

      test('describes every parameter', () => {
        const { params, fitParams, preprocessParams } = entry.spec;
        for (const schema of [params, fitParams, preprocessParams]) {
          for (const param of describeParams(schema)) expect(param.description).not.toBe('');
        }
      });
    });

    describe('life cycle', () => {
      test('makes no tensors before fit', async () => {
        await tf.ready();
        const before = tf.memory().numTensors;
        const model = create(entry, settings);
        await model.preprocess(await easyData(), { ...settings.preprocess, ...RUN });
        expect(tf.memory().numTensors).toBe(before);
      });

      test('says that it is not fitted', async () => {
        const data = await easyData();
        const model = create(entry, settings);
        await expect(model.predict(data)).rejects.toThrow(NotFittedError);
        await expect(model.getLatent(data)).rejects.toThrow(NotFittedError);
        await expect(model.score(data, { truth: TRUTH })).rejects.toThrow(NotFittedError);
        await expect(model.save(new MemoryStore())).rejects.toThrow(NotFittedError);
      });

      test('fit returns the model and leaves the data as they were', async () => {
        const data = await easyData();
        const before = fingerprint(data);
        const model = create(entry, settings);
        await model.preprocess(data, { ...settings.preprocess, ...RUN });
        expect(await model.fit(data, { ...fit, ...RUN })).toBe(model);
        await model.predict(data);
        await model.score(data, { truth: TRUTH });
        expect(fingerprint(data)).toBe(before);
      });

      test('asks for preprocessing when the data are not prepared', async () => {
        await expect(
          create(entry, settings).fit(await easyData(), { ...fit, ...RUN }),
        ).rejects.toThrow(/preprocess/);
      });

      test('frees every tensor', async () => {
        await fitted(await easyData());
        const before = tf.memory().numTensors;
        const model = await fitted(await easyData());
        model.dispose();
        expect(tf.memory().numTensors).toBe(before);
        expect(model.isFitted).toBe(false);
      });
    });

    describe('reproducibility', () => {
      test('same seed, same bytes, whatever else was computed in between', async () => {
        const data = await easyData();
        const first = await fitted(data);
        Rng.fromSeed(5).permutation(100);
        tf.tidy(() => tf.randomNormal([10]));
        const second = await fitted(await easyData());
        expect(await bytesOf(second, data)).toEqual(await bytesOf(first, data));
        expect(second.history).toEqual(first.history);
      });

      test('another seed gives another embedding', async () => {
        const data = await easyData();
        const first = await fitted(data);
        const other = create(entry, settings, { seed: 1 });
        await other.preprocess(data, { ...settings.preprocess, ...RUN });
        await other.fit(data, { ...fit, ...RUN });
        expect(await bytesOf(other, data)).not.toEqual(await bytesOf(first, data));
      });

      test('a second fit starts afresh', async () => {
        const data = await easyData();
        const model = await fitted(data);
        const first = await bytesOf(model, data);
        await model.fit(data, { ...fit, ...RUN });
        expect(await bytesOf(model, data)).toEqual(first);
      });

      test('dense and sparse input give the same', async () => {
        const data = await easyData();
        const sparse = await fitted(data);
        const dense = await fitted(densified(data));
        expect(await bytesOf(dense, data)).toEqual(await bytesOf(sparse, data));
      });

      test('labels have no influence: permuted or absent', async () => {
        const data = await easyData();
        const expected = await bytesOf(await fitted(data), data);
        const { codes, categories } = data.labels(TRUTH);
        const permuted = withMatrix(data, data.X);
        permuted.obs.set(
          TRUTH,
          categoricalColumn(Rng.fromSeed(9).shuffle(codes.slice()), categories),
        );
        const absent = withMatrix(data, data.X);
        absent.obs.delete(TRUTH);
        expect(await bytesOf(await fitted(permuted), permuted)).toEqual(expected);
        expect(await bytesOf(await fitted(absent), absent)).toEqual(expected);
      });

      test('cpu and wasm agree', async () => {
        const data = await easyData();
        const latentOn = async (device: string): Promise<Float32Array> => {
          const model = create(entry, settings, { device });
          await model.preprocess(data, { ...settings.preprocess, ...RUN });
          await model.fit(data, { ...fit, ...RUN });
          return (await model.getLatent(data)).data;
        };
        const cpu = await latentOn('cpu');
        const wasm = await latentOn('wasm');
        const scale = Math.sqrt(meanOf(cpu, (value) => value * value));
        const difference = meanOf(cpu, (value, i) => Math.abs(value - wasm[i]!));
        expect(difference / scale).toBeLessThan(1e-3);
      });
    });

    describe('results', () => {
      test('one label a cell, 0..K-1, and one finite embedding row a cell', async () => {
        const data = await easyData();
        const model = await fitted(data);
        const labels = await model.predict(data);
        const latent = await model.getLatent(data);
        expect(labels).toBeInstanceOf(Int32Array);
        expect(labels).toHaveLength(data.nObs);
        const nClusters = new Set(labels).size;
        expect([...new Set(labels)].sort((a, b) => a - b)).toEqual(
          Array.from({ length: nClusters }, (_, k) => k),
        );
        expect(latent.nRows).toBe(data.nObs);
        expect(latent.data.every(Number.isFinite)).toBe(true);
      });

      test('better than chance on easy groups', async () => {
        const data = await easyData();
        const ari = await (await fitted(data)).score(data, { truth: TRUTH });
        const { codes } = data.labels(TRUTH);
        const chance = adjustedRandIndex(codes, Rng.fromSeed(2).shuffle(codes.slice()));
        expect(ari).toBeGreaterThan(chance + 0.4);
      });

      test('the loss falls and stays finite; one value an epoch', async () => {
        const epochs = 12;
        const model = await fitted(await easyData(), { epochs });
        const loss = model.history['loss'] ?? [];
        expect(loss).toHaveLength(epochs);
        expect(loss.every(Number.isFinite)).toBe(true);
        expect(loss.at(-1)).toBeLessThan(loss[0] ?? -Infinity);
      });

      test('every metric by name; an unknown one is refused', async () => {
        const data = await easyData();
        const model = await fitted(data);
        const all = await model.scoreAll(data, { truth: TRUTH });
        for (const [metric, value] of Object.entries(all)) {
          expect(await model.score(data, { truth: TRUTH, metric })).toBe(value);
        }
        expect(Object.keys(all)).toEqual(
          expect.arrayContaining(['ari', 'nmi', 'acc', 'silhouette']),
        );
        await expect(model.score(data, { truth: TRUTH, metric: 'nonsense' })).rejects.toThrow(
          ParamError,
        );
        await expect(model.score(data, { truth: 'nonsense' })).rejects.toThrow(DataError);
      });

      test('annotate adds two entries and nothing else', async () => {
        const data = await easyData();
        const model = await fitted(data);
        const before = data.obs.columnNames;
        await model.annotate(data, { keyAdded: 'mine' });
        expect(data.obs.columnNames).toEqual([...before, 'mine']);
        expect([...data.obsm.keys()]).toEqual(['X_mine']);
      });

      test('cells in another order get their own labels', async () => {
        const data = await easyData();
        const model = await fitted(data);
        const labels = await model.predict(data);
        const order = Rng.fromSeed(4).permutation(data.nObs);
        const permuted = await model.predict(data.subset({ obs: order }));
        expect([...permuted]).toEqual([...order].map((cell) => labels[cell]));
      });

      if (entry.spec.inference === 'transductive') {
        test('refuses cells it was not trained on', async () => {
          const model = await fitted(await easyData());
          await expect(model.predict(randomCounts(72, 90))).rejects.toThrow(DataError);
          const renamed = randomCounts(3, 90);
          await expect(model.predict(renamed)).rejects.toThrow(DataError);
        });
      }

      test('a cell without counts is labelled -1 and has no embedding', async () => {
        const data = await easyData();
        const X = data.X.toDense().copy();
        X.row(7).fill(0);
        const empty = withMatrix(data, X);
        const model = await fitted(empty);
        const labels = await model.predict(empty);
        expect(labels[7]).toBe(-1);
        expect((await model.getLatent(empty)).row(7).every(Number.isNaN)).toBe(true);
        expect(labels.filter((label) => label >= 0)).toHaveLength(data.nObs - 1);
      });
    });

    describe('bad input', () => {
      test.each([NaN, Infinity, -1])(
        'refuses the count %p, naming cell and gene',
        async (value) => {
          const data = withValue(await easyData(), value);
          await expect(create(entry, settings).preprocess(data, RUN)).rejects.toThrow(DataError);
          await expect(create(entry, settings).preprocess(data, RUN)).rejects.toThrow(
            /cell \d+, gene/,
          );
        },
      );

      test.each([
        ['one cell', 1, 90],
        ['one gene', 72, 1],
        ['two cells', 2, 90],
        ['fewer cells than components', 5, 90],
        ['fewer genes than components', 72, 5],
      ])('%s: a result or an error of ours', async (_, nCells, nGenes) => {
        const data = randomCounts(nCells, nGenes);
        const outcome = await fitted(data).then(
          (model) => model.predict(data),
          (error: unknown) => error,
        );
        if (outcome instanceof Int32Array) expect(outcome).toHaveLength(nCells);
        else expect(outcome).toBeInstanceOf(DanceError);
      });

      test('a constant gene does no harm', async () => {
        const data = await easyData();
        const X = data.X.toDense().copy();
        for (let i = 0; i < X.nRows; i++) X.row(i)[3] = 2;
        const model = await fitted(withMatrix(data, X));
        expect((await model.getLatent(withMatrix(data, X))).data.every(Number.isFinite)).toBe(true);
      });
    });

    describe('persistence', () => {
      const folders: string[] = [];
      afterEach(() => {
        for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
      });
      const temporaryFolder = (): string => {
        const folder = mkdtempSync(join(tmpdir(), 'dance-contract-'));
        folders.push(folder);
        return folder;
      };

      test('a loaded model predicts the same, also in another process', async () => {
        const data = await easyData();
        const model = await fitted(data);
        const folder = temporaryFolder();
        await model.save(new FolderStore(folder));
        const loaded = (await entry.model.load(new FolderStore(folder))) as BaseModel & Clusterer;
        expect(await bytesOf(loaded, data)).toEqual(await bytesOf(model, data));
        expect(loaded.history).toEqual(model.history);
        expect(loaded.params).toEqual(model.params);
        const script = join(ROOT, 'tests/contract/predict-in-process.mjs');
        const child = spawnSync(process.execPath, [script, id, folder], { encoding: 'utf8' });
        expect(child.stderr).toBe('');
        expect(JSON.parse(child.stdout)).toEqual([...(await model.predict(data))]);
      });

      test('an interrupted fit continues from its checkpoint to the same result', async () => {
        const data = await easyData();
        const whole = await fitted(data);
        const store = new MemoryStore();
        const interrupted = abortAfterEpoch(3);
        const checkpoint = { store, everyEpochs: 2 };
        await expect(fitted(data, { checkpoint, ...interrupted })).rejects.toThrow(AbortError);
        expect(await store.has('checkpoint.json')).toBe(true);
        const resumed = await fitted(data, { checkpoint });
        expect(await bytesOf(resumed, data)).toEqual(await bytesOf(whole, data));
        expect(resumed.history).toEqual(whole.history);
        expect(await store.list()).toEqual([]);
      });

      test('a checkpoint of another fit is refused', async () => {
        const data = await easyData();
        const store = new MemoryStore();
        const abort = new AbortController();
        const checkpoint = { store, everyEpochs: 1 };
        const reporter = {
          ...silentReporter,
          progress: ({ task }: { task: string }) => {
            if (task.includes('epoch')) abort.abort();
          },
        };
        await fitted(data, { checkpoint, reporter, signal: abort.signal }).catch(() => undefined);
        await expect(fitted(data, { checkpoint, epochs: 9 })).rejects.toThrow(DataError);
      });
    });

    describe('abort', () => {
      test('before the start', async () => {
        const signal = AbortSignal.abort();
        await expect(fitted(await easyData(), { signal })).rejects.toThrow(AbortError);
      });

      test('in the middle: nothing leaks and the model is still usable', async () => {
        const data = await easyData();
        const model = create(entry, settings);
        await model.preprocess(data, { ...settings.preprocess, ...RUN });
        const before = tf.memory().numTensors;
        const abort = new AbortController();
        const reporter = {
          ...silentReporter,
          progress: () => {
            abort.abort();
          },
        };
        await expect(
          model.fit(data, { ...fit, epochs: 1000, reporter, signal: abort.signal }),
        ).rejects.toThrow(AbortError);
        expect(tf.memory().numTensors).toBe(before);
        expect(model.isFitted).toBe(false);
        await model.fit(data, { ...fit, ...RUN });
        expect(await model.predict(data)).toHaveLength(data.nObs);
      });
    });

    test('has an example and a documentation page', () => {
      expectExampleAndPage(entry.spec);
    });
  },
);

test('every registered model is in the suite', () => {
  expect(Object.keys(SMALL_SETTINGS).sort()).toEqual(
    listModels('clustering').map((entry) => entry.spec.id),
  );
});

function create(
  entry: RegisteredModel,
  settings: SmallSettings,
  params: Record<string, unknown> = {},
): BaseModel & Clusterer {
  return new entry.model({ device: 'wasm', ...settings.params, ...params }) as BaseModel &
    Clusterer;
}

async function bytesOf(
  model: Clusterer,
  data: AnnData,
): Promise<{ labels: Int32Array; latent: Float32Array }> {
  return { labels: await model.predict(data), latent: (await model.getLatent(data)).data };
}

function meanOf(values: Float32Array, f: (value: number, i: number) => number): number {
  return values.reduce((sum, value, i) => sum + f(value, i), 0) / values.length;
}
