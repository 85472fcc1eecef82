import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { selectBackend } from '../backend/select-backend.js';
import { expectClose, TESTED_DEVICES, variableOf } from '../testing/numeric.js';
import {
  composedBatchNorm,
  composedBatchNormFixed,
  composedBatchNormGradient,
  composedLayerNorm,
  composedLayerNormGradient,
} from './normalization-composed.js';
import { batchNorm, batchNormFixed, layerNorm } from './normalization.js';

const EPSILON = 1e-5;

describe.each(TESTED_DEVICES)('normalization on %s', (device) => {
  beforeAll(async () => {
    await selectBackend(device);
  });

  const tensorOf = (shape: number[], seed: number): tf.Tensor => variableOf(shape, seed).variable;
  const vectorOf = (seed: number): tf.Tensor1D => tensorOf([5], seed) as tf.Tensor1D;

  const arguments3 = (): [tf.Tensor2D, tf.Tensor1D, tf.Tensor1D] => [
    tensorOf([7, 5], 1) as tf.Tensor2D,
    vectorOf(2),
    vectorOf(3),
  ];

  function expectSame(actual: tf.Tensor[], expected: tf.Tensor[]): void {
    expect(actual.map(({ shape }) => shape)).toEqual(expected.map(({ shape }) => shape));
    actual.forEach((tensor, i) => {
      expectClose(tensor.dataSync(), expected[i]!.dataSync(), 2e-6);
    });
  }

  test.each([
    ['batch', batchNorm, composedBatchNorm],
    ['layer', layerNorm, composedLayerNorm],
  ] as const)('%s normalization is the composed one', (_name, own, composed) => {
    tf.tidy(() => {
      const [x, gamma, beta] = arguments3();
      const { out, mean, variance } = own(x, gamma, beta, EPSILON);
      expectSame([out, mean, variance], composed({ x, gamma, beta }, { epsilon: EPSILON }));
    });
  });

  test('evaluation is the composed one', () => {
    tf.tidy(() => {
      const [x, gamma, beta] = arguments3();
      const mean = vectorOf(4);
      const variance = tf.add<tf.Tensor1D>(vectorOf(5), 1.5);
      const out = batchNormFixed(x, gamma, beta, { mean, variance }, EPSILON);
      const inputs = { x, gamma, beta, mean, variance };
      expectSame([out], composedBatchNormFixed(inputs, { epsilon: EPSILON }));
    });
  });

  test('gradients are those of the composed ones', () => {
    tf.tidy(() => {
      const [x, gamma, beta] = arguments3();
      const dy = tensorOf([7, 5], 6);
      const gradients = (f: (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) => tf.Tensor) =>
        tf.grads(f)([x, gamma, beta], dy);
      const batch = batchNorm(x, gamma, beta, EPSILON);
      const options = { epsilon: EPSILON };
      const ofBatch = { dy, x, gamma, mean: batch.mean, variance: batch.variance };
      expectSame(
        gradients((...args) => batchNorm(...(args as Parameters<typeof batchNorm>)).out),
        composedBatchNormGradient(ofBatch, { ...options, training: true }),
      );
      expectSame(
        gradients((...args) => {
          const [a, b, c] = args as Parameters<typeof batchNorm>;
          return batchNormFixed(a, b, c, batch);
        }),
        composedBatchNormGradient(ofBatch, { ...options, training: false }),
      );
      const { mean, variance } = layerNorm(x, gamma, beta, EPSILON);
      expectSame(
        gradients((...args) => layerNorm(...(args as Parameters<typeof layerNorm>)).out),
        composedLayerNormGradient({ dy, x, gamma, mean, variance }, options),
      );
    });
  });
});
