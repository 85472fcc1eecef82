import * as tf from '@tensorflow/tfjs';
import { checkSameShape, checkSameWidth } from './check-shapes.js';
import type { DiagonalGaussian } from './gaussian-kl.js';
import { reduceCells, sumRows, type ReductionOptions } from './reduction.js';
import { stopGradient } from './stop-gradient.js';

/** A mixture of K normal distributions with diagonal covariances. */
export interface GaussianMixture {
  /** [K, d] */
  readonly means: tf.Tensor2D;
  /** ln of the variances, [K, d] */
  readonly logVariances: tf.Tensor2D;
  /** ln of the weights, up to a constant, [K] */
  readonly logWeights: tf.Tensor1D;
}

const LOG_TWO_PI = Math.log(2 * Math.PI);

/**
 * ln of the probability that a point comes from each component, worked out in log space: far from
 * all components the densities are 0 in float32, their ratios are not.
 *
 * @param z - [n, d]
 * @returns ln γ, [n, K]
 * @throws ParamError if the widths differ
 */
export function logResponsibilities(z: tf.Tensor2D, mixture: GaussianMixture): tf.Tensor2D {
  const { means, logVariances, logWeights } = mixture;
  checkSameWidth('logResponsibilities', z, means);
  checkSameShape('logResponsibilities', [means, logVariances]);
  const logNorms = tf.mul(sumRows(logVariances), 0.5);
  const logDensities = tf.sub(tf.mul(scaledSquares(z, mixture), -0.5), logNorms);
  return tf.logSoftmax(tf.add<tf.Tensor2D>(logDensities, logWeights));
}

/** Options of {@link gmmKl}. */
export interface GmmKlOptions extends ReductionOptions {
  /** Points that decide on the component, [n, d]; default the means of the posterior. */
  readonly z?: tf.Tensor2D;
  /** Whether gradients pass through the responsibilities, default true. */
  readonly throughResponsibilities?: boolean;
}

/**
 * KL divergence of a normal posterior and a mixture of normal distributions as in variational deep
 * embedding (Jiang et al., 2017, arXiv:1611.05148): with γ the responsibilities of z,
 * sum over c of γ_c E[ln γ_c - ln π_c - ln N(z; μ_c, σ²_c)] minus the posterior's entropy, summed
 * over features. Memory grows with n K d.
 *
 * @param posterior - of each cell
 * @param mixture - the prior
 * @returns scalar, or [n] without reduction
 * @throws ParamError if the shapes do not fit
 */
export function gmmKl(
  posterior: DiagonalGaussian,
  mixture: GaussianMixture,
  { z = posterior.mean, throughResponsibilities = true, reduction }: GmmKlOptions = {},
): tf.Tensor {
  const { mean, logVariance } = posterior;
  checkSameShape('gmmKl', [mean, logVariance, z]);
  const tracked = logResponsibilities(z, mixture);
  const logGamma = throughResponsibilities ? tracked : stopGradient(tracked);
  const logWeights = tf.logSoftmax(mixture.logWeights);
  const perComponent = tf.add(crossEntropies(posterior, mixture), tf.sub(logGamma, logWeights));
  const expected = sumRows(tf.mul(tf.exp(logGamma), perComponent));
  const entropy = tf.mul(sumRows(tf.add(logVariance, 1 + LOG_TWO_PI)), 0.5);
  return reduceCells(tf.sub(expected, entropy), reduction);
}

/** -E[ln N(z; μ_c, σ²_c)] under the posterior, [n, K]. */
function crossEntropies(
  { mean, logVariance }: DiagonalGaussian,
  mixture: GaussianMixture,
): tf.Tensor {
  const inverse = tf.exp(tf.neg(mixture.logVariances));
  const spread = tf.matMul(tf.exp(logVariance), inverse, false, true);
  const logNorms = sumRows(tf.add(mixture.logVariances, LOG_TWO_PI));
  return tf.mul(tf.add(tf.add(spread, scaledSquares(mean, mixture)), logNorms), 0.5);
}

/** Sum over features of (z - μ_c)² / σ²_c, [n, K]. */
function scaledSquares(z: tf.Tensor2D, { means, logVariances }: GaussianMixture): tf.Tensor {
  const offsets = tf.sub(tf.expandDims(z, 1), tf.expandDims(means, 0)); // [n, K, d]
  const scaled = tf.mul(offsets, tf.exp(tf.mul(logVariances, -0.5)));
  return tf.sum(tf.square(scaled), -1);
}
