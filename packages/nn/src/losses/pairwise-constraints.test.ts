import { beforeAll, describe, expect, test } from '@jest/globals';
import { ParamError } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { selectBackend } from '../backend/select-backend.js';
import { gatherRows } from '../ops/rows.js';
import { Parameter } from '../parameters.js';
import { goldenCase } from '../testing/golden.js';
import {
  expectClose,
  expectGradients,
  gradientsOf,
  TESTED_DEVICES,
  valuesOf,
  variableOf,
} from '../testing/numeric.js';
import { cannotLinkLoss, mustLinkLoss } from './pairwise-constraints.js';
import { logSoftAssign } from './student-t.js';

const LOSSES = [
  ['must_link', mustLinkLoss],
  ['cannot_link', cannotLinkLoss],
] as const;

const matrixOf = ({ variable }: Parameter): tf.Tensor2D => variable as tf.Tensor as tf.Tensor2D;

/** ln q of the confident or undecided cell of two clusters. */
const certain = (cluster: 0 | 1, gap: number): number[] => (cluster === 0 ? [0, -gap] : [-gap, 0]);

describe.each(TESTED_DEVICES)('pairwise constraints on %s', (device) => {
  beforeAll(async () => {
    await selectBackend(device);
  });

  describe.each(['alpha1', 'alpha3', 'alpha05', 'far_points'])('stored case %s', (name) => {
    const golden = goldenCase('dec_soft_assignment', name);
    const [a, b] = ['pairs_a', 'pairs_b'].map((key) => Int32Array.from(golden.numbers(key))) as [
      Int32Array,
      Int32Array,
    ];

    test.each(LOSSES)('%s: loss and gradient by the embedding', (key, lossOf) => {
      const rows = golden.rows('z');
      const shape = [rows.length, rows[0]!.length];
      const z = new Parameter('z', shape, Float32Array.from(rows.flat()), true);
      const loss = (): tf.Tensor => {
        const centers = tf.tensor2d(golden.rows('mu'));
        const logQ = logSoftAssign(matrixOf(z), centers, { alpha: golden.number('alpha') });
        return lossOf(gatherRows(logQ, a), gatherRows(logQ, b));
      };
      expectClose(valuesOf(loss), [golden.number(`${key}_mean`)], 1e-5);
      const [gradient = []] = gradientsOf(loss, [z], [1]);
      expectClose(gradient, golden.numbers(`${key}_grad_z`), 1e-5);
    });
  });

  test.each(LOSSES)('%s has the gradients of finite differences', (_, lossOf) => {
    const [a, b] = [variableOf([4, 3]), variableOf([4, 3], 1)];
    const loss = (): tf.Tensor =>
      lossOf(tf.logSoftmax(matrixOf(a)), tf.logSoftmax(matrixOf(b)), { reduction: 'none' });
    expectGradients(loss, [a, b]);
  });

  test('pairs at the extremes cost the floor and no more, with finite gradients', () => {
    const pairs = variableOf([2, 2]);
    // Opposite clusters violate must-link, equal ones cannot-link.
    const cases = [
      { lossOf: mustLinkLoss, other: certain(1, 200), floor: 1e-10 },
      { lossOf: cannotLinkLoss, other: certain(0, 200), floor: 1e-7 },
    ];
    for (const { lossOf, other, floor } of cases) {
      pairs.set(Float32Array.from([...certain(0, 200), ...certain(0, 1e4)]));
      const loss = (): tf.Tensor =>
        lossOf(matrixOf(pairs), tf.tensor2d([other, other]), { reduction: 'none' });
      expectClose(valuesOf(loss), [-Math.log(floor), -Math.log(floor)], 1e-5);
      const [gradient = []] = gradientsOf(loss, [pairs], [1, 1]);
      expect(gradient.map(Math.abs)).toEqual([0, 0, 0, 0]);
    }
  });

  test('a pair that keeps its constraint costs nothing', () => {
    const [here, there] = [tf.tensor2d([certain(0, 200)]), tf.tensor2d([certain(1, 200)])];
    expectClose(
      valuesOf(() => mustLinkLoss(here, here)),
      [0],
      1e-7,
    );
    expectClose(
      valuesOf(() => cannotLinkLoss(here, there)),
      [0],
      1e-7,
    );
  });

  test('no pairs cost 0, a NaN reaches the loss, shapes must agree', () => {
    tf.tidy(() => {
      const nothing = tf.zeros<tf.Rank.R2>([0, 3]);
      const broken = tf.tensor2d([[NaN, 0]]);
      for (const [, lossOf] of LOSSES) {
        expect(valuesOf(() => lossOf(nothing, nothing))).toEqual([0]);
        expect(valuesOf(() => lossOf(broken, tf.zeros([1, 2])))).toEqual([NaN]);
        expect(() => lossOf(tf.zeros([1, 2]), tf.zeros([1, 3]))).toThrow(ParamError);
      }
    });
  });
});
