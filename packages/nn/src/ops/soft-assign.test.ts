import { beforeAll, describe, expect, test } from '@jest/globals';
import { ParamError } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { selectBackend } from '../backend/select-backend.js';
import type { Parameter } from '../parameters.js';
import { goldenCase } from '../testing/golden.js';
import {
  expectClose,
  expectGradients,
  gradientsOf,
  TESTED_DEVICES,
  valuesOf,
  variableOf,
} from '../testing/numeric.js';
import { composedSoftAssign, composedSoftAssignGradient } from './soft-assign-composed.js';
import { softAssign } from './soft-assign.js';

const asMatrix = (x: Parameter): tf.Tensor2D => x.variable as unknown as tf.Tensor2D;

describe.each(TESTED_DEVICES)('softAssign on %s', (device) => {
  beforeAll(async () => {
    await selectBackend(device);
  });

  test.each(['alpha1', 'alpha3', 'alpha05', 'far_points', 'coincident'])(
    'has the values and gradients stored for %s',
    (name) => {
      const golden = goldenCase('dec_soft_assignment', name);
      const [points, middles] = [golden.rows('z'), golden.rows('mu')];
      const z = variableOf([points.length, points[0]!.length]);
      const centers = variableOf([middles.length, middles[0]!.length]);
      z.set(Float32Array.from(points.flat()));
      centers.set(Float32Array.from(middles.flat()));
      const output = (): tf.Tensor =>
        softAssign(asMatrix(z), asMatrix(centers), golden.number('alpha'));
      const q = golden.numbers('q');
      expectClose(valuesOf(output), q, 2e-6);
      // d KL(p, q) / dq of the mean over rows, with p constant: -p / q per row.
      const share = 1 / points.length;
      const upstream = golden.numbers('p').map((p, i) => (-p / q[i]!) * share);
      const [byZ = [], byCenters = []] = gradientsOf(output, [z, centers], upstream);
      expectClose(byZ, golden.numbers('grad_z'), 2e-6);
      expectClose(byCenters, golden.numbers('grad_mu'), 2e-6);
    },
  );

  test('has the gradients of finite differences', () => {
    const [z, centers] = [variableOf([5, 3], 1), variableOf([4, 3], 2)];
    for (const alpha of [0.5, 1, 3]) {
      expectGradients(() => softAssign(asMatrix(z), asMatrix(centers), alpha), [z, centers]);
    }
  });

  test('is the composed one, and so are its gradients', () => {
    const [z, centers] = [variableOf([5, 3], 1), variableOf([4, 3], 2)];
    const dq = variableOf([5, 4], 3);
    const options = { alpha: 3 };
    tf.tidy(() => {
      const q = softAssign(asMatrix(z), asMatrix(centers), 3);
      const [composed] = composedSoftAssign({ z: z.variable, centers: centers.variable }, options);
      expectClose(q.dataSync(), composed?.dataSync() ?? [], 1e-6);
      const inputs = { dq: dq.variable, q, z: z.variable, centers: centers.variable };
      const output = (): tf.Tensor => softAssign(asMatrix(z), asMatrix(centers), 3);
      const gradients = gradientsOf(output, [z, centers], dq.values);
      const expected = composedSoftAssignGradient(inputs, options);
      gradients.forEach((gradient, i) => {
        expectClose(gradient, expected[i]!.dataSync(), 1e-6);
      });
    });
  });

  test('refuses a wrong alpha and centers of another width', () => {
    const [z, centers] = [asMatrix(variableOf([5, 3])), asMatrix(variableOf([4, 2]))];
    expect(() => softAssign(z, z, 0)).toThrow(ParamError);
    expect(() => softAssign(z, centers)).toThrow('centers do not fit');
  });
});
