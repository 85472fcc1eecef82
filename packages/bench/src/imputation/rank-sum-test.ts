import { averageRanks } from '@dance-ts/metrics';

/**
 * Two-sided p-value of Wilcoxon's rank-sum test (Mann & Whitney, 1947) by its normal approximation,
 * corrected for ties and for continuity; 1 if all values are equal or a group is empty.
 *
 * @param values - [n]
 * @param isFirst - [n] whether a value is of the first group
 */
export function rankSumTest(values: ArrayLike<number>, isFirst: readonly boolean[]): number {
  const n = values.length;
  const nFirst = isFirst.filter(Boolean).length;
  if (nFirst === 0 || nFirst === n) return 1;
  const ranks = averageRanks(values);
  let sum = 0;
  const sizes = new Map<number, number>();
  ranks.forEach((rank, i) => {
    if (isFirst[i]) sum += rank;
    sizes.set(rank, (sizes.get(rank) ?? 0) + 1);
  });
  let ties = 0;
  for (const size of sizes.values()) ties += size ** 3 - size;
  const pairs = nFirst * (n - nFirst);
  const variance = (pairs / 12) * (n + 1 - ties / (n * (n - 1)));
  if (!(variance > 0)) return 1;
  const distance = Math.abs(sum - (nFirst * (n + 1)) / 2);
  return Math.min(1, upperTail(Math.max(0, distance - 0.5) / Math.sqrt(variance)) * 2);
}

/**
 * How many of some hypotheses Benjamini & Hochberg (1995) reject at a false discovery rate.
 *
 * @param pValues - [n], in any order
 */
export function rejectedAt(pValues: ArrayLike<number>, rate: number): number {
  const sorted = Float64Array.from(pValues).sort();
  for (let k = sorted.length; k > 0; k--) {
    if (sorted[k - 1]! <= (rate * k) / sorted.length) return k;
  }
  return 0;
}

/**
 * P(Z > z) of a standard normal Z for z \>= 0, by a Chebyshev fit of erfc (Press et al., Numerical
 * Recipes, section 6.2: fractional error below 1.2e-7).
 */
function upperTail(z: number): number {
  const x = z / Math.SQRT2;
  const t = 1 / (1 + 0.5 * x);
  const coefficients = [
    0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418,
    0.37409196, 1.00002368, -1.26551223,
  ];
  let exponent = 0;
  for (const coefficient of coefficients) exponent = exponent * t + coefficient;
  return 0.5 * t * Math.exp(-x * x + exponent);
}
