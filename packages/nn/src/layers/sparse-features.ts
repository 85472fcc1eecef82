import * as tf from '@tensorflow/tfjs';
import { spmm, type SparseOperand } from '../ops/spmm.js';
import type { Linear } from './linear.js';

/**
 * Features (values - shift) x factors, column by column, whose values are sparse although the
 * features are not: standardized expression, for instance, or columns masked out by a factor of 0.
 */
export interface SparseFeatures {
  /** [n, d] */
  readonly values: SparseOperand;
  /** [d] */
  readonly shift: tf.Tensor1D;
  /** [d]; default 1. */
  readonly factors?: tf.Tensor1D;
}

/** Features of nodes, [n, d]. */
export type Features = tf.Tensor2D | SparseFeatures;

/**
 * A layer on features of either form. Sparse ones never become dense: both shift and factors are
 * moved over to the weights, (V - 1 s^T) diag(f) W + b = V (diag(f) W) - s^T (diag(f) W) + b.
 *
 * @returns [n, nOut]
 */
export function applyToFeatures(layer: Linear, x: Features): tf.Tensor2D {
  if (x instanceof tf.Tensor) return layer.apply(x);
  return tf.tidy(() => {
    const { values, shift, factors } = x;
    const weight = layer.weight.variable as tf.Tensor as tf.Tensor2D;
    const scaled = factors === undefined ? weight : tf.mul(weight, tf.reshape(factors, [-1, 1]));
    const ofShift = tf.matMul(tf.reshape(shift, [1, -1]), scaled);
    const centered = tf.sub(spmm(values, scaled as tf.Tensor2D), ofShift);
    return (
      layer.bias === undefined ? centered : tf.add(centered, layer.bias.variable)
    ) as tf.Tensor2D;
  });
}
