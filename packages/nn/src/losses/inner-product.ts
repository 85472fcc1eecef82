import * as tf from '@tensorflow/tfjs';
import { checkSameShape } from './check-shapes.js';
import { meanOfRows } from './reduction.js';

/** Options of {@link bceWithLogits}. */
export interface BceOptions {
  /** Weight of the positive entries, default 1. */
  readonly positiveWeight?: number;
  /** Factor of the mean, default 1. */
  readonly norm?: number;
}

/**
 * Binary cross-entropy of each element, computed from logits as
 * (1 - t) softplus(l) + w t softplus(-l), which neither overflows nor takes log 0.
 *
 * @param logits - l
 * @param targets - t in [0, 1], the same shape
 * @param positiveWeight - w, default 1
 * @throws ParamError if the shapes differ
 */
export function elementwiseBce(
  logits: tf.Tensor,
  targets: tf.Tensor,
  positiveWeight = 1,
): tf.Tensor {
  checkSameShape('binary cross-entropy', [logits, targets]);
  const negative = tf.mul(tf.sub(1, targets), tf.softplus(logits));
  const positive = tf.mul(tf.mul(targets, positiveWeight), tf.softplus(tf.neg(logits)));
  return tf.add(negative, positive);
}

/**
 * norm x mean of {@link elementwiseBce}.
 *
 * @param logits - l
 * @param targets - t in [0, 1], the same shape
 * @returns scalar
 * @throws ParamError if the shapes differ
 */
export function bceWithLogits(
  logits: tf.Tensor,
  targets: tf.Tensor,
  options: BceOptions = {},
): tf.Scalar {
  const { positiveWeight = 1, norm = 1 } = options;
  return tf.mul(meanOfRows(elementwiseBce(logits, targets, positiveWeight)), norm);
}

/**
 * Loss of an inner-product graph decoder whose target is the identity (each node is linked to
 * itself only): norm x BCE(Z Z^T, I) with positive weight (B^2 - B) / B and norm
 * B^2 / (2 (B^2 - B)), as in Kipf & Welling's graph autoencoder.
 *
 * @param z - embedding of a batch, [B, d]
 * @returns scalar
 */
export function selfLinkLoss(z: tf.Tensor2D): tf.Scalar {
  const size = z.shape[0];
  const others = size * size - size;
  return bceWithLogits(tf.matMul(z, z, false, true), tf.eye(size), {
    positiveWeight: others / size,
    norm: others === 0 ? 1 : (size * size) / (2 * others),
  });
}
