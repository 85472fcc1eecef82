import { beforeAll, describe, expect, test } from '@jest/globals';
import { ParamError } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { selectBackend } from '../backend/select-backend.js';
import { expectClose, expectGradients, TESTED_DEVICES, valuesOf } from '../testing/numeric.js';
import { Parameter } from '../parameters.js';
import { decBce } from './cluster-bce.js';

// Two cells near the centers of two clusters, alpha 1: q and its target in closed form.
const q = [0.970588, 0.029412, 0.928571, 0.071429, 0.029412, 0.970588, 0.045455, 0.954545];
const p = [0.999106, 0.000894, 0.994268, 0.005732, 0.000942, 0.999058, 0.002322, 0.997678];

describe.each(TESTED_DEVICES)('binary cross-entropy of soft assignments on %s', (device) => {
  beforeAll(async () => {
    await selectBackend(device);
  });

  test('equals the value worked out in float64', () => {
    const loss = valuesOf(() => decBce(tf.tensor2d(p, [4, 2]), tf.log(tf.tensor2d(q, [4, 2]))));
    expectClose(loss, [0.05213097], 1e-5);
  });

  test('gradient', () => {
    const logQ = new Parameter('logQ', [4, 2], Float32Array.from(q, Math.log), true);
    const target = tf.tensor2d(p, [4, 2]);
    const variable = logQ.variable as tf.Tensor as tf.Tensor2D;
    expectGradients(() => decBce(target, variable), [logQ], { step: 1e-3, tolerance: 2e-3 });
    target.dispose();
    logQ.variable.dispose();
  });

  test('a certain assignment gives a finite loss and gradient', () => {
    const logQ = tf.tensor2d([0, -200], [1, 2]);
    const target = tf.tensor2d([0.5, 0.5], [1, 2]);
    const { value, grads } = tf.valueAndGrads((x: tf.Tensor) => decBce(target, x as tf.Tensor2D))([
      logQ,
    ]);
    // -(0.5 ln q1 + 0.5 ln 1e-12 + 0.5 ln q2 + 0.5 ln(1 - q2)) / 2 with ln q2 = -200
    expect(value.dataSync()[0]).toBeCloseTo((0.5 * 12 * Math.log(10) + 100) / 2, 3);
    expectClose([...grads[0]!.dataSync()], [-0.25, -0.25]);
    tf.dispose([value, grads, logQ, target]);
  });

  test('refuses different shapes', () => {
    expect(() => decBce(tf.zeros([2, 2]), tf.zeros([2, 3]))).toThrow(ParamError);
  });
});
