import { assertCounts, type Matrix } from '@dance-ts/core';
import { median } from '../../numeric/quantile.js';

/**
 * Rows scaled to a common sum; rows of zeros stay as they are.
 *
 * @param X - non-negative and finite
 * @param targetSum - sum of each row; the median of the positive row sums if left out
 * @throws DataError for negative or non-finite values
 */
export function scaleRowsToSum(X: Matrix, targetSum?: number): Matrix {
  assertCounts(X);
  const sums = X.rowSums();
  const target = targetSum ?? median(sums.filter((sum) => sum > 0));
  return X.scaleRows(sums.map((sum) => (sum > 0 ? target / sum : 1)));
}
