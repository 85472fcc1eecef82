import type { Pacer } from '@dance-ts/core';
import type { Float64Matrix } from '../stats/float64-matrix.js';
import type { CovarianceLaw } from './covariance-law.js';

/** A mixture of Gaussians. */
export interface MixtureParameters {
  /** Shares of the components, [k] */
  readonly weights: Float64Array;
  /** [k * d] */
  readonly means: Float64Array;
  /** Flat, in the shape of the covariance type. */
  readonly covariances: Float64Array;
}

/** What {@link expectation} finds. */
export interface Expectation {
  /** log p(x) of each row, [n] */
  readonly logLikelihood: Float64Array;
  /** p(component | x), [n * k] */
  readonly responsibilities: Float64Array;
}

/** The smallest count of a component, 10 times the epsilon of float64, as in scikit-learn. */
const LEAST_COUNT = 10 * 2 ** -52;

/**
 * The E step.
 *
 * @throws DataError if a covariance is not positive definite; AbortError
 */
export async function expectation(
  X: Float64Matrix,
  parameters: MixtureParameters,
  law: CovarianceLaw,
  pacer: Pacer,
): Promise<Expectation> {
  const { nRows: n, nCols: d, values } = X;
  const { weights, means, covariances } = parameters;
  const k = weights.length;
  const densities = law.densities(means, covariances, k);
  const logWeights = weights.map(Math.log);
  const logLikelihood = new Float64Array(n);
  const responsibilities = new Float64Array(n * k);
  for (let i = 0; i < n; i++) {
    if (i % 256 === 0) await pacer.tick();
    const own = responsibilities.subarray(i * k, (i + 1) * k);
    densities(values.subarray(i * d, (i + 1) * d), own);
    logLikelihood[i] = normalize(own, logWeights);
  }
  return { logLikelihood, responsibilities };
}

/**
 * The M step: the most likely parameters for given responsibilities.
 *
 * @param responsibilities - [n * k]
 * @throws AbortError
 */
export async function maximization(
  X: Float64Matrix,
  responsibilities: Float64Array,
  law: CovarianceLaw,
  regCovar: number,
  pacer: Pacer,
): Promise<MixtureParameters> {
  const { nRows: n, nCols: d, values } = X;
  const k = responsibilities.length / n;
  await pacer.tick();
  const counts = new Float64Array(k).fill(LEAST_COUNT);
  const means = new Float64Array(k * d);
  for (let i = 0; i < n; i++) {
    for (let c = 0; c < k; c++) {
      const share = responsibilities[i * k + c]!;
      counts[c]! += share;
      for (let f = 0; f < d; f++) means[c * d + f]! += share * values[i * d + f]!;
    }
  }
  for (let e = 0; e < means.length; e++) means[e]! /= counts[Math.floor(e / d)]!;
  await pacer.tick();
  const covariances = law.estimate({ X, k, responsibilities, counts, means }, regCovar);
  const total = counts.reduce((sum, count) => sum + count, 0);
  return { weights: counts.map((count) => count / total), means, covariances };
}

/** Turns log densities into shares in place; returns the log of their weighted sum. */
function normalize(values: Float64Array, logWeights: Float64Array): number {
  let most = -Infinity;
  for (let c = 0; c < values.length; c++) {
    values[c]! += logWeights[c]!;
    if (values[c]! > most) most = values[c]!;
  }
  let sum = 0;
  for (let c = 0; c < values.length; c++) {
    values[c] = Math.exp(values[c]! - most);
    sum += values[c]!;
  }
  for (let c = 0; c < values.length; c++) values[c]! /= sum;
  return most + Math.log(sum);
}
