import { beforeAll, describe, expect, test } from '@jest/globals';
import { DataError, ParamError } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { selectBackend } from '../backend/select-backend.js';
import { Parameter } from '../parameters.js';
import { goldenCase } from '../testing/golden.js';
import {
  expectClose,
  expectGradients,
  gradientsOf,
  TESTED_DEVICES,
  valuesOf,
} from '../testing/numeric.js';
import { softmaxCrossEntropy, softTargetCrossEntropy } from './cross-entropy.js';

describe.each(TESTED_DEVICES)('softmaxCrossEntropy on %s', (device) => {
  beforeAll(async () => {
    await selectBackend(device);
  });

  const golden = goldenCase('layers_losses', 'cross_entropy');
  const rows = golden.rows('logits');
  const codes = golden.numbers('target');
  const logits = (): Parameter =>
    new Parameter('x', [rows.length, rows[0]!.length], Float32Array.from(rows.flat()), true);
  const lossOf = ({ variable }: Parameter, reduction?: 'sum' | 'none'): tf.Tensor =>
    softmaxCrossEntropy(variable as tf.Tensor as tf.Tensor2D, codes, {
      ...(reduction === undefined ? {} : { reduction }),
    });

  test('mean and gradient of the stored case', () => {
    const x = logits();
    expectClose(
      valuesOf(() => lossOf(x)),
      [golden.number('mean')],
      1e-5,
    );
    const [gradient = []] = gradientsOf(() => lossOf(x), [x], [1]);
    expectClose(gradient, golden.rows('grad').flat(), 1e-6);
  });

  test('the sum is that of the cells', () => {
    const x = logits();
    const perCell = valuesOf(() => lossOf(x, 'none'));
    const total = perCell.reduce((sum, value) => sum + value, 0);
    expect(perCell).toHaveLength(rows.length);
    expectClose(
      valuesOf(() => lossOf(x, 'sum')),
      [total],
      1e-5,
    );
  });

  test('class weights, smoothed labels and soft targets of the stored case', () => {
    const x = logits();
    const matrix = x.variable as tf.Tensor as tf.Tensor2D;
    const classWeights = golden.numbers('class_weights');
    const losses: [string, () => tf.Tensor][] = [
      ['weighted_mean', () => softmaxCrossEntropy(matrix, codes, { classWeights })],
      ['label_smoothing_0.1', () => softmaxCrossEntropy(matrix, codes, { labelSmoothing: 0.1 })],
      [
        'soft_target_mean',
        () => softTargetCrossEntropy(matrix, tf.tensor2d(golden.rows('soft_targets'))),
      ],
    ];
    for (const [key, loss] of losses) {
      expectClose(valuesOf(loss), [golden.number(key)], 1e-5);
      expectGradients(loss, [x], { tolerance: 2e-3 });
    }
    const perCell = valuesOf(() => lossOf(x, 'none'));
    expectClose(
      valuesOf(() => softmaxCrossEntropy(matrix, codes, { classWeights, reduction: 'none' })),
      perCell.map((value, i) => value * classWeights[codes[i]!]!),
      1e-5,
    );
  });

  test('options out of range are refused', () => {
    tf.tidy(() => {
      const one = tf.zeros<tf.Rank.R2>([1, 2]);
      for (const options of [
        { labelSmoothing: 1.5 },
        { labelSmoothing: NaN },
        { classWeights: [1] },
        { classWeights: [1, 0] },
      ]) {
        expect(() => softmaxCrossEntropy(one, [0], options)).toThrow(ParamError);
      }
      expect(() => softTargetCrossEntropy(one, tf.zeros([1, 3]))).toThrow(ParamError);
    });
  });

  test('large logits stay finite', () => {
    const loss = valuesOf(() => softmaxCrossEntropy(tf.tensor2d([[500, -500]]), [1]));
    expectClose(loss, [1000], 1e-5);
  });

  test('a class that does not exist is refused', () => {
    expect(() => softmaxCrossEntropy(tf.zeros([1, 2]), [2])).toThrow(DataError);
  });
});
