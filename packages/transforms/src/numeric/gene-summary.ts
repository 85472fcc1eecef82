import type { Matrix } from '@dance-ts/core';
import { columnMoments } from '@dance-ts/ml';

/** Ways to sum up the values of a gene, see {@link geneSummary}. */
export const GENE_SUMMARIES = ['sum', 'var', 'cv', 'rv'] as const;

/** One of {@link GENE_SUMMARIES}. */
export type GeneSummary = (typeof GENE_SUMMARIES)[number];

/**
 * One number a column: the sum, the population variance, the coefficient of variation sd / mean, or
 * the relative variance var / mean. The last two are 0 where the mean is 0.
 *
 * @param X - at least one row
 */
export function geneSummary(X: Matrix, mode: GeneSummary): Float64Array {
  if (mode === 'sum') return X.columnSums();
  const { mean, variance } = columnMoments(X);
  if (mode === 'var') return variance;
  return variance.map((value, j) => {
    if (mean[j] === 0) return 0;
    return (mode === 'cv' ? Math.sqrt(value) : value) / mean[j]!;
  });
}
