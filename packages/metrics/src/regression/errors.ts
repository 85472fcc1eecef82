import { DataError } from '@dance-ts/core';
import { pairBlocks, type EntryOptions, type Values } from './values.js';

/** Truths smaller than this count as this in the mean relative error. */
const SMALLEST_TRUTH = 1e-10;

/**
 * Mean squared error over all pairs, zeros included.
 *
 * @throws DataError if the shapes differ or nothing is left to evaluate
 */
export function mse(truth: Values, prediction: Values, options?: EntryOptions): number {
  return meanOf(truth, prediction, options, (t, p) => (p - t) * (p - t));
}

/**
 * Root of the mean squared error over all pairs.
 *
 * @throws DataError if the shapes differ or nothing is left to evaluate
 */
export function rmse(truth: Values, prediction: Values, options?: EntryOptions): number {
  return Math.sqrt(mse(truth, prediction, options));
}

/**
 * Mean absolute error.
 *
 * @throws DataError if the shapes differ or nothing is left to evaluate
 */
export function mae(truth: Values, prediction: Values, options?: EntryOptions): number {
  return meanOf(truth, prediction, options, (t, p) => Math.abs(p - t));
}

/**
 * Mean relative error: mean of |prediction - truth| / max(|truth|, 1e-10). Of use where the truth
 * is not zero only: one zero adds up to 1e10.
 *
 * @throws DataError if the shapes differ or nothing is left to evaluate
 */
export function meanRelativeError(
  truth: Values,
  prediction: Values,
  options?: EntryOptions,
): number {
  return meanOf(
    truth,
    prediction,
    options,
    (t, p) => Math.abs(p - t) / Math.max(Math.abs(t), SMALLEST_TRUTH),
  );
}

/**
 * Coefficient of determination, 1 - squared error over the squared deviation of the truth from its
 * mean. For a constant truth 1 if the prediction is perfect and 0 if not; NaN for a single pair.
 *
 * @throws DataError if the shapes differ or nothing is left to evaluate
 */
export function r2(truth: Values, prediction: Values, options?: EntryOptions): number {
  const pairs = pairBlocks(truth, prediction, options);
  if (pairs.count < 2) return NaN;
  let offset: number | undefined;
  let shifted = 0;
  pairs.forEach((t) => {
    // Relative to the first value, so that a constant truth has no spread left by rounding.
    offset ??= t[0]!;
    for (let e = 0; e < t.length; e++) shifted += t[e]! - offset;
  });
  const origin = offset ?? 0;
  const mean = shifted / pairs.count;
  let residual = 0;
  let spread = 0;
  pairs.forEach((t, p) => {
    for (let e = 0; e < t.length; e++) {
      residual += (t[e]! - p[e]!) ** 2;
      spread += (t[e]! - origin - mean) ** 2;
    }
  });
  if (spread === 0) return residual === 0 ? 1 : 0;
  return 1 - residual / spread;
}

/**
 * Mean Poisson deviance, 2 (t log(t / p) - t + p) with 0 log 0 = 0: how badly counts t are
 * explained by means p; 0 if perfect, infinite where a count has mean 0.
 *
 * @throws DataError for a negative value, if the shapes differ or nothing is left to evaluate
 */
export function poissonDeviance(truth: Values, prediction: Values, options?: EntryOptions): number {
  return meanOf(truth, prediction, options, (t, p) => {
    if (t < 0 || p < 0) {
      throw new DataError('the Poisson deviance needs counts and means', {
        got: `truth ${t} and prediction ${p}`,
        expected: 'values >= 0',
      });
    }
    return 2 * ((t > 0 ? t * Math.log(t / p) : 0) - t + p);
  });
}

function meanOf(
  truth: Values,
  prediction: Values,
  options: EntryOptions | undefined,
  term: (truth: number, prediction: number) => number,
): number {
  const pairs = pairBlocks(truth, prediction, options);
  let sum = 0;
  pairs.forEach((t, p) => {
    for (let e = 0; e < t.length; e++) sum += term(t[e]!, p[e]!);
  });
  return sum / pairs.count;
}
