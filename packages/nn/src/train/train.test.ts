import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  AbortError,
  Checkpointer,
  DataError,
  MemoryStore,
  ParamError,
  Rng,
  silentReporter,
  type History,
  type ProgressUpdate,
} from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { selectBackend } from '../backend/select-backend.js';
import { Adam } from '../optim/adam.js';
import { ParameterSet } from '../parameters.js';
import { EarlyStopping } from './early-stopping.js';
import { shuffledBatches, trainEpochs, type Terms, type TrainOptions } from './train-epochs.js';
import { TrainingState } from './training-state.js';

beforeAll(async () => {
  await selectBackend('wasm');
});

function options(overrides: Partial<TrainOptions> = {}): TrainOptions {
  return {
    ...{ owner: 'Test', epochs: 2, nItems: 5, batchSize: 2, rng: Rng.fromSeed(0), history: {} },
    reporter: silentReporter,
    step: () => Promise.resolve({ loss: 1 }),
    ...overrides,
  };
}

describe('shuffledBatches', () => {
  test('every item once, in an order that the stream decides', () => {
    const batches = shuffledBatches(7, 3, Rng.fromSeed(1));
    expect(batches.map((batch) => batch.length)).toEqual([3, 3, 1]);
    const order = batches.flatMap((batch) => [...batch]);
    expect([...order].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(shuffledBatches(7, 3, Rng.fromSeed(1))).toEqual(batches);
    expect(shuffledBatches(0, 3, Rng.fromSeed(1))).toEqual([]);
  });

  test.each([0, -1, 1.5, NaN])('a batch size of %d is refused', (batchSize) => {
    expect(() => shuffledBatches(7, batchSize, Rng.fromSeed(1))).toThrow(ParamError);
  });
});

describe('trainEpochs', () => {
  test('history holds the means over items, not over batches', async () => {
    const history: History = {};
    const step = (batch: Int32Array): Promise<{ loss: number }> =>
      Promise.resolve({ loss: batch.length });
    await trainEpochs(options({ history, step }));
    // Batches of 2, 2 and 1 items.
    expect(history).toEqual({ loss: [1.8, 1.8] });
  });

  test('an epoch draws the same, wherever training starts', async () => {
    const seen = async (firstEpoch: number): Promise<string[]> => {
      const drawn: string[] = [];
      const step = (batch: Int32Array, rng: Rng): Promise<{ loss: number }> => {
        drawn.push(`${batch.join()} ${rng.uint32()}`);
        return Promise.resolve({ loss: 0 });
      };
      await trainEpochs(options({ epochs: 3, firstEpoch, step }));
      return drawn;
    };
    const all = await seen(0);
    expect(all).toHaveLength(9);
    expect(await seen(2)).toEqual(all.slice(6));
  });

  test('progress tells the epoch and its loss', async () => {
    const updates: ProgressUpdate[] = [];
    const reporter = {
      ...silentReporter,
      progress: (update: ProgressUpdate) => void updates.push(update),
    };
    await trainEpochs(options({ reporter }));
    expect(updates.map(({ done, total }) => [done, total])).toEqual([
      [1, 2],
      [2, 2],
    ]);
    expect(updates[0]?.values).toEqual({ loss: 1 });
  });

  test('stops after the epoch that is good enough', async () => {
    const history: History = {};
    let loss = 4;
    const step = (): Promise<{ loss: number }> => Promise.resolve({ loss: (loss -= 0.5) });
    const shouldStop = (means: Terms): boolean => means['loss']! < 1.5;
    await trainEpochs(options({ epochs: 9, batchSize: 5, history, step, shouldStop }));
    expect(history).toEqual({ loss: [3.5, 3, 2.5, 2, 1.5, 1] });
  });

  test('an abort stops before the next batch', async () => {
    const controller = new AbortController();
    let steps = 0;
    const step = (): Promise<{ loss: number }> => {
      steps += 1;
      if (steps === 2) controller.abort();
      return Promise.resolve({ loss: 0 });
    };
    const run = trainEpochs(options({ step, signal: controller.signal }));
    await expect(run).rejects.toThrow(AbortError);
    expect(steps).toBe(2);
  });

  test.each([NaN, Infinity])('a loss of %d stops with epoch, batch and term', async (kl) => {
    let steps = 0;
    const step = (): Promise<{ loss: number; kl: number }> => {
      steps += 1;
      return Promise.resolve({ loss: 0, kl: steps === 5 ? kl : 0 });
    };
    const run = trainEpochs(options({ step }));
    await expect(run).rejects.toThrow(DataError);
    await expect(trainEpochs(options({ step: () => Promise.resolve({ kl }) }))).rejects.toThrow(
      'Test: kl is not finite in epoch 0, batch 0',
    );
    expect(steps).toBe(5);
  });
});

describe('TrainingState', () => {
  function setUp(): { x: ParameterSet; optimizer: Adam; history: History; state: TrainingState } {
    const x = new ParameterSet();
    x.add('x', [2], Float32Array.of(1, 2));
    const optimizer = new Adam(x.trainable(), { learningRate: 0.1 });
    const history: History = {};
    return { x, optimizer, history, state: new TrainingState(x, optimizer, history) };
  }

  const valuesOf = (x: ParameterSet): number[] => [...(x.trainable()[0]?.values ?? [])];

  test('the best weights come back; NaN is never the best', async () => {
    const { x, state } = setUp();
    const at = async (value: number, merit: number): Promise<void> => {
      x.trainable()[0]?.set(Float32Array.of(value, value));
      await state.offer(merit);
    };
    state.restoreBest();
    expect(valuesOf(x)).toEqual([1, 2]);
    await at(3, NaN);
    await at(4, -2);
    await at(5, -1);
    await at(6, -1);
    await at(7, NaN);
    state.restoreBest();
    expect(valuesOf(x)).toEqual([5, 5]);
  });

  test('a run resumed from a checkpoint goes on as if never interrupted', async () => {
    const run = async (store: MemoryStore, epochs: number): Promise<ReturnType<typeof setUp>> => {
      const training = setUp();
      const { x, optimizer, history, state } = training;
      const checkpoint = new Checkpointer({ store, everyEpochs: 2 }, 'run');
      const loss = (): tf.Scalar => tf.sum(tf.square(x.trainable()[0]?.variable ?? tf.zeros([2])));
      await trainEpochs(
        options({
          ...{ epochs, firstEpoch: await state.resume(checkpoint), history },
          step: async () => ({ loss: await optimizer.minimize(loss) }),
          onEpochEnd: async (epoch, { loss: value = NaN }) => {
            await state.offer(-value);
            await state.saveIfDue(checkpoint, epoch);
          },
        }),
      );
      return training;
    };
    const store = new MemoryStore();
    await run(store, 3); // the checkpoint is that of two epochs
    const resumed = await run(store, 6);
    const whole = await run(new MemoryStore(), 6);
    expect(resumed.history).toEqual(whole.history);
    expect(valuesOf(resumed.x)).toEqual(valuesOf(whole.x));
    resumed.state.restoreBest();
    whole.state.restoreBest();
    expect(valuesOf(resumed.x)).toEqual(valuesOf(whole.x));
  });
});

describe('EarlyStopping', () => {
  test('waits as long as its patience, counted from the last improvement', () => {
    const stopping = new EarlyStopping({ patience: 1, minDelta: 0.1 });
    const losses = [1, 0.95, 0.5, NaN, 0.45, 0.3];
    expect(losses.map((loss) => stopping.observe(loss))).toEqual([
      false,
      false,
      false,
      false,
      true,
      false,
    ]);
    expect(stopping.bestLoss).toBe(0.3);
    expect(() => new EarlyStopping({ patience: -1 })).toThrow(ParamError);
  });
});
