import { lowerBound } from '@dance-ts/ml';

/**
 * Number of the bin of each value; bin `b` holds the values above `edges[b]` up to and including
 * `edges[b + 1]`.
 *
 * @param edges - ascending; the first below every value, the last not below any
 */
export function binOf(values: Float64Array, edges: Float64Array): Int32Array {
  return Int32Array.from(values, (value) => lowerBound(edges, value) - 1);
}

/**
 * Edges of `nBins` bins of equal width over the range of the values, the first one moved down by
 * 0.1 % of the range so that the smallest value falls into the first bin (as pandas' `cut` does).
 */
export function equalWidthEdges(values: Float64Array, nBins: number): Float64Array {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low === high) return Float64Array.of(-Infinity, high);
  const width = (high - low) / nBins;
  const edges = Float64Array.from({ length: nBins + 1 }, (_, i) => low + i * width);
  edges[nBins] = high;
  edges[0] = low - (high - low) * 0.001;
  return edges;
}

/** Values of each bin, without those that are NaN. */
export function groupByBin(values: Float64Array, bins: Int32Array): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  values.forEach((value, i) => {
    if (Number.isNaN(value)) return;
    const bin = bins[i]!;
    const group = groups.get(bin);
    if (group) group.push(value);
    else groups.set(bin, [value]);
  });
  return groups;
}
