import * as tf from '@tensorflow/tfjs';
import { checkSameShape } from './check-shapes.js';
import { reduceCells, sumRows, type ReductionOptions } from './reduction.js';
import { stopGradient } from './stop-gradient.js';

/** Below any normal float32: stands in for p = 0, whose p ln p is 0. */
const TINY = 1e-37;

/**
 * KL(p || q) = sum over clusters of p (ln p - ln q), where p is a constant: the clustering loss of
 * deep embedded clustering. p may hold zeros, for instance one-hot rows.
 *
 * @param p - target, [n, K]
 * @param logQ - ln q, [n, K]
 * @returns scalar, or [n] without reduction
 * @throws ParamError if the shapes differ
 */
export function decKl(
  p: tf.Tensor2D,
  logQ: tf.Tensor2D,
  { reduction }: ReductionOptions = {},
): tf.Tensor {
  checkSameShape('decKl', [p, logQ]);
  const target = stopGradient(p);
  const logTarget = tf.log(tf.maximum(target, TINY));
  return reduceCells(sumRows(tf.mul(target, tf.sub(logTarget, logQ))), reduction);
}

/** Options of {@link pseudoLabelKl}. */
export interface PseudoLabelKlOptions extends ReductionOptions {
  /** Smallest target probability, default 1e-7. */
  readonly floor?: number;
}

/**
 * KL(q || p) = sum over clusters of q (ln q - ln max(p, floor)), the other way round than
 * {@link decKl}: pseudo-labels p as scTPF uses them (Mrabah et al., AAAI 2023). Rows whose target is
 * their own q have a gradient of 0.
 *
 * @param logQ - ln q, [n, K]
 * @param p - target, a constant, [n, K]
 * @returns scalar, or [n] without reduction
 * @throws ParamError if the shapes differ
 */
export function pseudoLabelKl(
  logQ: tf.Tensor2D,
  p: tf.Tensor2D,
  { floor = 1e-7, reduction }: PseudoLabelKlOptions = {},
): tf.Tensor {
  checkSameShape('pseudoLabelKl', [logQ, p]);
  const logTarget = tf.log(tf.maximum(stopGradient(p), floor));
  return reduceCells(sumRows(tf.mul(tf.exp(logQ), tf.sub(logQ, logTarget))), reduction);
}
