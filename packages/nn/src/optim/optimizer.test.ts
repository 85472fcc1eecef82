import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { FormatError, ParamError } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import { selectBackend } from '../backend/select-backend.js';
import { ParameterSet, type Parameter } from '../parameters.js';
import { goldenCase, type GoldenCase } from '../testing/golden.js';
import { expectClose, TESTED_DEVICES } from '../testing/numeric.js';
import { Adadelta } from './adadelta.js';
import { Adagrad } from './adagrad.js';
import { Adam } from './adam.js';
import type { Optimizer } from './optimizer.js';
import { Rmsprop } from './rmsprop.js';
import { Sgd } from './sgd.js';

/** A backend whose memory is out of reach, as a GPU's: steps are composed of tensor operations. */
const DISTANT = 'distant';
tf.registerBackend(DISTANT, () => new MathBackendCPU());
tf.copyRegisteredKernels('cpu', DISTANT);

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

const OPTIMIZERS: Readonly<Record<string, (x: Parameter) => Optimizer>> = {
  sgd: (x) => new Sgd([x], { learningRate: 0.05 }),
  sgd_momentum_wd: (x) => new Sgd([x], { learningRate: 0.05, momentum: 0.9, weightDecay: 5e-4 }),
  adam: (x) => new Adam([x], { learningRate: 0.05 }),
  adam_amsgrad: (x) => new Adam([x], { learningRate: 0.05, amsgrad: true }),
  adam_l2_weight_decay: (x) => new Adam([x], { learningRate: 0.05, weightDecay: 0.01 }),
  adamw: (x) =>
    new Adam([x], { learningRate: 0.05, weightDecay: 0.01, decoupledWeightDecay: true }),
  'adadelta_rho0.95': (x) => new Adadelta([x], { learningRate: 1, rho: 0.95 }),
  'adadelta_lr0.1': (x) => new Adadelta([x], { learningRate: 0.1, rho: 0.95 }),
  rmsprop: (x) => new Rmsprop([x], { learningRate: 0.02 }),
  adagrad: (x) => new Adagrad([x], { learningRate: 0.1 }),
};

describe.each([...TESTED_DEVICES, DISTANT])('optimizers on %s', (device) => {
  beforeAll(async () => {
    if (device === DISTANT) await tf.setBackend(DISTANT);
    else await selectBackend(device as 'cpu');
  });

  test.each(Object.keys(OPTIMIZERS))('%s takes the steps of PyTorch', async (name) => {
    const golden = goldenCase('optimizers', name);
    const x = start(golden);
    const optimizer = OPTIMIZERS[name]!(x);
    const losses: number[] = [];
    for (const expected of golden.rows('trajectory_after_each_of_12_steps')) {
      losses.push(await optimizer.minimize(quadratic(golden, x)));
      expectClose(x.values, expected, 2e-5);
    }
    expectClose(losses, golden.numbers('loss_before_each_step'), 2e-5);
    optimizer.dispose();
  });

  test('momentum, dampening and Nesterov follow their formulas', async () => {
    const run = async (optimizer: (x: Parameter) => Optimizer): Promise<number[]> => {
      const x = parameters.add(`x${parameters.trainable().length}`, [1], Float32Array.of(1));
      const stepper = optimizer(x);
      // The gradient is 2 x: 2 at first, then twice the value after the first step.
      for (let i = 0; i < 2; i++) await stepper.minimize(energy(x));
      stepper.dispose();
      return [...x.values];
    };
    const options = { learningRate: 0.1, momentum: 0.5 };
    // x1 = 1 - .1 x 2 = .8; v2 = .5 x 2 + (1 - d) x 1.6.
    expectClose(
      await run((x) => new Sgd([x], { ...options, dampening: 0.25 })),
      [0.8 - 0.22],
      1e-6,
    );
    // Nesterov: x1 = 1 - .1 (2 + .5 x 2) = .7; v2 = 1 + 1.4, update 1.4 + 1.2.
    expectClose(await run((x) => new Sgd([x], { ...options, nesterov: true })), [0.7 - 0.26], 1e-6);
    // RMSprop with momentum: both squares are 4 (1 - a) and a 4 (1 - a) + (1 - a) g2^2.
    const first = 2 / (Math.sqrt(0.04) + 1e-8);
    const x1 = 1 - 0.01 * first;
    const second = (2 * x1) / (Math.sqrt(0.99 * 0.04 + 0.01 * 4 * x1 * x1) + 1e-8);
    const rmsprop = (x: Parameter): Optimizer =>
      new Rmsprop([x], { learningRate: 0.01, momentum: 0.5 });
    expectClose(await run(rmsprop), [x1 - 0.01 * (0.5 * first + second)], 1e-5);
  });

  test('groups, the schedule factor and frozen parameters are heeded', async () => {
    const one = (name: string): Parameter => parameters.add(name, [1], Float32Array.of(1));
    const [a, b, c] = [one('a'), one('b'), one('c')];
    const optimizer = new Sgd([a, { parameters: [b], learningRate: 0.2, weightDecay: 1 }, c], {
      learningRate: 0.1,
    });
    c.trainable = false;
    optimizer.learningRateFactor = 0.5;
    await optimizer.minimize(energy(a, b, c));
    expectClose([...a.values, ...b.values, ...c.values], [0.9, 1 - 0.1 * 3, 1], 1e-6);
    c.trainable = true;
    await optimizer.minimize(energy(c));
    expectClose(c.values, [0.9], 1e-6);
    expect(() => new Sgd([a, a], { learningRate: 1 })).toThrow(ParamError);
    expect(() => new Sgd([a], { learningRate: -1 })).toThrow(ParamError);
  });

  test('gradients are clipped by their common norm as PyTorch does', async () => {
    const golden = goldenCase('optimizers', 'clip_grad_norm_2');
    const gradient = golden.numbers('grad');
    const cut = Math.floor(gradient.length / 2);
    const parts = [gradient.slice(0, cut), gradient.slice(cut)];
    const xs = parts.map((part, i) =>
      parameters.add(`x${i}`, [part.length], new Float32Array(part.length)),
    );
    const linear = (): tf.Scalar =>
      tf.addN(xs.map((x, i) => tf.sum(tf.mul(x.variable, tf.tensor1d(parts[i]!)))));
    await new Sgd(xs, { learningRate: 1, clipNorm: 2 }).minimize(linear);
    const moved = xs.flatMap((x) => [...x.values]).map((value) => -value);
    expectClose(moved, golden.numbers('clipped'), 1e-5);
    const norm = golden.number('total_norm');
    for (const [clipNorm, factor] of [
      [norm / 2, 0.5],
      [norm * 1.0001, 1],
    ] as const) {
      for (const x of xs) x.set(new Float32Array(x.values.length));
      await new Sgd(xs, { learningRate: 1, clipNorm }).minimize(linear);
      const scaled = gradient.map((value) => -factor * value);
      expectClose(
        xs.flatMap((x) => [...x.values]),
        scaled,
        1e-6,
      );
    }
    for (const x of xs) x.set(new Float32Array(x.values.length));
    await new Sgd(xs, { learningRate: 1, clipValue: 0.1 }).minimize(linear);
    const cutOff = gradient.map((value) => Math.max(-0.1, Math.min(0.1, value)));
    expectClose(
      xs.flatMap((x) => [...x.values]).map((value) => -value),
      cutOff,
      1e-6,
    );
  });

  test('further loss terms are reported and not minimized', async () => {
    const x = parameters.add('x', [1], Float32Array.of(2));
    const y = parameters.add('y', [1], Float32Array.of(3));
    const optimizer = new Sgd([x, y], { learningRate: 0.1 });
    const before = tf.memory().numTensors;
    const terms = await optimizer.minimizeTerms(() => ({
      loss: energy(x)(),
      other: energy(y)(),
    }));
    expect(terms).toEqual({ loss: 4, other: 9 });
    expectClose([...x.values, ...y.values], [1.6, 3], 1e-6);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('a loss that throws leaves no tensor behind and the next step works', async () => {
    const x = start(goldenCase('optimizers', 'adam'));
    const optimizer = new Adam([x], { learningRate: 0.1 });
    const before = tf.memory().numTensors;
    const failing = (): never => {
      energy(x)();
      throw new Error('stop here');
    };
    await expect(optimizer.minimize(failing)).rejects.toThrow('stop here');
    expect(tf.memory().numTensors).toBe(before);
    await optimizer.minimize(energy(x));
    expect(tf.memory().numTensors).toBe(before);
  });

  test('continues as if never interrupted from what capture saved', async () => {
    const golden = goldenCase('optimizers', 'adam_amsgrad');
    const options = { learningRate: LEARNING_RATE, amsgrad: true };
    const x = start(golden);
    const optimizer = new Adam([x], options);
    for (let i = 0; i < 5; i++) await optimizer.minimize(quadratic(golden, x));
    const saved = new Map(await optimizer.capture('opt/'));
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
    optimizer.dispose();
    expect(tf.memory().numTensors).toBe(numTensors - 2);
  });

  test.each([
    ['missing', 'opt/x/firstMoment', undefined],
    ['of another size', 'opt/x/secondMoment', new Float32Array(3)],
  ])('state that is %s is refused by name', async (_, name, data) => {
    const x = start(goldenCase('optimizers', 'adam'));
    const optimizer = new Adam([x], { learningRate: 0.1 });
    const saved = new Map(await optimizer.capture('opt/'));
    if (data === undefined) saved.delete(name);
    else saved.set(name, { shape: [data.length], data });
    const restore = (): void => {
      optimizer.restore(saved, 'opt/');
    };
    expect(restore).toThrow(FormatError);
    expect(restore).toThrow(`"${name}"`);
  });
});
