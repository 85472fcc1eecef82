import { beforeAll, describe, expect, test } from '@jest/globals';
import { ParamError } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { selectBackend } from '../backend/select-backend.js';
import {
  expectClose,
  expectGradients,
  TESTED_DEVICES,
  valuesOf,
  variableOf,
} from '../testing/numeric.js';
import { meanSquaredError } from './squared-error.js';

describe.each(TESTED_DEVICES)('mean squared error on %s', (device) => {
  beforeAll(async () => {
    await selectBackend(device);
  });

  test('is the mean of squared differences', () => {
    const out = valuesOf(() => meanSquaredError(tf.tensor([1, 2, 3]), tf.tensor([0, 4, 3])));
    expectClose(out, [5 / 3], 1e-6);
  });

  test('has the gradient of finite differences, also inside another function', () => {
    const x = variableOf([3, 4]);
    const target = variableOf([3, 4], 1);
    const output = (): tf.Tensor =>
      tf.square(meanSquaredError(x.variable, tf.tensor(target.values, [3, 4])));
    expectGradients(output, [x], { step: 1e-2, tolerance: 1e-3 });
  });

  test('refuses shapes that differ', () => {
    expect(() => meanSquaredError(tf.zeros([2, 3]), tf.zeros([3, 2]))).toThrow(ParamError);
  });
});
