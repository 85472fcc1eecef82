import { assertCounts, type Matrix } from '@dance-ts/core';
import { normalizedRows, scaledColumns } from '../../numeric/normalized-columns.js';
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

/**
 * Logarithm of tf-idf, for chromatin accessibility:
 *   ln(1 + scale tf_ij n / d_j),
 * tf being a row's share of its sum, n the number of rows and d_j the rows with a count in column j.
 * Sparse stays sparse, rows of zeros stay zero.
 *
 * Source: Stuart et al., Nat. Methods 18, 2021 (Signac, RunTFIDF method 1).
 *
 * @param X - counts, cells x peaks
 * @param scale - default 1e4
 * @throws DataError for negative or non-finite values
 */
export function logTfidf(X: Matrix, scale = 1e4): Matrix {
  const idf = rowsWithCounts(X).map((rows) => (rows > 0 ? X.nRows / rows : 0));
  return tfidf(X, idf).mapData((value) => Math.log1p(scale * value));
}

/**
 * Counts times ln((1 + n) / (1 + d_j)) + 1, n being the number of rows and d_j the rows with a count in
 * column j; each row is then divided by its Euclidean norm. These are scikit-learn's defaults of
 * `TfidfTransformer`. Sparse stays sparse, rows of zeros stay zero.
 *
 * @param X - counts, documents x terms
 * @throws DataError for negative or non-finite values
 */
export function smoothTfidf(X: Matrix): Matrix {
  assertCounts(X);
  const idf = rowsWithCounts(X).map((rows) => Math.log((1 + X.nRows) / (1 + rows)) + 1);
  return normalizedRows(scaledColumns(X, idf), 'l2', -1);
}

/** Number of rows with a value above 0 in each column. */
function rowsWithCounts(X: Matrix): Float64Array {
  return X.mapData((value) => Number(value > 0)).columnSums();
}
