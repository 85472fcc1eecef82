import * as tf from '@tensorflow/tfjs';

/** Options of {@link bceWithLogits}. */
export interface BceOptions {
  /** Weight of the positive entries, default 1. */
  readonly positiveWeight?: number;
  /** Factor of the mean, default 1. */
  readonly norm?: number;
}

/**
 * norm x mean of binary cross-entropy on logits, computed as
 * (1 - t) softplus(l) + w t softplus(-l), which neither overflows nor takes log 0.
 *
 * @param logits - l
 * @param targets - t in [0, 1], the same shape
 * @returns scalar
 */
export function bceWithLogits(
  logits: tf.Tensor,
  targets: tf.Tensor,
  options: BceOptions = {},
): tf.Scalar {
  const { positiveWeight = 1, norm = 1 } = options;
  const negative = tf.mul(tf.sub(1, targets), tf.softplus(logits));
  const positive = tf.mul(tf.mul(targets, positiveWeight), tf.softplus(tf.neg(logits)));
  // Two-stage sum: a single float32 accumulator loses digits on wasm.
  const perRow = tf.mean(tf.add(negative, positive), -1);
  return tf.mul(tf.mean(perRow), norm);
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
