import * as tf from '@tensorflow/tfjs';
import { defineOp } from '../backend/define-op.js';
import { squaredDistancesWebGpu } from '../backend/webgpu/squared-distances.js';
import { checkSameWidth } from './check-shapes.js';

const distances = defineOp<object>({
  name: 'DanceSquaredDistances',
  webgpu: squaredDistancesWebGpu,
  outputs: (shapes) => [[shapes['a']![0]!, shapes['b']![0]!]],
  run: ({ kernels, inputs, shapes, outputs }) => {
    const [nA = 0, dim = 0] = shapes['a']!;
    const nB = shapes['b']![0]!;
    const [a, b] = [inputs['a'] as Float32Array, inputs['b'] as Float32Array];
    kernels.squaredDistances({ a, nA, b, nB, dim, out: outputs[0]! });
  },
  gradient: {
    inputs: ['a', 'b'],
    of: ([dy], saved) => {
      const [a, b] = saved as [tf.Tensor, tf.Tensor];
      const doubled = tf.mul(dy, 2);
      const pulled = (x: tf.Tensor, weights: tf.Tensor1D, others: tf.Tensor): tf.Tensor =>
        tf.sub(tf.mul(x, tf.expandDims(weights, 1)), others);
      return {
        a: () => pulled(a, tf.sum(doubled, 1), tf.matMul(doubled, b)),
        b: () => pulled(b, tf.sum(doubled, 0), tf.matMul(doubled, a, true)),
      };
    },
  },
});

/**
 * Squared Euclidean distances between the rows of two matrices, as sums of squared differences:
 * never negative, 0 for equal rows, as exact far from the origin as near it.
 *
 * @param a - [n, d]
 * @param b - [m, d]
 * @returns [n, m]
 * @throws ParamError if the widths differ
 */
export function squaredDistances(a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor2D {
  checkSameWidth('squaredDistances', a, b);
  return distances({ a, b }, {})[0] as tf.Tensor2D;
}
