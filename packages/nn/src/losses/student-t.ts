import { ParamError } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { softAssign as fusedSoftAssign } from '../ops/soft-assign.js';
import { squaredDistances } from './squared-distances.js';

/** Options of {@link logSoftAssign}. */
export interface SoftAssignOptions {
  /** Degrees of freedom, default 1. */
  readonly alpha?: number;
  /** Power of 1 / (1 + d² / alpha); default (alpha + 1) / 2, that of the t distribution. */
  readonly exponent?: number;
}

/**
 * Soft assignment of cells to cluster centers by Student's t kernel, as logarithms: ln q with
 * q_ij proportional to (1 + |z_i - center_j|² / alpha)^(-(alpha + 1) / 2), rows summing to 1
 * (Xie et al., 2016, arXiv:1511.06335). In log space nothing underflows at any alpha or distance.
 *
 * @param z - embedding, [n, d]
 * @param centers - [K, d]
 * @returns ln q, [n, K]
 * @throws ParamError if the widths differ or an option is not positive
 */
export function logSoftAssign(
  z: tf.Tensor2D,
  centers: tf.Tensor2D,
  options: SoftAssignOptions = {},
): tf.Tensor2D {
  const { alpha = 1, exponent = (alpha + 1) / 2 } = options;
  checkPositive('alpha', alpha);
  checkPositive('exponent', exponent);
  const kernel = tf.log1p(tf.div(squaredDistances(z, centers), alpha));
  return tf.logSoftmax(tf.mul(kernel, -exponent));
}

/**
 * Soft assignment q as probabilities; see {@link logSoftAssign}. With the t distribution's exponent
 * it is a single operation.
 */
export function softAssign(
  z: tf.Tensor2D,
  centers: tf.Tensor2D,
  options: SoftAssignOptions = {},
): tf.Tensor2D {
  if (options.exponent !== undefined) return tf.exp(logSoftAssign(z, centers, options));
  return fusedSoftAssign(z, centers, options.alpha);
}

function checkPositive(name: string, value: number): void {
  if (value > 0 && Number.isFinite(value)) return;
  throw new ParamError(`logSoftAssign: ${name}`, {
    got: String(value),
    expected: 'a finite number > 0',
  });
}
