import * as tf from '@tensorflow/tfjs';
import { checkSameShape } from './check-shapes.js';
import { reduceCells, sumRows, type ReductionOptions } from './reduction.js';

/** A normal distribution with independent features. */
export interface DiagonalGaussian {
  /** [n, d] */
  readonly mean: tf.Tensor2D;
  /** ln of the variances (not of the standard deviations), [n, d] */
  readonly logVariance: tf.Tensor2D;
}

/** Options of {@link gaussianKl}. */
export interface GaussianKlOptions extends ReductionOptions {
  /** The distribution compared with, default N(0, 1). */
  readonly prior?: DiagonalGaussian;
}

/**
 * KL(N(m, s²) || prior), summed over features: with the default prior
 * sum of (m² + s² - ln s² - 1) / 2.
 *
 * @returns scalar, or [n] without reduction
 * @throws ParamError if the shapes differ
 */
export function gaussianKl(
  { mean, logVariance }: DiagonalGaussian,
  { prior, reduction }: GaussianKlOptions = {},
): tf.Tensor {
  const given = prior === undefined ? [] : [prior.mean, prior.logVariance];
  checkSameShape('gaussianKl', [mean, logVariance, ...given]);
  const offset = prior === undefined ? mean : tf.sub(mean, prior.mean);
  const logRatio = prior === undefined ? logVariance : tf.sub(logVariance, prior.logVariance);
  const squared = tf.square(offset);
  const scaled = prior === undefined ? squared : tf.mul(squared, tf.exp(tf.neg(prior.logVariance)));
  // e^r - 1 - r, without losing its digits where r is near 0.
  const spread = tf.sub(tf.expm1(logRatio), logRatio);
  return reduceCells(sumRows(tf.mul(tf.add(spread, scaled), 0.5)), reduction);
}

/** A Laplace distribution with independent features. */
export interface DiagonalLaplace {
  /** [n, d] */
  readonly location: tf.Tensor2D;
  /** > 0, [n, d] */
  readonly scale: tf.Tensor2D;
}

/**
 * KL of two Laplace distributions, summed over features:
 * ln(b2 / b1) + |m1 - m2| / b2 + (b1 / b2) e^(-|m1 - m2| / b1) - 1.
 *
 * @returns scalar, or [n] without reduction
 * @throws ParamError if the shapes differ
 */
export function laplaceKl(
  { location, scale }: DiagonalLaplace,
  prior: DiagonalLaplace,
  { reduction }: ReductionOptions = {},
): tf.Tensor {
  checkSameShape('laplaceKl', [location, scale, prior.location, prior.scale]);
  const distance = tf.abs(tf.sub(location, prior.location));
  const ratio = tf.div(scale, prior.scale);
  const decay = tf.mul(ratio, tf.exp(tf.neg(tf.div(distance, scale))));
  const linear = tf.sub(tf.div(distance, prior.scale), tf.log(ratio));
  return reduceCells(sumRows(tf.sub(tf.add(linear, decay), 1)), reduction);
}
