import { assertCounts, type Matrix } from '@dance-ts/core';
import { median } from '../../numeric/quantile.js';
import { dominantColumns, rowSumsWithout } from './highly-expressed.js';

/**
 * Rows scaled to a common sum; rows of zeros stay as they are.
 *
 * @param X - non-negative and finite
 * @param targetSum - sum of each row; the median of the positive row sums if left out
 * @throws DataError for negative or non-finite values
 */
export function scaleRowsToSum(X: Matrix, targetSum?: number): Matrix {
  assertCounts(X);
  return scaledBy(X, X.rowSums(), targetSum);
}

/**
 * {@link scaleRowsToSum} where columns that make up more than a share of some row do not count in the
 * sums; they are scaled like the others.
 *
 * @param X - non-negative and finite
 * @param maxFraction - the share, 0 to 1
 * @param targetSum - sum of each row; the median of the positive row sums if left out
 * @throws DataError for negative or non-finite values
 */
export function scaleRowsWithoutDominant(
  X: Matrix,
  maxFraction: number,
  targetSum?: number,
): Matrix {
  assertCounts(X);
  return scaledBy(X, rowSumsWithout(X, dominantColumns(X, maxFraction)), targetSum);
}

function scaledBy(X: Matrix, sums: Float64Array, targetSum: number | undefined): Matrix {
  const target = targetSum ?? median(sums.filter((sum) => sum > 0));
  return X.scaleRows(sums.map((sum) => (sum > 0 ? target / sum : 1)));
}
