import { ascending, quantile } from './quantile.js';

const SQRT_TWO_PI = Math.sqrt(2 * Math.PI);
/** exp(-delta / 2) of larger delta is nothing. */
const LARGEST_DELTA = 1000;
const N_BINS = 1000;

/**
 * Bandwidth (standard deviation) of a Gaussian kernel density estimate, by solving the equation of
 * Sheather and Jones on binned values.
 *
 * Source: Sheather & Jones, J. R. Stat. Soc. B 53, 1991; as R's bw.SJ.
 *
 * @param values - at least two different ones
 * @returns NaN if the values do not vary
 */
export function sheatherJonesBandwidth(values: ArrayLike<number>): number {
  const sorted = ascending(values);
  const n = sorted.length;
  const spread = spreadOf(sorted);
  if (n < 2 || !(spread > 0)) return NaN;
  const pairs = binnedPairs(sorted);
  const a = 1.24 * spread * n ** (-1 / 7);
  const b = 1.23 * spread * n ** (-1 / 9);
  const thirdDerivative = -densityFunctional(pairs, b, 6);
  const alpha = 1.357 * (densityFunctional(pairs, a, 4) / thirdDerivative) ** (1 / 7);
  const c = 1 / (2 * Math.sqrt(Math.PI) * n);
  const difference = (h: number): number =>
    (c / densityFunctional(pairs, alpha * h ** (5 / 7), 4)) ** (1 / 5) - h;
  const highest = 1.144 * spread * n ** (-1 / 5);
  return rootBetween(difference, 0.1 * highest, highest);
}

interface BinnedPairs {
  readonly n: number;
  readonly binWidth: number;
  /** Pairs of values that lie so many bins apart. */
  readonly counts: Float64Array;
}

/** min(standard deviation, interquartile range / 1.349); the deviation if quartiles agree. */
function spreadOf(sorted: Float64Array): number {
  const n = sorted.length;
  const mean = sorted.reduce((sum, value) => sum + value, 0) / n;
  const squares = sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / (n - 1));
  const range = (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 1.349;
  return range > 0 ? Math.min(deviation, range) : deviation;
}

function binnedPairs(sorted: Float64Array): BinnedPairs {
  const low = sorted[0]!;
  const binWidth = ((sorted[sorted.length - 1]! - low) * 1.01) / N_BINS;
  const sizes = new Float64Array(N_BINS);
  for (const value of sorted) sizes[Math.floor((value - low) / binWidth)]! += 1;
  const counts = new Float64Array(N_BINS);
  for (let i = 0; i < N_BINS; i++) {
    if (sizes[i] === 0) continue;
    counts[0]! += (sizes[i]! * (sizes[i]! - 1)) / 2;
    for (let j = 0; j < i; j++) counts[i - j]! += sizes[i]! * sizes[j]!;
  }
  return { n: sorted.length, binWidth, counts };
}

/** Estimate of the integral of density times its 4th or 6th derivative, with a Gaussian of width h. */
function densityFunctional({ n, binWidth, counts }: BinnedPairs, h: number, order: 4 | 6): number {
  let sum = 0;
  for (let i = 0; i < counts.length; i++) {
    const delta = ((i * binWidth) / h) ** 2;
    if (delta >= LARGEST_DELTA) break;
    sum += Math.exp(-delta / 2) * hermite(delta, order) * counts[i]!;
  }
  const total = 2 * sum + n * hermite(0, order);
  return total / (n * (n - 1) * h ** (order + 1) * SQRT_TWO_PI);
}

/** Hermite polynomial of even order in the squared argument. */
function hermite(delta: number, order: 4 | 6): number {
  return order === 4
    ? delta * delta - 6 * delta + 3
    : delta ** 3 - 15 * delta * delta + 45 * delta - 15;
}

/** Root by bisection; the interval grows as in R where it has none. */
function rootBetween(f: (x: number) => number, low: number, high: number): number {
  let [a, b] = [low, high];
  for (let i = 0; i < 99 && f(a) * f(b) > 0; i++) {
    if (i % 2 === 0) b *= 1.2;
    else a /= 1.2;
  }
  const rising = f(a) < f(b);
  for (let i = 0; i < 60; i++) {
    const middle = (a + b) / 2;
    if (f(middle) < 0 === rising) a = middle;
    else b = middle;
  }
  return (a + b) / 2;
}
