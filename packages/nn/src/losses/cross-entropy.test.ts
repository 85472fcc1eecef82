import { beforeAll, describe, expect, test } from '@jest/globals';
import { DataError } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { selectBackend } from '../backend/select-backend.js';
import { Parameter } from '../parameters.js';
import { goldenCase } from '../testing/golden.js';
import { expectClose, gradientsOf, TESTED_DEVICES, valuesOf } from '../testing/numeric.js';
import { softmaxCrossEntropy } from './cross-entropy.js';

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

  test('large logits stay finite', () => {
    const loss = valuesOf(() => softmaxCrossEntropy(tf.tensor2d([[500, -500]]), [1]));
    expectClose(loss, [1000], 1e-5);
  });

  test('a class that does not exist is refused', () => {
    expect(() => softmaxCrossEntropy(tf.zeros([1, 2]), [2])).toThrow(DataError);
  });
});
