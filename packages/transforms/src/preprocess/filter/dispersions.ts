import type { ColumnMoments } from '@dance-ts/ml';
import { binOf, equalWidthEdges, groupByBin } from '../../numeric/bins.js';
import { ascending, median, quantile } from '../../numeric/quantile.js';

/** How much genes vary for their mean; one value a gene. */
export interface Dispersions {
  readonly means: Float64Array;
  readonly dispersions: Float64Array;
  /** Compared with genes of similar mean; NaN where that has no meaning. */
  readonly normalized: Float64Array;
}

/** Where a bin lies and how wide it spreads. */
interface BinScale {
  readonly center: number;
  readonly spread: number;
}

const TINY_MEAN = 1e-12;
/** Median absolute deviation of the standard normal distribution. */
const NORMAL_MAD = 0.6744897501960817;

/**
 * Flavor `seurat`: log(variance / mean) as z-scores within bins of log(1 + mean).
 *
 * A gene alone in its bin gets 1. Source: Satija et al., Nat. Biotechnol. 33, 2015, as scanpy
 * computes it.
 *
 * @param moments - of values that are not logarithms, ddof 1
 */
export function seuratDispersions(moments: ColumnMoments, nBins: number): Dispersions {
  const ratios = varianceToMean(moments);
  const dispersions = ratios.map((ratio) => (ratio === 0 ? NaN : Math.log(ratio)));
  const means = moments.mean.map((mean) => Math.log1p(positive(mean)));
  const bins = binOf(means, equalWidthEdges(means, nBins));
  const normalized = normalizeWithin(dispersions, bins, meanAndDeviation);
  return { means, dispersions, normalized };
}

/**
 * Flavor `cell_ranger`: variance / mean, as distance from the median in units of the MAD within
 * bins between the 10th, 15th, ..., 100th percentiles of the mean.
 *
 * Source: Zheng et al., Nat. Commun. 8, 2017, as scanpy computes it.
 */
export function cellRangerDispersions(moments: ColumnMoments): Dispersions {
  const dispersions = varianceToMean(moments);
  const means = moments.mean.map(positive);
  const sorted = ascending(means);
  const percentiles = Array.from({ length: 19 }, (_, i) => quantile(sorted, (10 + 5 * i) / 100));
  const bins = binOf(means, Float64Array.of(-Infinity, ...percentiles, Infinity));
  return { means, dispersions, normalized: normalizeWithin(dispersions, bins, medianAndMad) };
}

function varianceToMean({ mean, variance }: ColumnMoments): Float64Array {
  return variance.map((value, g) => value / positive(mean[g]!));
}

/** A mean of 0 would divide by 0. */
function positive(mean: number): number {
  return mean === 0 ? TINY_MEAN : mean;
}

function normalizeWithin(
  dispersions: Float64Array,
  bins: Int32Array,
  scaleOf: (values: readonly number[]) => BinScale,
): Float64Array {
  const scales = new Map<number, BinScale>();
  for (const [bin, values] of groupByBin(dispersions, bins)) scales.set(bin, scaleOf(values));
  return dispersions.map((dispersion, g) => {
    const scale = scales.get(bins[g]!);
    return scale === undefined ? NaN : (dispersion - scale.center) / scale.spread;
  });
}

function meanAndDeviation(values: readonly number[]): BinScale {
  const [first = NaN] = values;
  if (values.length === 1) return { center: first - 1, spread: 1 };
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { center: mean, spread: Math.sqrt(squares / (values.length - 1)) };
}

function medianAndMad(values: readonly number[]): BinScale {
  const center = median(values);
  const mad = median(values.map((value) => Math.abs(value - center)));
  return { center, spread: mad / NORMAL_MAD };
}
