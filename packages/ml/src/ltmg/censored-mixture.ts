import { inverseMills, LOG_SQRT_TWO_PI, logNormalCdf } from '../stats/normal-distribution.js';

// Looked up once: in a sandbox such as a test runner's, each look-up of a global is slow.
const { exp, log } = Math;

/** A sample of which only the values from a detection limit on were seen. */
export interface CensoredSample {
  /** Distinct values seen, ascending. */
  readonly values: Float64Array;
  /** How often each was seen. */
  readonly counts: Float64Array;
  /** Values below the limit, known by their number only. */
  readonly nCensored: number;
  /** The detection limit. */
  readonly limit: number;
}

/** Normal components p_j N(mean_j, sigma_j²), each [K]. */
export interface NormalMixture {
  readonly weights: Float64Array;
  readonly means: Float64Array;
  readonly sigmas: Float64Array;
}

/** Options of {@link fitCensoredMixture}. */
export interface CensoredFitOptions {
  /** Steps at most, default 100. */
  readonly maxIter?: number;
  /** Stop when weights, means and sigmas change less than this on average, default 1e-6. */
  readonly tol?: number;
  /** Smallest standard deviation; keeps a component from collapsing onto one value. */
  readonly minSigma?: number;
}

/**
 * Left-censored normal mixture by generalized EM (Wan et al., NAR 47:e111, 2019). The censored
 * values enter each step with the mean and variance of a component's part below the limit:
 * with z = (limit - mean) / sigma and lambda = phi(z) / Phi(z) these are mean - sigma lambda and
 * sigma² (1 - z lambda) around the old mean. Without censored values it is ordinary EM, but for
 * variances around the old means. A step that ends in NaN is not taken.
 */
export function fitCensoredMixture(
  sample: CensoredSample,
  start: NormalMixture,
  { maxIter = 100, tol = 1e-6, minSigma = 0 }: CensoredFitOptions = {},
): NormalMixture {
  let mixture = start;
  for (let step = 0; step < maxIter; step++) {
    const next = emStep(sample, mixture, minSigma);
    const change = largestMeanChange(mixture, next);
    if (Number.isNaN(change)) break;
    mixture = next;
    if (change <= tol) break;
  }
  return mixture;
}

/**
 * Sum of log sum_j p_j N(x; mean_j, sigma_j²) over the values seen, and nCensored times the log of
 * the mixture's mass below the limit.
 */
export function censoredLogLikelihood(
  { values, counts, nCensored, limit }: CensoredSample,
  mixture: NormalMixture,
): { readonly seen: number; readonly censored: number } {
  const shares = new Float64Array(mixture.weights.length);
  const density = densityOf(mixture);
  let seen = 0;
  for (let i = 0; i < values.length; i++) {
    seen += counts[i]! * densityShares(values[i]!, density, shares);
  }
  const censored = nCensored === 0 ? 0 : nCensored * massShares(limit, mixture, shares);
  return { seen, censored };
}

/** Component under which `x` is most likely, weights counted; the first of equals. */
export function likeliestComponent(x: number, mixture: NormalMixture): number {
  const shares = new Float64Array(mixture.weights.length);
  densityShares(x, densityOf(mixture), shares);
  let best = 0;
  for (let j = 1; j < shares.length; j++) if (shares[j]! > shares[best]!) best = j;
  return best;
}

function emStep(
  { values, counts, nCensored, limit }: CensoredSample,
  mixture: NormalMixture,
  minSigma: number,
): NormalMixture {
  const { means, sigmas } = mixture;
  const nComponents = means.length;
  const size = new Float64Array(nComponents);
  const sum = new Float64Array(nComponents);
  const squares = new Float64Array(nComponents);
  const shares = new Float64Array(nComponents);
  const density = densityOf(mixture);
  let total = nCensored;
  for (let i = 0; i < values.length; i++) {
    const x = values[i]!;
    densityShares(x, density, shares);
    total += counts[i]!;
    for (let j = 0; j < nComponents; j++) {
      const share = counts[i]! * shares[j]!;
      size[j]! += share;
      sum[j]! += share * x;
      squares[j]! += share * (x - means[j]!) ** 2;
    }
  }
  if (nCensored > 0) {
    massShares(limit, mixture, shares);
    for (let j = 0; j < nComponents; j++) {
      const share = nCensored * shares[j]!;
      const z = (limit - means[j]!) / sigmas[j]!;
      const lambda = inverseMills(z);
      size[j]! += share;
      sum[j]! += share * (means[j]! - sigmas[j]! * lambda);
      squares[j]! += share * sigmas[j]! ** 2 * (1 - z * lambda);
    }
  }
  return {
    weights: size.map((value) => value / total),
    means: sum.map((value, j) => value / size[j]!),
    sigmas: squares.map((value, j) => Math.max(minSigma, Math.sqrt(value / size[j]!))),
  };
}

/** A mixture as its density is computed: log(p_j / (sigma_j sqrt(2 pi))), mean and 1 / sigma_j. */
interface Density {
  readonly heights: Float64Array;
  readonly means: Float64Array;
  readonly inverses: Float64Array;
}

function densityOf({ weights, means, sigmas }: NormalMixture): Density {
  const heights = weights.map((weight, j) => log(weight) - LOG_SQRT_TWO_PI - log(sigmas[j]!));
  return { heights, means, inverses: sigmas.map((sigma) => 1 / sigma) };
}

/** Share of each component in the density at x; returns the log of the density. */
function densityShares(x: number, density: Density, shares: Float64Array): number {
  const { heights, means, inverses } = density;
  for (let j = 0; j < shares.length; j++) {
    const z = (x - means[j]!) * inverses[j]!;
    shares[j] = heights[j]! - 0.5 * z * z;
  }
  return logsToShares(shares);
}

/** Share of each component in the mass below the limit; returns the log of the mass. */
function massShares(limit: number, mixture: NormalMixture, shares: Float64Array): number {
  const { weights, means, sigmas } = mixture;
  for (let j = 0; j < shares.length; j++) {
    shares[j] = log(weights[j]!) + logNormalCdf((limit - means[j]!) / sigmas[j]!);
  }
  return logsToShares(shares);
}

/** Logs of parts become shares of their sum, whose log is returned. */
function logsToShares(logs: Float64Array): number {
  let largest = -Infinity;
  for (let j = 0; j < logs.length; j++) if (logs[j]! > largest) largest = logs[j]!;
  let sum = 0;
  for (let j = 0; j < logs.length; j++) {
    const part = exp(logs[j]! - largest);
    logs[j] = part;
    sum += part;
  }
  for (let j = 0; j < logs.length; j++) logs[j]! /= sum;
  return largest + log(sum);
}

function largestMeanChange(before: NormalMixture, after: NormalMixture): number {
  const meanChange = (a: Float64Array, b: Float64Array): number =>
    a.reduce((sum, value, j) => sum + Math.abs(value - b[j]!), 0) / a.length;
  return Math.max(
    meanChange(before.weights, after.weights),
    meanChange(before.means, after.means),
    meanChange(before.sigmas, after.sigmas),
  );
}
