import { kernelSmoothed } from '../../../numeric/kernel-smoother.js';
import { median } from '../../../numeric/quantile.js';
import { sheatherJonesBandwidth } from '../../../numeric/sheather-jones.js';

/** Parameters of genes, one value a gene each. */
export interface GeneParameters {
  readonly intercept: Float64Array;
  readonly slope: Float64Array;
  readonly theta: Float64Array;
}

/** Scores beyond this are outliers. */
const OUTLIER = 10;
/** Median absolute deviation times this estimates the standard deviation of a normal. */
const MAD_SCALE = 1.4826;
const TINY = 10 * Number.EPSILON;

/**
 * Parameters as smooth functions of the mean: kernel regression of intercept, slope and
 * log10(1 + mean / theta) on log10 geometric means over genes that are no outliers.
 *
 * @param fittedAt - log10 geometric means of the genes fitted
 * @param fitted - their parameters
 * @param points - log10 geometric means of all genes; those beyond the fitted ones count as the last
 * @param bandwidthFactor - the bandwidth is that of Sheather and Jones times this
 */
export function regularized(
  fittedAt: Float64Array,
  fitted: GeneParameters,
  points: Float64Array,
  bandwidthFactor: number,
): GeneParameters {
  const spread = sheatherJonesBandwidth(fittedAt);
  const dispersion = fitted.theta.map((theta, g) => Math.log10(1 + 10 ** fittedAt[g]! / theta));
  const values = [fitted.intercept, fitted.slope, dispersion];
  const outlier = Number.isNaN(spread)
    ? new Uint8Array(fittedAt.length)
    : outliers(fittedAt, values, spread);
  const kept = Array.from(fittedAt.keys())
    .filter((g) => !outlier[g])
    .sort((a, b) => fittedAt[a]! - fittedAt[b]! || a - b);
  const x = Float64Array.from(kept, (g) => fittedAt[g]!);
  const [low, high] = [x[0]!, x[x.length - 1]!];
  const clipped = points.map((point) => Math.min(high, Math.max(low, point)));
  const bandwidth = Number.isNaN(spread) ? 1 : bandwidthFactor * sheatherJonesOr(x, spread);
  const smooth = (y: Float64Array): Float64Array =>
    kernelSmoothed(
      x,
      Float64Array.from(kept, (g) => y[g]!),
      clipped,
      bandwidth,
    );
  const smoothDispersion = smooth(dispersion);
  return {
    intercept: smooth(fitted.intercept),
    slope: smooth(fitted.slope),
    theta: smoothDispersion.map((value, g) => 10 ** points[g]! / (10 ** value - 1)),
  };
}

function sheatherJonesOr(x: Float64Array, otherwise: number): number {
  const bandwidth = sheatherJonesBandwidth(x);
  return Number.isNaN(bandwidth) ? otherwise : bandwidth;
}

/** 1 for genes of which a parameter lies far from those of genes of like mean, in both binnings. */
function outliers(
  x: Float64Array,
  parameters: readonly Float64Array[],
  spread: number,
): Uint8Array {
  const low = x.reduce((least, value) => Math.min(least, value), Infinity);
  const high = x.reduce((most, value) => Math.max(most, value), -Infinity);
  const width = ((high - low) * spread) / 2;
  const found = new Uint8Array(x.length);
  for (const y of parameters) {
    const first = binnedScores(x, y, low - TINY, width);
    const second = binnedScores(x, y, low - TINY - width / 2, width);
    for (let g = 0; g < x.length; g++) {
      if (Math.min(first[g]!, second[g]!) > OUTLIER) found[g] = 1;
    }
  }
  return found;
}

/** Distance from the median of the bin in median absolute deviations. */
function binnedScores(
  x: Float64Array,
  y: Float64Array,
  start: number,
  width: number,
): Float64Array {
  const bins = new Map<number, number[]>();
  x.forEach((value, g) => {
    const bin = Math.floor((value - start) / width);
    const members = bins.get(bin);
    if (members) members.push(g);
    else bins.set(bin, [g]);
  });
  const scores = new Float64Array(x.length);
  for (const genes of bins.values()) {
    const center = median(Float64Array.from(genes, (g) => y[g]!));
    const deviations = Float64Array.from(genes, (g) => Math.abs(y[g]! - center));
    const mad = MAD_SCALE * median(deviations) + Number.EPSILON;
    genes.forEach((g, i) => {
      scores[g] = deviations[i]! / mad;
    });
  }
  return scores;
}
