import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { selectBackend } from '../backend/select-backend.js';
import { goldenCase } from '../testing/golden.js';
import {
  expectClose,
  expectGradients,
  gradientsOf,
  TESTED_DEVICES,
  valuesOf,
  variableOf,
} from '../testing/numeric.js';
import { bceWithLogits, selfLinkLoss } from './inner-product.js';

const matrixOf = (x: tf.Tensor): tf.Tensor2D => x as tf.Tensor2D;

/** The loss of identity reconstruction written out in double precision. */
function selfLinkReference(z: ArrayLike<number>, size: number, width: number): number {
  const others = size * size - size;
  const positiveWeight = others / size;
  const norm = (size * size) / (2 * others);
  let sum = 0;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      let logit = 0;
      for (let f = 0; f < width; f++) logit += z[i * width + f]! * z[j * width + f]!;
      const probability = 1 / (1 + Math.exp(-logit));
      sum -= i === j ? positiveWeight * Math.log(probability) : Math.log(1 - probability);
    }
  }
  return (norm * sum) / (size * size);
}

describe.each(TESTED_DEVICES)('on %s', (device) => {
  beforeAll(async () => {
    await selectBackend(device);
  });

  describe('bceWithLogits', () => {
    test('agrees with the mean cross-entropy of probabilities', () => {
      const golden = goldenCase('layers_losses', 'bce');
      const logits = golden.rows('p').map((row) => row.map((p) => Math.log(p / (1 - p))));
      const [loss] = valuesOf(() =>
        bceWithLogits(tf.tensor2d(logits), tf.tensor2d(golden.rows('y'))),
      );
      expectClose([loss ?? NaN], [golden.number('mean')], 1e-6);
    });

    test('neither overflows nor loses digits at extreme logits', () => {
      const logits = [800, -800, 800, 0];
      const targets = [0, 1, 1, 1];
      const losses = logits.map((logit, i) =>
        valuesOf(() => bceWithLogits(tf.tensor1d([logit]), tf.tensor1d([targets[i]!]))),
      );
      const expected = goldenCase('layers_losses', 'bce').numbers('from_logits_extreme');
      expectClose(losses.flat(), expected, 1e-6);
    });

    test('its gradient is bounded at extreme logits', () => {
      const logits = variableOf([1, 4]);
      logits.set(Float32Array.of(800, -800, 800, -800));
      const targets = (): tf.Tensor => tf.tensor2d([[0, 1, 1, 0]]);
      const [gradient = []] = gradientsOf(
        () => bceWithLogits(logits.variable, targets()),
        [logits],
        [1],
      );
      expectClose(gradient, [0.25, -0.25, 0, 0], 1e-6);
    });

    test('weights the positives and scales the mean', () => {
      const logits = [0.3, -1.2];
      const softplus = (x: number): number => Math.log(1 + Math.exp(x));
      const [loss] = valuesOf(() =>
        bceWithLogits(tf.tensor1d(logits), tf.tensor1d([1, 0]), { positiveWeight: 3, norm: 0.5 }),
      );
      expectClose([loss ?? NaN], [(0.5 * (3 * softplus(-0.3) + softplus(-1.2))) / 2], 1e-6);
    });

    test('takes targets between 0 and 1', () => {
      const [loss] = valuesOf(() => bceWithLogits(tf.tensor1d([2]), tf.tensor1d([0.25])));
      const p = 1 / (1 + Math.exp(-2));
      expectClose([loss ?? NaN], [-0.25 * Math.log(p) - 0.75 * Math.log(1 - p)], 1e-6);
    });

    test('has the gradients of finite differences, targets included in the weights', () => {
      const logits = variableOf([3, 4]);
      const targets = (): tf.Tensor =>
        tf.tensor2d([
          [1, 0, 0.5, 1],
          [0, 0, 1, 1],
          [1, 1, 0, 0],
        ]);
      const options = { positiveWeight: 2.5, norm: 3 };
      expectGradients(() => bceWithLogits(logits.variable, targets(), options), [logits]);
    });
  });

  describe('inner-product decoder', () => {
    const golden = goldenCase('gnn_layers', 'inner_product_decoder');
    const weighted = {
      positiveWeight: golden.number('pos_weight'),
      norm: golden.number('norm'),
    };
    const decoded = (z: tf.Tensor, options = {}): tf.Tensor => {
      const logits = tf.matMul(matrixOf(z), matrixOf(z), false, true);
      return bceWithLogits(logits, tf.tensor2d(golden.rows('A_with_loops')), options);
    };

    test.each<[string, string, string, object]>([
      ['plain', 'bce_mean', 'grad_Z_bce_mean', {}],
      ['weighted', 'weighted_bce', 'grad_Z_weighted_bce', weighted],
    ])('%s cross-entropy and its gradient', (_, loss, gradient, options) => {
      const z = variableOf([8, 3]);
      z.set(Float32Array.from(golden.numbers('Z')));
      expectClose(
        valuesOf(() => decoded(z.variable, options)),
        [golden.number(loss)],
        1e-5,
      );
      const [gradZ = []] = gradientsOf(() => decoded(z.variable, options), [z], [1]);
      expectClose(gradZ, golden.numbers(gradient), 1e-5);
    });
  });

  describe('selfLinkLoss', () => {
    test.each([
      [128, 127, 0.50393701],
      [47, 46, 0.51086957],
    ])('B = %p: positive weight %p and norm %p', (size, positiveWeight, norm) => {
      // At Z = 0 every logit is 0, so the loss is norm log 2 (B w + B^2 - B) / B^2.
      const [atZero] = valuesOf(() => selfLinkLoss(tf.zeros([size, 2])));
      const mean = (size * positiveWeight + size * size - size) / (size * size);
      expectClose([atZero ?? NaN], [norm * Math.LN2 * mean], 2e-6);
      // At large orthogonal rows only the off-diagonal zeros are left: norm log 2 (B - 1) / B.
      const [atEye] = valuesOf(() => selfLinkLoss(tf.mul(tf.eye(size), 10)));
      expectClose([atEye ?? NaN], [(norm * Math.LN2 * (size - 1)) / size], 2e-6);
    });

    test('is the formula written out, on random embeddings', () => {
      for (const [size, width] of [
        [2, 1],
        [5, 3],
        [47, 8],
      ] as const) {
        const z = variableOf([size, width], size);
        const [loss] = valuesOf(() => selfLinkLoss(matrixOf(z.variable)));
        expectClose([loss ?? NaN], [selfLinkReference(z.values, size, width)], 1e-5);
      }
    });

    test('has the gradients of finite differences', () => {
      const z = variableOf([5, 3]);
      expectGradients(() => selfLinkLoss(matrixOf(z.variable)), [z]);
    });

    test('of a batch of one cell is 0 with a finite gradient', () => {
      const z = variableOf([1, 3]);
      expect(valuesOf(() => selfLinkLoss(matrixOf(z.variable)))).toEqual([0]);
      const [gradient = []] = gradientsOf(() => selfLinkLoss(matrixOf(z.variable)), [z], [1]);
      expect(gradient.map(Math.abs)).toEqual([0, 0, 0]);
    });

    test('stays finite for huge embeddings', () => {
      const z = variableOf([4, 3]);
      z.set(z.values.map((value) => 1000 * value));
      const [gradient = []] = gradientsOf(() => selfLinkLoss(matrixOf(z.variable)), [z], [1]);
      expect(gradient.every(Number.isFinite)).toBe(true);
    });
  });
});
