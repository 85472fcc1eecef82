/** Ascending copy of the values. */
export function ascending(values: ArrayLike<number>): Float64Array {
  return Float64Array.from(values).sort();
}

/**
 * Quantile of ascending values by linear interpolation between order statistics, with the rounding
 * of NumPy's `percentile`, so that bin edges made of quantiles fall on the same side of the data.
 *
 * @param sorted - ascending, at least one value
 * @param fraction - 0 to 1
 */
export function quantile(sorted: Float64Array, fraction: number): number {
  const position = (sorted.length - 1) * fraction;
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  const weight = position - below;
  const difference = high - low;
  return weight < 0.5 ? low + difference * weight : high - difference * (1 - weight);
}

/** Median; NaN of nothing. */
export function median(values: ArrayLike<number>): number {
  return values.length === 0 ? NaN : quantile(ascending(values), 0.5);
}
