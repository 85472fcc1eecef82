import { lowerBound } from '@dance-ts/ml';

/** R's ksmooth scales a Gaussian so that its quartiles lie at +-0.25 bandwidths. */
const DEVIATIONS_PER_BANDWIDTH = 0.3706506;

/**
 * Kernel regression (Nadaraya & Watson): at each point, the mean of `y` weighted by a Gaussian of the
 * distance in `x`, whose quartiles lie at +-0.25 bandwidths; as R's ksmooth(kernel = 'normal').
 *
 * @param x - ascending
 * @param y - as long as `x`
 * @param points - where to evaluate
 * @param bandwidth - above 0
 * @returns [points.length]; a point too far from all of `x` gets the value of the nearest
 */
export function kernelSmoothed(
  x: Float64Array,
  y: Float64Array,
  points: Float64Array,
  bandwidth: number,
): Float64Array {
  const deviation = DEVIATIONS_PER_BANDWIDTH * bandwidth;
  const cutoff = 4 * deviation;
  return points.map((point) => {
    let sum = 0;
    let total = 0;
    for (let i = lowerBound(x, point - cutoff); i < x.length && x[i]! <= point + cutoff; i++) {
      const weight = Math.exp(-0.5 * ((x[i]! - point) / deviation) ** 2);
      sum += weight * y[i]!;
      total += weight;
    }
    return total > 0 ? sum / total : y[nearest(x, point)]!;
  });
}

function nearest(sorted: Float64Array, value: number): number {
  const above = Math.min(lowerBound(sorted, value), sorted.length - 1);
  const below = Math.max(0, above - 1);
  return value - sorted[below]! < sorted[above]! - value ? below : above;
}
