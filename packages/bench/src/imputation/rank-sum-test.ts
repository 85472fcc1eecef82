import { benjaminiHochberg, normalTwoSided, rankSums, rankSumScore } from '@dance-ts/ml';

/**
 * Two-sided p-value of Wilcoxon's rank-sum test (Mann & Whitney, 1947) by its normal approximation,
 * corrected for ties and for continuity; 1 if all values are equal or a group is empty.
 *
 * @param values - [n]
 * @param isFirst - [n] whether a value is of the first group
 */
export function rankSumTest(values: ArrayLike<number>, isFirst: readonly boolean[]): number {
  const groups = Int32Array.from(isFirst, (first) => (first ? 0 : 1));
  const nFirst = isFirst.filter(Boolean).length;
  const nSecond = isFirst.length - nFirst;
  const { sums, ties } = rankSums(Float32Array.from(values), groups, [nFirst, nSecond]);
  const score = rankSumScore(sums[0]!, nFirst, nSecond, { ties, continuity: true });
  return Number.isNaN(score) ? 1 : normalTwoSided(score);
}

/**
 * How many of some hypotheses Benjamini & Hochberg (1995) reject at a false discovery rate.
 *
 * @param pValues - [n], in any order
 */
export function rejectedAt(pValues: ArrayLike<number>, rate: number): number {
  return benjaminiHochberg(pValues).filter((adjusted) => adjusted <= rate).length;
}
