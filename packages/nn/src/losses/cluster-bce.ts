import * as tf from '@tensorflow/tfjs';
import { checkSameShape } from './check-shapes.js';
import { meanOfRows } from './reduction.js';
import { stopGradient } from './stop-gradient.js';

/** Smallest 1 - q whose logarithm is taken; below it the gradient is 0. */
const SMALLEST_COMPLEMENT = 1e-12;

/**
 * Mean over all elements of the binary cross-entropy -p ln q - (1 - p) ln(1 - q) of soft
 * assignments q to a target p, a constant: the clustering loss of scDSC (Gan et al., 2022). Taking
 * ln q keeps small q exact, and 1 - q = -expm1(ln q) keeps q close to 1 exact.
 *
 * @param p - target, [n, K]
 * @param logQ - ln q, [n, K]
 * @returns scalar
 * @throws ParamError if the shapes differ
 */
export function decBce(p: tf.Tensor2D, logQ: tf.Tensor2D): tf.Scalar {
  checkSameShape('decBce', [p, logQ]);
  const target = stopGradient(p);
  const complement = tf.maximum(tf.neg(tf.expm1(logQ)), SMALLEST_COMPLEMENT);
  const agreeing = tf.mul(target, logQ);
  const other = tf.mul(tf.sub(1, target), tf.log(complement));
  return tf.neg(meanOfRows(tf.add(agreeing, other)));
}
