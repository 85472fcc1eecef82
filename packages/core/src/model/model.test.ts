import { describe, expect, jest, test } from '@jest/globals';
import { MemoryStore } from '../artifacts/artifact-store.js';
import { AnnData } from '../data/anndata.js';
import {
  AbortError,
  DataError,
  FormatError,
  IoError,
  NotFittedError,
  ParamError,
} from '../errors.js';
import { DenseMatrix } from '../matrix/dense-matrix.js';
import { silentReporter, type ProgressUpdate } from '../progress/reporter.js';
import { caught, rejection } from '../testing/caught.js';
import { Toy } from '../testing/toy-model.js';
import type { CheckpointOptions } from './model.js';

const RUN = { reporter: silentReporter };

const data = (): AnnData =>
  AnnData.fromMatrix(
    DenseMatrix.fromRows([
      [1, 0, 3],
      [5, 2, 0],
      [0, 0, 7],
      [4, 4, 4],
    ]),
  );

async function fitted(seed = 0, input: AnnData = data()): Promise<Toy> {
  return new Toy({ seed }).fit(input, RUN);
}

describe('parameters', () => {
  test('defaults are filled in and the input is left alone', () => {
    const input = { scale: 3, dims: [1] };
    const { params } = new Toy(input);
    expect(params).toEqual({ scale: 3, dims: [1], seed: 0 });
    expect(input).toEqual({ scale: 3, dims: [1] });
  });

  test('are frozen, lists included, and not tied to the input', () => {
    const input = { dims: [1, 2] };
    const { params } = new Toy(input);
    expect(() => {
      (params as { scale: number }).scale = 9;
    }).toThrow(TypeError);
    expect(() => params.dims.push(3)).toThrow(TypeError);
    input.dims.push(3);
    expect(params.dims).toEqual([1, 2]);
  });

  test('unknown and invalid ones are refused by name', () => {
    const unknown = { clusters: 3 } as Record<string, unknown>;
    expect(caught(() => new Toy(unknown))).toBeInstanceOf(ParamError);
    expect(() => new Toy(unknown)).toThrow(
      'Toy has no parameter "clusters": expected one of scale, dims, seed',
    );
    expect(() => new Toy({ scale: -1 })).toThrow('Toy: parameter "scale": got -1');
  });

  test('of fit and preprocess are refused under the name of the method', async () => {
    const fit = await rejection(new Toy().fit(data(), { ...RUN, epochs: -1 }));
    expect(fit.message).toBe('Toy.fit: parameter "epochs": got -1, expected a number >= 0');
    const unknown = { ...RUN, genes: 3 } as typeof RUN;
    const preprocess = await rejection(new Toy().preprocess(data(), unknown));
    expect(preprocess.message).toContain('Toy.preprocess has no parameter "genes"');
  });

  test('toString shows parameters and state', async () => {
    expect(String(new Toy())).toBe('Toy({"scale":1,"dims":[8,4],"seed":0}), not fitted');
    expect(String(await fitted())).toMatch(/, fitted$/);
  });
});

describe('preprocess', () => {
  test('prepares a view and leaves the data alone', async () => {
    const input = data();
    const model = await new Toy().preprocess(input, { factor: 10, ...RUN });
    expect([...model.prepared(input).X.toDense().row(0)]).toEqual([10, 0, 30]);
    expect(input).toEqual(data());
  });

  test('what was not preprocessed is used as it is', async () => {
    const model = await new Toy().preprocess(data(), RUN);
    const other = data();
    expect(model.prepared(other)).toBe(other);
  });

  test('refuses what are not counts, and data without X', async () => {
    const negative = AnnData.fromMatrix(DenseMatrix.fromRows([[1, -1]]));
    expect(await rejection(new Toy().preprocess(negative, RUN))).toBeInstanceOf(DataError);
    const empty = new AnnData({ obs: data().obs, var: data().var });
    expect(await rejection(new Toy().preprocess(empty, RUN))).toBeInstanceOf(DataError);
  });

  test('stops when it is aborted', async () => {
    const run = { ...RUN, signal: AbortSignal.abort() };
    expect(await rejection(new Toy().preprocess(data(), run))).toBeInstanceOf(AbortError);
  });
});

describe('fit', () => {
  test('returns the model, remembers its parameters and records history', async () => {
    const model = new Toy();
    expect(model.isFitted).toBe(false);
    expect(model.fitParams).toBeUndefined();
    expect(await model.fit(data(), { epochs: 3, ...RUN })).toBe(model);
    expect(model.isFitted).toBe(true);
    expect(model.fitParams).toEqual({ epochs: 3, lr: 0.5 });
    expect(Object.isFrozen(model.fitParams)).toBe(true);
    expect(model.history['distance']).toHaveLength(3);
  });

  test('leaves data and options as they were', async () => {
    const input = data();
    const options = { epochs: 2, ...RUN };
    await new Toy().fit(input, options);
    expect(input).toEqual(data());
    expect(options).toEqual({ epochs: 2, ...RUN });
  });

  test('the same seed gives the same model, another seed another', async () => {
    expect((await fitted(1)).predict()).toEqual((await fitted(1)).predict());
    expect((await fitted(1)).predict()).not.toEqual((await fitted(2)).predict());
    expect((await fitted(0)).predict()).not.toEqual((await fitted(1)).predict());
  });

  test('a second fit starts afresh', async () => {
    const model = await fitted();
    await model.fit(data(), { epochs: 1, ...RUN });
    expect(model.history['distance']).toHaveLength(1);
    await model.fit(data(), RUN);
    const fresh = await fitted();
    expect(model.predict()).toEqual(fresh.predict());
    expect(model.history).toEqual(fresh.history);
  });

  test('uses what preprocess made of the data', async () => {
    const input = data();
    const preprocessed = await new Toy().preprocess(input, RUN);
    await preprocessed.fit(input, RUN);
    expect(preprocessed.predict()).not.toEqual((await fitted()).predict());
  });

  test('reports to the reporter it is given', async () => {
    const updates: ProgressUpdate[] = [];
    const reporter = {
      ...silentReporter,
      progress: (update: ProgressUpdate) => updates.push(update),
    };
    await new Toy().fit(data(), { epochs: 2, reporter });
    expect(updates.map(({ done }) => done)).toEqual([1, 2]);
  });

  test('invalid parameters leave a fitted model fitted', async () => {
    const model = await fitted();
    const before = model.predict();
    await rejection(model.fit(data(), { epochs: -1, ...RUN }));
    expect(model.predict()).toEqual(before);
  });
});

describe('a fit that does not end well leaves the model unfitted and empty', () => {
  function expectUnfitted(model: Toy): void {
    expect(model.isFitted).toBe(false);
    expect(model.holdsState).toBe(false);
    expect(model.history).toEqual({});
    expect(caught(() => model.predict())).toBeInstanceOf(NotFittedError);
  }

  test('when training fails', async () => {
    const model = await fitted();
    const failure = new DataError('loss is not finite');
    model.onEpoch = (epoch) => {
      if (epoch === 2) throw failure;
    };
    expect(await rejection(model.fit(data(), RUN))).toBe(failure);
    expectUnfitted(model);
  });

  test('when it is aborted on the way', async () => {
    const controller = new AbortController();
    const model = await fitted();
    model.epochsTrained = 0;
    model.onEpoch = (epoch) => {
      if (epoch === 1) controller.abort();
    };
    const fit = model.fit(data(), { ...RUN, signal: controller.signal });
    expect(await rejection(fit)).toBeInstanceOf(AbortError);
    expect(model.epochsTrained).toBe(2);
    expectUnfitted(model);
  });

  test('and it can be fitted again', async () => {
    const model = new Toy();
    model.onEpoch = () => {
      throw new DataError('once');
    };
    await rejection(model.fit(data(), RUN));
    model.onEpoch = () => undefined;
    await model.fit(data(), RUN);
    expect(model.predict()).toEqual((await fitted()).predict());
  });

  test('unless it was aborted before it began: then nothing happens', async () => {
    const model = await fitted();
    const before = model.predict();
    const fit = model.fit(data(), { ...RUN, signal: AbortSignal.abort() });
    expect(await rejection(fit)).toBeInstanceOf(AbortError);
    expect(model.predict()).toEqual(before);
  });
});

describe('before fit', () => {
  test('results are refused with the remedy', () => {
    const error = caught(() => new Toy().predict());
    expect(error).toBeInstanceOf(NotFittedError);
    expect(error.message).toBe(
      'Toy.predict was called before fit. Call await model.fit(data) first, or load a saved model.',
    );
  });

  test('saving is refused', async () => {
    const store = new MemoryStore();
    expect(await rejection(new Toy().save(store))).toBeInstanceOf(NotFittedError);
    expect(await store.list()).toEqual([]);
  });

  test('and after dispose', async () => {
    const model = await fitted();
    model.dispose();
    expect(model.holdsState).toBe(false);
    expect(caught(() => model.predict())).toBeInstanceOf(NotFittedError);
    model.dispose();
  });
});

describe('save and load', () => {
  test('give the same model', async () => {
    const store = new MemoryStore();
    const model = await new Toy({ scale: 2, seed: 3 }).fit(data(), { epochs: 2, ...RUN });
    await model.save(store);
    const loaded = await Toy.load(store);
    expect(loaded.isFitted).toBe(true);
    expect(loaded.params).toEqual(model.params);
    expect(loaded.fitParams).toEqual(model.fitParams);
    expect(loaded.history).toEqual(model.history);
    expect(loaded.predict()).toEqual(model.predict());
  });

  test("another model's file is refused", async () => {
    const store = new MemoryStore();
    await (await fitted()).save(store);
    const text = new TextDecoder().decode(await store.read('model.json'));
    const renamed = text.replace('"model": "toy"', '"model": "other"');
    await store.write('model.json', new TextEncoder().encode(renamed));
    const error = await rejection(Toy.load(store));
    expect(error).toBeInstanceOf(FormatError);
    expect(error.message).toBe('memory does not hold a Toy: got model "other", expected "toy"');
  });

  test('an empty store is an IoError', async () => {
    expect(await rejection(Toy.load(new MemoryStore()))).toBeInstanceOf(IoError);
  });
});

describe('checkpoints', () => {
  /** Fits, with the power failing before `epoch`. */
  async function interrupted(checkpoint: CheckpointOptions, epoch: number): Promise<Toy> {
    const model = new Toy();
    model.onEpoch = (at) => {
      if (at === epoch) throw new Error('power failure');
    };
    await rejection(model.fit(data(), { epochs: 6, checkpoint, ...RUN }));
    return model;
  }

  test('let an interrupted fit continue to the same result', async () => {
    const checkpoint = { store: new MemoryStore(), everyEpochs: 2 };
    await interrupted(checkpoint, 5);
    const resumed = new Toy();
    await resumed.fit(data(), { epochs: 6, checkpoint, ...RUN });
    expect(resumed.epochsTrained).toBe(2);
    const whole = await new Toy().fit(data(), { epochs: 6, ...RUN });
    expect(resumed.predict()).toEqual(whole.predict());
    expect(resumed.history).toEqual(whole.history);
  });

  test('are removed when the fit is done; other artifacts stay', async () => {
    const store = new MemoryStore();
    await store.write('checkpoint-notes.txt', Uint8Array.of(1));
    await new Toy().fit(data(), { epochs: 4, checkpoint: { store, everyEpochs: 1 }, ...RUN });
    expect(await store.list()).toEqual(['checkpoint-notes.txt']);
  });

  const swapped = (): AnnData => data().subset({ obs: [0, 2, 1, 3] });
  test.each<[string, Toy, AnnData, { epochs: number; lr?: number }]>([
    ['other parameters', new Toy({ seed: 1 }), data(), { epochs: 6 }],
    ['other fit parameters', new Toy(), data(), { epochs: 6, lr: 0.1 }],
    ['other data', new Toy(), data().subset({ obs: [0, 1, 3] }), { epochs: 6 }],
    ['cells in another order', new Toy(), swapped(), { epochs: 6 }],
    ['genes in another order', new Toy(), data().subset({ var: [0, 2, 1] }), { epochs: 6 }],
  ])('of a fit with %s are refused', async (_, model, input, params) => {
    const checkpoint = { store: new MemoryStore(), everyEpochs: 2 };
    await interrupted(checkpoint, 3);
    const error = await rejection(model.fit(input, { ...params, checkpoint, ...RUN }));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toContain('memory holds the checkpoint of another fit');
    expect(model.isFitted).toBe(false);
  });

  test('that cannot be removed in the end cost a warning, not the model', async () => {
    const store = new MemoryStore();
    jest.spyOn(store, 'remove').mockRejectedValue(new IoError('read-only'));
    const messages: string[] = [];
    const reporter = {
      ...silentReporter,
      message: (level: string, text: string) => messages.push(`${level}: ${text}`),
    };
    const model = await new Toy().fit(data(), { checkpoint: { store }, reporter });
    expect(model.isFitted).toBe(true);
    expect(messages).toEqual(['warning: Toy: the checkpoint in memory stays: read-only']);
  });

  test.each([0, -1, 1.5])('every %p epochs is refused', async (everyEpochs) => {
    const checkpoint = { store: new MemoryStore(), everyEpochs };
    const error = await rejection(new Toy().fit(data(), { checkpoint, ...RUN }));
    expect(error).toBeInstanceOf(ParamError);
    expect(error.message).toBe(
      `checkpoint.everyEpochs: got ${everyEpochs}, expected an integer >= 1`,
    );
  });
});
