import { beforeAll, describe, expect, test } from '@jest/globals';
import { Rng } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { selectBackend } from '../backend/select-backend.js';
import { meanCountNll } from '../losses/count-likelihood.js';
import { Adam } from '../optim/adam.js';
import { ParameterSet } from '../parameters.js';
import {
  expectClose,
  expectGradients,
  TESTED_DEVICES,
  valuesOf,
  variableOf,
} from '../testing/numeric.js';
import { CountHeads, GaussianHead, sampleGaussian } from './heads.js';
import { Mlp, type MlpOptions } from './mlp.js';

const rng = Rng.fromSeed(0);

/** Size of the WebAssembly memory, 0 on other backends. */
function heapBytes(): number {
  const { wasm } = tf.backend() as unknown as {
    wasm?: { asm: { memory: { buffer: ArrayBuffer } } };
  };
  return wasm?.asm.memory.buffer.byteLength ?? 0;
}

describe.each(TESTED_DEVICES)('networks of dense layers on %s', (device) => {
  beforeAll(async () => {
    await selectBackend(device);
  });

  test('an MLP is its layers one after another', () => {
    const parameters = new ParameterSet();
    const mlp = new Mlp(parameters, 'net', [2, 2, 1], rng, { activateLast: false });
    const names = parameters.trainable().map(({ name }) => name);
    expect(names).toEqual(['net/0/weight', 'net/0/bias', 'net/1/weight', 'net/1/bias']);
    const values = [[1, -1, 2, 1], [0, 1], [3, -2], [0.5]];
    parameters.trainable().forEach((parameter, i) => {
      parameter.set(Float32Array.from(values[i]!));
    });
    // Hidden: max(0, [1 + 4, -1 + 2 + 1]) = [5, 2]; and max(0, [-3, 3 + 1]) = [0, 4].
    const out = valuesOf(() =>
      mlp.apply(
        tf.tensor2d([
          [1, 2],
          [-3, 0],
        ]),
      ),
    );
    expectClose(out, [15 - 4 + 0.5, -8 + 0.5], 1e-6);
    parameters.dispose();
  });

  test.each<[string, MlpOptions]>([
    ['activated to the end', {}],
    ['normalized', { batchNorm: true, activation: 'leaky_relu' }],
    ['with learned slopes, linear at the end', { activation: 'prelu', activateLast: false }],
  ])('gradients of one %s', (_, options) => {
    const parameters = new ParameterSet();
    const mlp = new Mlp(parameters, 'net', [4, 6, 3], rng, options);
    const x = variableOf([5, 4]);
    const output = (): tf.Tensor =>
      mlp.apply(x.variable as tf.Tensor as tf.Tensor2D, { training: true });
    expectGradients(output, [x, ...parameters.trainable()], { step: 1e-3, tolerance: 5e-3 });
    parameters.dispose();
  });

  test('dropout only while training, and the same for the same stream', () => {
    const parameters = new ParameterSet();
    const mlp = new Mlp(parameters, 'net', [3, 50], rng, { dropout: 0.5 });
    const x = tf.ones<tf.Rank.R2>([4, 3]);
    const run = (mode: { training?: boolean; rng?: Rng }): number[] =>
      valuesOf(() => mlp.apply(x, mode));
    const plain = run({});
    expect(run({ training: true, rng: Rng.fromSeed(1) })).not.toEqual(plain);
    expect(run({ training: true, rng: Rng.fromSeed(1) })).toEqual(
      run({ training: true, rng: Rng.fromSeed(1) }),
    );
    expect(run({ rng: Rng.fromSeed(1) })).toEqual(plain);
    expect(run({ training: true })).toEqual(plain);
    tf.dispose(x);
    parameters.dispose();
  });

  test('a Gaussian head is sampled with the spread it states', () => {
    const parameters = new ParameterSet();
    const head = new GaussianHead(parameters, 'z', 1, 2000, rng);
    for (const parameter of parameters.trainable()) {
      const isSpread = parameter.name === 'z/logVariance/bias';
      const value = isSpread ? Math.log(4) : parameter.name === 'z/mean/bias' ? 3 : 0;
      parameter.set(new Float32Array(parameter.values.length).fill(value));
    }
    const z = valuesOf(() => sampleGaussian(head.apply(tf.ones([1, 1])), Rng.fromSeed(2)));
    const mean = z.reduce((sum, value) => sum + value, 0) / z.length;
    const variance = z.reduce((sum, value) => sum + (value - mean) ** 2, 0) / z.length;
    expect(mean).toBeCloseTo(3, 0);
    expect(Math.sqrt(variance)).toBeCloseTo(2, 0);
    parameters.dispose();
  });

  test('count heads without inflation have no dropout; means are clamped', () => {
    const parameters = new ParameterSet();
    const heads = new CountHeads(parameters, 'x', 2, 3, rng, false);
    tf.tidy(() => {
      expect(Object.keys(heads.apply(tf.ones([1, 2])))).toEqual(['mean', 'dispersion']);
    });
    const means = valuesOf(() =>
      heads.means(
        tf.tensor2d([
          [1000, 1000],
          [-1000, -1000],
        ]),
      ),
    );
    expect(means.every((mean) => mean >= Math.fround(1e-5) && mean <= 1e6)).toBe(true);
    parameters.dispose();
  });

  test('a thousand steps keep tensors and memory constant and lower the loss', async () => {
    const parameters = new ParameterSet();
    const encoder = new Mlp(parameters, 'encoder', [20, 16, 4], rng, { batchNorm: true });
    const decoder = new Mlp(parameters, 'decoder', [4, 16], rng);
    const heads = new CountHeads(parameters, 'heads', 16, 20, rng);
    const optimizer = new Adam(parameters.trainable(), { learningRate: 1e-2, clipNorm: 5 });
    const draw = Rng.fromSeed(5);
    const counts = tf.tensor2d(
      Float32Array.from({ length: 240 }, (_, i) =>
        draw.uniform() < 0.5 ? 0 : Math.floor((1 + ((i % 20) % 5)) * 3 * draw.uniform()),
      ),
      [12, 20],
    );
    const x = tf.log1p(counts);
    const loss = (): tf.Scalar => {
      const h = decoder.apply(encoder.apply(x, { training: true }), { training: true });
      return meanCountNll({ counts, ...heads.apply(h) }, { activate: true });
    };
    const first = await optimizer.minimize(loss);
    const before = { ...tf.memory(), heap: heapBytes() };
    let last = first;
    const steps = device === 'cpu' ? 100 : 1000; // the reference backend is slow
    for (let i = 0; i < steps; i++) last = await optimizer.minimize(loss);
    const after = { ...tf.memory(), heap: heapBytes() };
    expect(after.numTensors).toBe(before.numTensors);
    expect(after.numBytes).toBe(before.numBytes);
    expect(after.heap).toBe(before.heap);
    expect(last).toBeLessThan(0.95 * first);
    optimizer.dispose();
    parameters.dispose();
    tf.dispose([counts, x]);
  }, 60_000);
});
