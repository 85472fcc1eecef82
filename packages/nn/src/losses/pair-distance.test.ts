import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { selectBackend } from '../backend/select-backend.js';
import type { Parameter } from '../parameters.js';
import {
  expectClose,
  expectGradients,
  gradientsOf,
  TESTED_DEVICES,
  valuesOf,
  variableOf,
} from '../testing/numeric.js';
import { pairDistanceLoss } from './pair-distance.js';

const matrixOf = ({ variable }: Parameter): tf.Tensor2D => variable as tf.Tensor as tf.Tensor2D;
const RANGE = { minDistance: 0.5, maxDistance: 2 };

describe.each(TESTED_DEVICES)('distances of pairs on %s', (device) => {
  beforeAll(async () => {
    await selectBackend(device);
  });

  test.each([1 << 21, 12, 1])(
    'equals the sum over all pairs, %p distances at once',
    (blockSize) => {
      const z = variableOf([6, 3]);
      const rows = [0, 1, 2, 3, 4, 5].map((i) => [...z.values.subarray(3 * i, 3 * i + 3)]);
      let sum = 0;
      for (const a of rows) {
        for (const b of rows) {
          const d = Math.sqrt(a.reduce((total, value, f) => total + (value - b[f]!) ** 2, 1e-10));
          sum += Math.exp(0.5 - d) + Math.exp(d - 2);
        }
      }
      const loss = (): tf.Scalar => pairDistanceLoss(matrixOf(z), { ...RANGE, blockSize });
      expectClose(valuesOf(loss), [sum / 36], 1e-5);
      expectGradients(loss, [z]);
    },
  );

  test('cells at the same place are not torn apart at random, nor is anything kept', () => {
    const before = tf.memory().numTensors;
    const z = variableOf([4, 2]);
    z.set(Float32Array.of(1, 2, 1, 2, 1, 2, 1, 2));
    const loss = (): tf.Scalar => pairDistanceLoss(matrixOf(z), RANGE);
    expectClose(valuesOf(loss), [Math.exp(0.5) + Math.exp(-2)], 1e-4);
    expect(gradientsOf(loss, [z], [1])[0]!.map(Math.abs)).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    expect(valuesOf(() => pairDistanceLoss(tf.zeros([0, 2]), RANGE))).toEqual([0]);
    z.variable.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
