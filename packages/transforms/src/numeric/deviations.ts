import type { ColumnMoments } from '@dance-ts/ml';

/** Below this share of its mean, float32 values cannot tell a deviation from rounding. */
const ROUNDING = 1e-6;

/** Standard deviation of each column to divide by: 1 where the column is constant. */
export function deviationsToDivideBy({ mean, variance }: ColumnMoments): Float64Array {
  return variance.map((value, j) => {
    const deviation = Math.sqrt(value);
    return deviation > ROUNDING * Math.abs(mean[j]!) ? deviation : 1;
  });
}
