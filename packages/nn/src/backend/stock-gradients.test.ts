import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { expectGradients, TESTED_DEVICES, variableOf } from '../testing/numeric.js';
import { selectBackend } from './select-backend.js';

describe.each(TESTED_DEVICES)('gradients of sums and means on %s', (device) => {
  beforeAll(async () => {
    await selectBackend(device);
  });

  test.each([
    ['all', undefined],
    ['the first axis', 0],
    ['the last axis', -1],
    ['two axes', [0, 2]],
  ])('over %s', (_, axis) => {
    const x = variableOf([2, 3, 4]);
    for (const keepDims of [false, true]) {
      expectGradients(() => tf.sum(x.variable, axis, keepDims), [x], { step: 0.25 });
      expectGradients(() => tf.mean(x.variable, axis, keepDims), [x], { step: 0.25 });
    }
    x.variable.dispose();
  });

  test('of nothing at all', () => {
    const empty = tf.variable(tf.zeros([0, 3]));
    const { value, grads } = tf.variableGrads(() => tf.sum<tf.Scalar>(empty), [empty]);
    expect(grads[empty.name]?.shape).toEqual([0, 3]);
    tf.dispose([value, grads, empty]);
  });
});
