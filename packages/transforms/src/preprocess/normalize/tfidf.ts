import { assertCounts, type Matrix } from '@dance-ts/core';
import { scaledColumns } from '../../numeric/normalized-columns.js';
import { scaleRowsToSum } from './scale-rows.js';

/**
 * Inverse document frequency of each column: rows / column sum, and 0 for a column of zeros (which
 * carries nothing, but would divide by 0).
 *
 * @param X - non-negative, rows x columns
 */
export function inverseFrequencies(X: Matrix): Float64Array {
  return X.columnSums().map((sum) => (sum > 0 ? X.nRows / sum : 0));
}

/**
 * Each row divided by its sum, each column multiplied by its inverse document frequency; no
 * logarithms. Sparse stays sparse, rows of zeros stay zero.
 *
 * @param X - non-negative
 * @param idf - of the data fitted on, [nCols]
 * @throws DataError for negative or non-finite values
 */
export function tfidf(X: Matrix, idf: Float64Array = inverseFrequencies(X)): Matrix {
  assertCounts(X);
  return scaledColumns(scaleRowsToSum(X, 1), idf);
}
