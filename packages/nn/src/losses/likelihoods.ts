import * as tf from '@tensorflow/tfjs';
import { checkSameShape } from './check-shapes.js';
import { elementwiseBce } from './inner-product.js';
import { logFactorial } from './log-factorial.js';
import { reduceCells, sumRows, type ReductionOptions } from './reduction.js';

/** Options of {@link poissonNll}. */
export interface PoissonNllOptions extends ReductionOptions {
  /** Includes ln x!, which no parameter changes; default true. */
  readonly constant?: boolean;
}

/**
 * Negative log-likelihood of counts under Poisson distributions, summed over features:
 * e^l - x l + ln x! with l the logarithm of the rate.
 *
 * @param counts - x, data, [n, d]
 * @param logRate - l, [n, d]; e^88 is the largest rate float32 holds
 * @returns scalar, or [n] without reduction
 * @throws ParamError if the shapes differ
 */
export function poissonNll(
  counts: tf.Tensor2D,
  logRate: tf.Tensor2D,
  { constant = true, reduction }: PoissonNllOptions = {},
): tf.Tensor {
  checkSameShape('poissonNll', [counts, logRate]);
  const variable = tf.sub(tf.exp(logRate), tf.mul(counts, logRate));
  const perEntry = constant ? tf.add(variable, logFactorial(counts)) : variable;
  return reduceCells(sumRows(perEntry), reduction);
}

/**
 * Negative log-likelihood of 0/1 data, summed over features, from the logits of the probabilities:
 * binary cross-entropy, which also takes values between 0 and 1.
 *
 * @param x - data in [0, 1], [n, d]
 * @param logits - [n, d]
 * @returns scalar, or [n] without reduction
 * @throws ParamError if the shapes differ
 */
export function bernoulliNll(
  x: tf.Tensor2D,
  logits: tf.Tensor2D,
  { reduction }: ReductionOptions = {},
): tf.Tensor {
  return reduceCells(sumRows(elementwiseBce(logits, x)), reduction);
}

/**
 * Negative log-likelihood of data under normal distributions, summed over features:
 * (ln 2π + ln σ² + (x - m)² / σ²) / 2.
 *
 * @param x - data, [n, d]
 * @param mean - m, [n, d]
 * @param logVariance - ln σ², [n, d], or [d] where cells share it
 * @returns scalar, or [n] without reduction
 * @throws ParamError if the shapes do not fit
 */
export function gaussianNll(
  x: tf.Tensor2D,
  mean: tf.Tensor2D,
  logVariance: tf.Tensor,
  { reduction }: ReductionOptions = {},
): tf.Tensor {
  checkSameShape('gaussianNll', [x, mean]);
  const variances = sharedByCells(logVariance, x);
  const scaled = tf.mul(tf.square(tf.sub(x, mean)), tf.exp(tf.neg(variances)));
  const perEntry = tf.add(tf.add(scaled, variances), Math.log(2 * Math.PI));
  return reduceCells(tf.mul(sumRows(perEntry), 0.5), reduction);
}

/** [n, d], with the same row for all cells if there is one. */
function sharedByCells(logVariance: tf.Tensor, x: tf.Tensor2D): tf.Tensor {
  const isShared = logVariance.rank === 1 && logVariance.shape[0] === x.shape[1];
  if (isShared) return tf.broadcastTo(logVariance, x.shape);
  checkSameShape('gaussianNll', [x, logVariance]);
  return logVariance;
}
