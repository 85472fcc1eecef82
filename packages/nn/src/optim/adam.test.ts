import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { FormatError } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { selectBackend } from '../backend/select-backend.js';
import { ParameterSet, type Parameter } from '../parameters.js';
import { goldenCase, type GoldenCase } from '../testing/golden.js';
import { expectClose, TESTED_DEVICES } from '../testing/numeric.js';
import { Adam, type AdamOptions } from './adam.js';

const STEPS = 12;
const LEARNING_RATE = 0.05;

let parameters = new ParameterSet();
afterEach(() => {
  parameters.dispose();
  parameters = new ParameterSet();
});

const matrixOf = (x: tf.Tensor): tf.Tensor2D => x as tf.Tensor2D;

/** f(x) = x'Ax / 2 - b'x of the golden file, at a parameter. */
function quadratic(golden: GoldenCase, x: Parameter): () => tf.Scalar {
  return () => {
    const a = tf.tensor2d(golden.rows('A'));
    const b = tf.tensor2d(golden.numbers('b'), [4, 1]);
    const at = matrixOf(x.variable);
    const halfCurvature = tf.mul(0.5, tf.sum(tf.mul(at, tf.matMul(a, at))));
    return tf.sub(halfCurvature, tf.sum(tf.mul(b, at)));
  };
}

function start(golden: GoldenCase): Parameter {
  return parameters.add('x', [4, 1], Float32Array.from(golden.numbers('x0')));
}

/** The sum of squares of a parameter. */
const energy =
  (...summands: Parameter[]) =>
  (): tf.Scalar =>
    tf.addN(summands.map(({ variable }) => tf.sum(tf.square(variable))));

describe.each(TESTED_DEVICES)('Adam on %s', (device) => {
  beforeAll(async () => {
    await selectBackend(device);
  });

  test.each<[string, Partial<AdamOptions>]>([
    ['adam', {}],
    ['adam_amsgrad', { amsgrad: true }],
    ['adam_l2_weight_decay', { weightDecay: 0.01 }],
  ])('%s takes the steps of PyTorch', async (name, options) => {
    const golden = goldenCase('optimizers', name);
    const hyper = golden.inner('hyper');
    expect(hyper.number('lr')).toBe(LEARNING_RATE);
    expect(hyper.optional('weight_decay')).toBe(options.weightDecay);
    const x = start(golden);
    const optimizer = new Adam([x], { learningRate: LEARNING_RATE, ...options });
    const losses: number[] = [];
    for (const expected of golden.rows('trajectory_after_each_of_12_steps')) {
      losses.push(await optimizer.minimize(quadratic(golden, x)));
      expectClose(x.values, expected, 1e-5);
      expectClose(x.variable.dataSync(), expected, 1e-5);
    }
    expectClose(losses, golden.numbers('loss_before_each_step'), 1e-5);
  });

  test('continues as if never interrupted from what capture saved', async () => {
    const golden = goldenCase('optimizers', 'adam_amsgrad');
    const options = { learningRate: LEARNING_RATE, amsgrad: true };
    const x = start(golden);
    const optimizer = new Adam([x], options);
    for (let i = 0; i < 5; i++) await optimizer.minimize(quadratic(golden, x));
    const saved = new Map(
      optimizer
        .capture('opt/')
        .map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]),
    );
    const y = parameters.add('x2', [4, 1], x.values);
    const renamed = new Map(
      [...saved].map(([name, tensor]) => [name.replace('x/', 'x2/'), tensor]),
    );
    const resumed = new Adam([y], options);
    resumed.restore(renamed, 'opt/');
    for (let i = 5; i < STEPS; i++) {
      await optimizer.minimize(quadratic(golden, x));
      await resumed.minimize(quadratic(golden, y));
    }
    expect(y.values).toEqual(x.values);
  });

  test('leaves alone what the loss does not depend on', async () => {
    const used = parameters.add('used', [2], Float32Array.of(1, -1));
    const unused = parameters.add('unused', [2], Float32Array.of(3, 4));
    const optimizer = new Adam([used, unused], { learningRate: 0.1, weightDecay: 0.5 });
    await optimizer.minimize(energy(used));
    expect([...unused.values]).toEqual([3, 4]);
    expect(used.values[0]).toBeCloseTo(0.9, 6);
  });

  test('counts the steps of each parameter by itself, as PyTorch does', async () => {
    const early = parameters.add('early', [1], Float32Array.of(1));
    const late = parameters.add('late', [1], Float32Array.of(1));
    const optimizer = new Adam([early, late], { learningRate: 0.1 });
    for (let i = 0; i < 20; i++) await optimizer.minimize(energy(early));
    await optimizer.minimize(energy(early, late));
    // The first step of Adam is the learning rate, whatever the gradient.
    expect(late.values[0]).toBeCloseTo(0.9, 6);
  });

  test('keeps as many tensors as before', async () => {
    const x = start(goldenCase('optimizers', 'adam'));
    const optimizer = new Adam([x], { learningRate: 0.1 });
    const { numTensors } = tf.memory();
    for (let i = 0; i < 3; i++) await optimizer.minimize(energy(x));
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  test.each([
    ['missing', 'opt/x/firstMoment', undefined],
    ['of another size', 'opt/x/secondMoment', new Float32Array(3)],
  ])('state that is %s is refused by name', (_, name, data) => {
    const x = start(goldenCase('optimizers', 'adam'));
    const optimizer = new Adam([x], { learningRate: 0.1 });
    const saved = new Map(optimizer.capture('opt/'));
    if (data === undefined) saved.delete(name);
    else saved.set(name, { shape: [data.length], data });
    const restore = (): void => {
      optimizer.restore(saved, 'opt/');
    };
    expect(restore).toThrow(FormatError);
    expect(restore).toThrow(`"${name}"`);
  });
});
