import {
  censoredLogLikelihood,
  fitCensoredMixture,
  type CensoredFitOptions,
  type CensoredSample,
  type NormalMixture,
} from './censored-mixture.js';

/** Options of {@link fitGeneMixture}. */
export interface GeneMixtureOptions extends CensoredFitOptions {
  /** Components tried at most, default 5. */
  readonly maxComponents?: number;
  /**
   * `'seen'` (default, the authors' code): the likelihood of the values above the limit;
   * `'full'`: that of the censored ones, too.
   */
  readonly bic?: 'seen' | 'full';
}

/** The mixture that describes a gene. */
export interface GeneMixture extends NormalMixture {
  /** Bayesian information criterion, (3 K - 1) ln N - 2 log likelihood. */
  readonly bic: number;
}

/** Steps after which the better start is chosen. */
const TRIAL_STEPS = 20;

/**
 * The mixture of lowest BIC: 2 to 5 components for a censored sample, 1 to 4 for one seen in full;
 * sorted by mean. Each size starts from the authors' means (quantiles, but the outer two a unit
 * beyond the extremes) and from plain quantiles, since the first start alone can miss well separated
 * components; the one of better likelihood after 20 steps goes on. Undefined if fewer values than two components
 * need were seen.
 */
export function fitGeneMixture(
  sample: CensoredSample,
  options: GeneMixtureOptions = {},
): GeneMixture | undefined {
  const { maxComponents = 5 } = options;
  const isCensored = sample.nCensored > 0;
  const fewest = isCensored ? 2 : 1;
  const most = isCensored ? maxComponents : maxComponents - 1;
  const nSeen = sample.counts.reduce((sum, count) => sum + count, 0);
  let best: GeneMixture | undefined;
  for (let k = fewest; k <= most && k < nSeen; k++) {
    const fitted = fitComponents(sample, k, options);
    if (fitted !== undefined && !(fitted.bic >= (best?.bic ?? Infinity))) best = fitted;
  }
  return best === undefined ? undefined : sortedByMean(best);
}

/** The authors' start: means at the k + 1 quantiles, the outer two a unit beyond the extremes. */
export function authorsStart(sample: CensoredSample, k: number): NormalMixture {
  const start = quantileStart(sample, k);
  if (k < 2) return start;
  const means = start.means.slice();
  means[0] = sample.values[0]! - 1;
  means[k - 1] = sample.values[sample.values.length - 1]! + 1;
  return { ...start, means };
}

/** Equal weights, the sample's standard deviation, means at position floor(j n / (k + 1)). */
export function quantileStart({ values, counts }: CensoredSample, k: number): NormalMixture {
  const n = counts.reduce((sum, count) => sum + count, 0);
  const mean = values.reduce((sum, value, i) => sum + counts[i]! * value, 0) / n;
  const squares = values.reduce((sum, value, i) => sum + counts[i]! * (value - mean) ** 2, 0);
  const sigma = Math.sqrt(squares / Math.max(1, n - 1));
  const means = new Float64Array(k);
  for (let j = 0; j < k; j++) {
    const position = Math.max(1, Math.floor(((j + 1) * n) / (k + 1))); // from 1
    let seen = 0;
    means[j] = values[values.findIndex((_, i) => (seen += counts[i]!) >= position)]!;
  }
  return {
    weights: new Float64Array(k).fill(1 / k),
    means,
    sigmas: new Float64Array(k).fill(sigma),
  };
}

function fitComponents(
  sample: CensoredSample,
  k: number,
  options: GeneMixtureOptions,
): GeneMixture | undefined {
  const { minSigma = 0, maxIter = 100, bic = 'seen' } = options;
  const trial = { ...options, maxIter: Math.min(TRIAL_STEPS, maxIter) };
  let best: NormalMixture | undefined;
  let bestSum = -Infinity;
  for (const start of [authorsStart(sample, k), quantileStart(sample, k)].slice(0, k)) {
    const sigmas = start.sigmas.map((sigma) => Math.max(minSigma, sigma));
    const mixture = fitCensoredMixture(sample, { ...start, sigmas }, trial);
    const { seen, censored } = censoredLogLikelihood(sample, mixture);
    if (!(seen + censored > bestSum)) continue;
    best = mixture;
    bestSum = seen + censored;
  }
  if (best === undefined) return undefined;
  const rest = { ...options, maxIter: maxIter - trial.maxIter };
  const fitted = fitCensoredMixture(sample, best, rest);
  return { ...fitted, bic: bicOf(sample, fitted, bic) };
}

function bicOf(sample: CensoredSample, mixture: NormalMixture, kind: 'seen' | 'full'): number {
  const { seen, censored } = censoredLogLikelihood(sample, mixture);
  const n = sample.counts.reduce((sum, count) => sum + count, sample.nCensored);
  const nFree = 3 * mixture.weights.length - 1;
  return nFree * Math.log(n) - 2 * (kind === 'full' ? seen + censored : seen);
}

function sortedByMean({ weights, means, sigmas, bic }: GeneMixture): GeneMixture {
  const order = [...means.keys()].sort((a, b) => means[a]! - means[b]! || a - b);
  const pick = (from: Float64Array): Float64Array => Float64Array.from(order, (j) => from[j]!);
  return { weights: pick(weights), means: pick(means), sigmas: pick(sigmas), bic };
}
