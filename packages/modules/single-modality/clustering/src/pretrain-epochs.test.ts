import { expect, test } from '@jest/globals';
import {
  Checkpointer,
  MemoryStore,
  Rng,
  silentReporter,
  type FitContext,
  type History,
} from '@dance-ts/core';
import { Adam, ParameterSet, selectBackend } from '@dance-ts/nn';
import * as tf from '@tensorflow/tfjs';
import { pretrainEpochs } from './pretrain-epochs.js';

const context = (checkpoint?: Checkpointer, signal?: AbortSignal): FitContext => ({
  ...{ rng: Rng.fromSeed(1), reporter: silentReporter, signal, checkpoint },
});

/** Fits one number to 3 by squared error, one step for each of 4 items an epoch. */
async function fitNumber(
  epochs: number,
  run: FitContext,
  stopBelow = 0,
  onStep: (step: number) => void = () => undefined,
): Promise<{ value: number; history: History }> {
  await selectBackend('cpu');
  const parameters = new ParameterSet();
  const { variable } = parameters.add('x', [1], Float32Array.of(0));
  const optimizer = new Adam(parameters.trainable(), { learningRate: 0.1 });
  const history: History = {};
  let steps = 0;
  try {
    await pretrainEpochs(
      {
        ...{ owner: 'Test', phase: 'pretrain', term: 'pretrainLoss', epochs, stopBelow },
        ...{ nItems: 4, batchSize: 1, parameters, optimizer, history },
        step: async (_, rng) => {
          onStep((steps += 1));
          const noise = 0.01 * rng.normal();
          return optimizer.minimize(() => tf.sum(tf.square(tf.sub(variable, 3 + noise))));
        },
      },
      run,
    );
    return { value: variable.dataSync()[0]!, history };
  } finally {
    parameters.dispose();
  }
}

test('trains and frees what it needs', async () => {
  await selectBackend('cpu');
  const before = tf.memory().numTensors;
  const { value, history } = await fitNumber(20, context());
  expect(Math.abs(value - 3)).toBeLessThan(0.2);
  expect(history['pretrainLoss']).toHaveLength(20);
  expect(tf.memory().numTensors).toBe(before);
});

test('stops once the loss is low enough', async () => {
  const { history } = await fitNumber(20, context(), 4);
  const losses = history['pretrainLoss']!;
  expect(losses.length).toBeLessThan(20);
  expect(losses.findIndex((loss) => loss < 4)).toBe(losses.length - 1);
});

test('an interrupted run continues to the same result, and one that had stopped stays so', async () => {
  for (const stopBelow of [0, 4]) {
    // The second run stops by itself and leaves its last checkpoint.
    const whole = await fitNumber(9, context(), stopBelow);
    const store = new MemoryStore();
    const checkpoint = (): Checkpointer => new Checkpointer({ store, everyEpochs: 1 }, 'same');
    const abort = new AbortController();
    const interrupt = (step: number): void => {
      if (stopBelow === 0 && step === 14) abort.abort();
    };
    await fitNumber(9, context(checkpoint(), abort.signal), stopBelow, interrupt).catch(() => null);
    expect(await store.has('checkpoint.json')).toBe(true);
    expect(await fitNumber(9, context(checkpoint()), stopBelow)).toEqual(whole);
  }
});
