import { beforeAll, describe, expect, test } from '@jest/globals';
import { Rng } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { expectClose, expectGradients, valuesOf, variableOf } from '../testing/numeric.js';
import { selectBackend } from './select-backend.js';

/** What a computation gives on the stock CPU backend; the WebAssembly one is current afterwards. */
async function onCpu(compute: () => tf.Tensor): Promise<{ shape: number[]; values: number[] }> {
  await selectBackend('cpu');
  const result = resultOf(compute);
  await selectBackend('wasm');
  return result;
}

function resultOf(compute: () => tf.Tensor): { shape: number[]; values: number[] } {
  return tf.tidy(() => {
    const out = compute();
    return { shape: out.shape, values: [...out.dataSync()] };
  });
}

/** Same shape and values on both backends. */
async function expectAsOnCpu(compute: () => tf.Tensor, tolerance = 2e-6): Promise<void> {
  const expected = await onCpu(compute);
  const actual = resultOf(compute);
  expect(actual.shape).toEqual(expected.shape);
  expectClose(actual.values, expected.values, tolerance);
}

function random(shape: number[], seed = 1, scale = 2): tf.Tensor {
  const rng = Rng.fromSeed(seed);
  const values = Array.from({ length: tf.util.sizeFromShape(shape) }, () => rng.uniform() - 0.5);
  return tf.tensor(
    Float32Array.from(values, (u) => 2 * scale * u),
    shape,
  );
}

beforeAll(async () => {
  await selectBackend('wasm');
});

describe('functions of each element', () => {
  const functions: Record<string, (x: tf.Tensor) => tf.Tensor> = {
    exp: tf.exp,
    expm1: tf.expm1,
    log: (x) => tf.log(tf.abs(x)),
    log1p: (x) => tf.log1p(tf.abs(x)),
    softplus: tf.softplus,
    sigmoid: tf.sigmoid,
    tanh: tf.tanh,
    elu: tf.elu,
    square: (x) => tf.pow(x, 2),
    root: (x) => tf.pow(tf.abs(x), 0.7),
    inverse: (x) => tf.pow(tf.add(tf.abs(x), 0.5), tf.tensor1d([-1.5])),
    'power by element': (x) => tf.pow(tf.abs(x), tf.add(tf.abs(x), 1)),
  };

  test.each(Object.entries(functions))('%s is that of the CPU', async (_name, f) => {
    await expectAsOnCpu(() => f(random([3, 7])));
    await expectAsOnCpu(() => f(tf.zeros([0, 3])));
  });

  test.each(['exp', 'log1p', 'softplus', 'sigmoid', 'tanh', 'elu', 'square', 'inverse'])(
    '%s has the gradient of finite differences',
    (name) => {
      const x = variableOf([3, 5]);
      x.set(x.values.map((value) => value + 1.5)); // away from corners
      expectGradients(() => functions[name]!(x.variable), [x]);
    },
  );

  test('log1p keeps its digits near 0', () => {
    const x = [3e-7, -1e-6, 1e-20];
    const values = valuesOf(() => tf.log1p(tf.tensor1d(x)));
    values.forEach((value, i) => {
      expect(Math.abs(value / Math.log1p(Math.fround(x[i]!)) - 1)).toBeLessThan(1e-6);
    });
  });

  test('powers broadcast as stock does', async () => {
    await expectAsOnCpu(() => tf.pow(tf.tensor1d([1, 2, 3]), tf.tensor2d([[2]])));
    await expectAsOnCpu(() => tf.pow(tf.scalar(2), tf.tensor1d([1, 2, 3])));
    await expectAsOnCpu(() => tf.pow(tf.tensor1d([1, 2], 'int32'), tf.scalar(2, 'int32')));
  });
});

describe('sums and means', () => {
  const axes = [undefined, 0, 1, 2, -1, [0, 1], [1, 2], [0, 2], [0, 1, 2], []] as const;

  test.each(axes)('over axes %p are those of the CPU', async (axis) => {
    const given = typeof axis === 'object' ? [...axis] : axis;
    for (const keepDims of [false, true]) {
      await expectAsOnCpu(() => tf.sum(random([3, 5, 7]), given, keepDims));
      await expectAsOnCpu(() => tf.mean(random([3, 5, 7]), given, keepDims));
    }
  });

  test('of scalars, of whole numbers, of nothing', async () => {
    await expectAsOnCpu(() => tf.sum(tf.scalar(3)));
    await expectAsOnCpu(() => tf.sum(tf.tensor1d([1, 2], 'int32')));
    await expectAsOnCpu(() => tf.mean(tf.tensor1d([1, 2], 'int32')));
    await expectAsOnCpu(() => tf.sum(tf.zeros([0, 3]), 0));
    expect(valuesOf(() => tf.mean(tf.zeros([0, 2]), 0))).toEqual([NaN, NaN]);
  });

  test('have the gradients of finite differences', () => {
    const x = variableOf([4, 3]);
    for (const axis of [0, 1]) {
      expectGradients(() => tf.sum(tf.square(x.variable), axis), [x]);
      expectGradients(() => tf.mean(tf.square(x.variable), axis), [x]);
    }
  });

  test('half a million values keep their digits', () => {
    const rng = Rng.fromSeed(4);
    const values = Float32Array.from({ length: 512_000 }, () => rng.uniform());
    const exact = values.reduce((sum, value) => sum + value, 0);
    for (const shape of [[512_000], [256, 2000]]) {
      const [sum = 0] = valuesOf(() => tf.sum(tf.tensor(values, shape)));
      expect(Math.abs(sum / exact - 1)).toBeLessThan(1e-7);
      const [mean = 0] = valuesOf(() => tf.mean(tf.tensor(values, shape)));
      expect(Math.abs((mean * 512_000) / exact - 1)).toBeLessThan(2e-7);
    }
  });
});

describe('transpose', () => {
  test.each([
    [[5, 7], undefined],
    [[1, 9], undefined],
    [
      [2, 3, 8, 5],
      [0, 1, 3, 2],
    ],
    [
      [4, 3, 5],
      [2, 0, 1],
    ],
    [
      [4, 3, 5],
      [1, 0, 2],
    ],
    [[0, 3], undefined],
  ])('of %p by %p is that of the CPU', async (shape, perm) => {
    await expectAsOnCpu(() => tf.transpose(random(shape), perm), 0);
  });

  test('of whole numbers stays whole, and the gradient comes back', async () => {
    await expectAsOnCpu(() => tf.transpose(tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3], 'int32')), 0);
    const x = variableOf([3, 5]);
    expectGradients(() => tf.square(tf.transpose(x.variable)), [x]);
  });
});

describe('softmax', () => {
  test('and its logarithm are those of the CPU', async () => {
    for (const shape of [[4], [3, 5], [2, 3, 9], [0, 3]]) {
      await expectAsOnCpu(() => tf.softmax(random(shape, 1, 20)));
      await expectAsOnCpu(() => tf.logSoftmax(random(shape, 1, 20)));
    }
  });

  test('NaN is not hidden', () => {
    expect(valuesOf(() => tf.softmax(tf.tensor1d([1, NaN])))).toEqual([NaN, NaN]);
    expect(valuesOf(() => tf.sigmoid(tf.tensor1d([1000, NaN, -1000])))).toEqual([1, NaN, 0]);
  });

  test('has the gradient of finite differences', () => {
    const x = variableOf([4, 3]);
    expectGradients(() => tf.softmax(x.variable), [x]);
    expectGradients(() => tf.logSoftmax(x.variable), [x]);
  });
});

describe('products with bias and activation', () => {
  const activations = ['linear', 'relu', 'sigmoid', 'elu', 'relu6'] as const;

  test.each(activations)('%s is that of the CPU in every form', async (activation) => {
    for (const [transposeA, transposeB] of [
      [false, false],
      [true, false],
      [false, true],
      [true, true],
    ]) {
      await expectAsOnCpu(() =>
        tf.fused.matMul({
          ...{ a: random(transposeA === true ? [3, 5] : [5, 3]), activation },
          ...{ b: random(transposeB === true ? [7, 3] : [3, 7], 2) },
          ...{ bias: random([7], 3), transposeA: transposeA === true },
          transposeB: transposeB === true,
        }),
      );
    }
  });

  test('an activation of its own leaves nothing behind', () => {
    const { numBytes, numDataBuffers } = tf.memory();
    const a = random([5, 3]);
    const out = tf.fused.matMul({ a, b: a, transposeB: true, activation: 'relu6' });
    tf.dispose([a, out]);
    expect(tf.memory()).toMatchObject({ numBytes, numDataBuffers });
  });

  test('works without a bias, with batches and with other activations', async () => {
    const a = (): tf.Tensor => random([2, 4, 3]);
    const b = (): tf.Tensor => random([2, 3, 6], 2);
    await expectAsOnCpu(() => tf.fused.matMul({ a: a(), b: b(), activation: 'relu' }));
    await expectAsOnCpu(() =>
      tf.fused.matMul({
        ...{ a: random([5, 3]), b: random([3, 7], 2), bias: random([7], 3) },
        ...{ activation: 'prelu', preluActivationWeights: random([7], 4) },
      }),
    );
    await expectAsOnCpu(() =>
      tf.fused.matMul({
        ...{ a: random([5, 3]), b: random([3, 7], 2), activation: 'leakyrelu' },
        leakyreluAlpha: 0.1,
      }),
    );
  });

  test('has the gradients of finite differences', () => {
    const [a, b, bias] = [variableOf([4, 3], 1), variableOf([3, 5], 2), variableOf([5], 3)];
    const output = (): tf.Tensor =>
      tf.fused.matMul({ a: a.variable, b: b.variable, bias: bias.variable, activation: 'linear' });
    expectGradients(output, [a, b, bias]);
  });

  test('sees weights that were changed in place', () => {
    const backend = tf.backend() as unknown as {
      typedArrayFromHeap(info: tf.TensorInfo): Float32Array;
    };
    const weights = tf.ones([3, 2]);
    const product = (): number[] =>
      valuesOf(() =>
        tf.fused.matMul({ a: tf.ones([1, 3]), b: weights, bias: tf.ones([2]), activation: 'relu' }),
      );
    expect(product()).toEqual([4, 4]);
    backend.typedArrayFromHeap(weights).fill(2);
    expect(product()).toEqual([7, 7]);
    weights.dispose();
  });
});

describe('gathering', () => {
  test('along every axis is that of the CPU', async () => {
    const indices = [2, 0, 2, 1];
    for (const axis of [0, 1, 2]) {
      await expectAsOnCpu(() => tf.gather(random([3, 4, 5]), tf.tensor1d(indices, 'int32'), axis));
    }
    await expectAsOnCpu(() => tf.gather(random([3]), tf.tensor2d([[2, 0]], [1, 2], 'int32')));
    await expectAsOnCpu(() => tf.gather(tf.range(0, 4, 1, 'int32'), tf.tensor1d([3], 'int32')));
    await expectAsOnCpu(() => tf.gather(random([3, 4]), tf.tensor1d([], 'int32')));
  });

  test('refuses an index out of range', () => {
    expect(() => valuesOf(() => tf.gather(random([3, 4]), tf.tensor1d([3], 'int32')))).toThrow(
      'out of range',
    );
  });
});
