import { beforeAll, describe, expect, test } from '@jest/globals';
import { DataError } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { selectBackend } from '../backend/select-backend.js';
import { Parameter } from '../parameters.js';
import { goldenCase } from '../testing/golden.js';
import { expectClose, gradientsOf, TESTED_DEVICES, valuesOf } from '../testing/numeric.js';
import { decKl } from './cluster-kl.js';
import { gradientCosine } from './gradient-cosine.js';
import { logSoftAssign } from './student-t.js';
import { targetDistribution } from './target-distribution.js';

const floats = (values: readonly number[]): Float32Array => Float32Array.from(values);

describe.each(TESTED_DEVICES)('gradients of clustering losses on %s', (device) => {
  const golden = goldenCase('gradient_cosines', 'tied_linear_autoencoder_with_dec_head');
  beforeAll(async () => {
    await selectBackend(device);
  });

  test('of the stored autoencoder conflict as stored', () => {
    const W = new Parameter('W', [6, 3], floats(golden.numbers('W')), true);
    const weights = (): tf.Tensor2D => W.variable as tf.Tensor as tf.Tensor2D;
    const x = (): tf.Tensor2D => tf.tensor2d(golden.rows('X'));
    const embedding = (): tf.Tensor2D => tf.matMul(x(), weights());
    const logQ = (): tf.Tensor2D => logSoftAssign(embedding(), tf.tensor2d(golden.rows('mu')));
    const p = targetDistribution(floats(valuesOf(logQ)), 3);
    const clustering = (): tf.Tensor =>
      decKl(tf.tensor2d(p, [12, 3]), logQ(), { reduction: 'sum' });
    const oneHot = (): tf.Tensor2D =>
      tf.oneHot(tf.tensor1d(golden.numbers('labels_matched'), 'int32'), 3).toFloat() as tf.Tensor2D;
    const supervised = (): tf.Tensor => decKl(oneHot(), logQ(), { reduction: 'sum' });
    const reconstruction = (): tf.Tensor =>
      tf.sum(tf.square(tf.sub(tf.matMul(embedding(), weights(), false, true), x())));
    const stored: [() => tf.Tensor, string, string][] = [
      [clustering, 'loss_pseudo_supervised_KL_P_Q_sum', 'grad_ps'],
      [supervised, 'loss_supervised_cross_entropy_onehot_Q_sum', 'grad_s'],
      [reconstruction, 'loss_self_supervised_sum_of_squares_tied_decoder', 'grad_ss'],
    ];
    const gradients = stored.map(([loss, value, gradient]) => {
      expectClose(valuesOf(loss), [golden.number(value)], 1e-5);
      const [byW = []] = gradientsOf(loss, [W], [1]);
      expectClose(byW, golden.numbers(gradient), 1e-5);
      return [floats(byW)];
    });
    const [ps, s, ss] = gradients as [Float32Array[], Float32Array[], Float32Array[]];
    expectClose([gradientCosine(ps, s)], [golden.number('lambda_FR')], 1e-5);
    expectClose([gradientCosine(ps, ss)], [golden.number('lambda_FD')], 1e-5);
  });
});

describe('gradientCosine', () => {
  const golden = goldenCase('gradient_cosines', 'list_of_tensors');
  const tensors = (key: string): Float32Array[] =>
    ['0', '1', '2'].map((tensor) => floats(golden.inner(key).numbers(tensor)));

  test('over several tensors', () => {
    const [a, b] = [tensors('a'), tensors('b')];
    const negative = a.map((values) => values.map((value) => -value));
    const zero = a.map((values) => new Float32Array(values.length));
    expectClose([gradientCosine(a, b)], [golden.number('cosine')], 1e-6);
    expectClose([gradientCosine(a, a), gradientCosine(a, negative)], [1, -1], 1e-12);
    expect(gradientCosine(a, zero)).toBe(0);
  });

  test('neither overflows nor accepts tensors that do not fit', () => {
    const huge = [Float32Array.of(3e38, 0), Float32Array.of(-3e38)];
    expectClose([gradientCosine(huge, huge)], [1], 1e-12);
    expect(() => gradientCosine(huge, [Float32Array.of(1, 2)])).toThrow(DataError);
    expect(() => gradientCosine(huge, [...huge].reverse())).toThrow(DataError);
  });
});
