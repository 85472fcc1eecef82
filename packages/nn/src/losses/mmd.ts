import { ParamError } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { checkSameWidth } from './check-shapes.js';
import { squaredDistances } from './squared-distances.js';
import { sumRows } from './reduction.js';
import { stopGradient } from './stop-gradient.js';

/** Options of {@link mmd}. */
export interface MmdOptions {
  /**
   * Widths σ of the kernels e^(-d² / 2σ²), averaged; default: multiples of the root mean squared
   * distance of the samples given, see {@link MMD_SCALES}.
   */
  readonly bandwidths?: readonly number[];
  /** Leaves out each point's similarity to itself; may be negative. Default false. */
  readonly unbiased?: boolean;
}

/** Keeps the rate finite where all points coincide. */
const LEAST_SQUARE = 1e-30;

/** Default factors of σ² on half the mean squared distance of all pairs. */
export const MMD_SCALES: readonly number[] = [0.25, 0.5, 1, 2, 4];

/**
 * Squared maximum mean discrepancy of two samples under Gaussian kernels: mean k(x, x') + mean
 * k(y, y') - 2 mean k(x, y), averaged over bandwidths (Gretton et al., 2012, JMLR 13:723-773).
 * 0 where the distributions agree. The default bandwidths are constants of the gradient. Time and
 * memory grow with (n + m)².
 *
 * @param x - [n, d]
 * @param y - [m, d]
 * @throws ParamError if the widths differ, a sample is too small or a bandwidth is not positive
 */
export function mmd(x: tf.Tensor2D, y: tf.Tensor2D, options: MmdOptions = {}): tf.Scalar {
  const { bandwidths, unbiased = false } = options;
  check(x, y, options);
  const [within, others, between] = [
    squaredDistances(x, x),
    squaredDistances(y, y),
    squaredDistances(x, y),
  ];
  const rates = bandwidths?.map((sigma) => tf.scalar(1 / (2 * sigma * sigma)));
  const kernels = (rates ?? defaultRates(within, others, between)).map((rate) => {
    const kernel = (distances: tf.Tensor): tf.Tensor => tf.exp(tf.neg(tf.mul(distances, rate)));
    const own = tf.add(meanWithin(kernel(within), unbiased), meanWithin(kernel(others), unbiased));
    return tf.sub(own, tf.mul(meanOf(kernel(between), between.size), 2));
  });
  return tf.div(tf.addN(kernels), kernels.length);
}

/** 1 / 2σ² for each scale, from the mean squared distance of the pairs of all points. */
function defaultRates(within: tf.Tensor, others: tf.Tensor, between: tf.Tensor2D): tf.Tensor[] {
  const [n, m] = between.shape;
  const pairs = (n + m) * (n + m - 1);
  const twice = tf.mul(meanOf(between, pairs), 2);
  const total = tf.add(tf.add(meanOf(within, pairs), meanOf(others, pairs)), twice);
  const meanSquare = stopGradient(tf.add(total, LEAST_SQUARE));
  return MMD_SCALES.map((scale) => tf.div(1, tf.mul(meanSquare, scale)));
}

/** Mean similarity of the points of one sample. */
function meanWithin(kernel: tf.Tensor, unbiased: boolean): tf.Tensor {
  const n = kernel.shape[0];
  if (!unbiased) return meanOf(kernel, n * n);
  const others = tf.sub(1, tf.eye(n));
  return meanOf(tf.mul(kernel, others), n * (n - 1));
}

/** Sum by rows, then over them: a single float32 accumulator loses digits on wasm. */
function meanOf(x: tf.Tensor, count: number): tf.Tensor {
  return tf.div(tf.sum(sumRows(x)), count);
}

function check(x: tf.Tensor2D, y: tf.Tensor2D, { bandwidths, unbiased }: MmdOptions): void {
  checkSameWidth('mmd', x, y);
  const least = unbiased === true ? 2 : 1;
  if (Math.min(x.shape[0], y.shape[0]) < least) {
    throw new ParamError('mmd: points in a sample', {
      got: `${x.shape[0]} and ${y.shape[0]}`,
      expected: `${least} or more`,
    });
  }
  if (bandwidths === undefined) return;
  if (bandwidths.length > 0 && bandwidths.every((sigma) => sigma > 0)) return;
  throw new ParamError('mmd: bandwidths', {
    got: `[${bandwidths.join(', ')}]`,
    expected: 'one or more numbers > 0',
  });
}
