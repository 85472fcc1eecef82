import { DataError, type CsrMatrix, type DenseMatrix, type Matrix } from '@dance-ts/core';

/** Mean and variance of each column, float64. */
export interface ColumnMoments {
  /** [nCols] */
  readonly mean: Float64Array;
  /** [nCols] */
  readonly variance: Float64Array;
}

/**
 * Column means and variances in two passes, float64; zeros that a sparse matrix does not store
 * count. NaN and infinite values make the moments of their column NaN or infinite.
 *
 * @param options - `ddof`: 0 for the population's variance, 1 for the sample's; default 0
 * @throws DataError if there are no more than ddof rows
 */
export function columnMoments(X: Matrix, options: { ddof?: 0 | 1 } = {}): ColumnMoments {
  const divisor = X.nRows - (options.ddof ?? 0);
  if (divisor < 1) {
    throw new DataError('too few rows for a variance', {
      got: `${X.nRows} rows`,
      expected: `at least ${X.nRows - divisor + 1}`,
    });
  }
  const mean = X.columnSums().map((sum) => sum / X.nRows);
  const squares = X.kind === 'csr' ? sparseSquares(X, mean) : denseSquares(X, mean);
  return { mean, variance: squares.map((sum) => sum / divisor) };
}

/** Sums of squared deviations of each column. */
function denseSquares(X: DenseMatrix, mean: Float64Array): Float64Array {
  const squares = new Float64Array(X.nCols);
  for (let i = 0; i < X.nRows; i++) {
    const row = X.row(i);
    for (let j = 0; j < row.length; j++) {
      const deviation = row[j]! - mean[j]!;
      squares[j]! += deviation * deviation;
    }
  }
  return squares;
}

function sparseSquares(X: CsrMatrix, mean: Float64Array): Float64Array {
  const { nRows, nCols, nnz, indices, data } = X;
  const squares = new Float64Array(nCols);
  const stored = new Int32Array(nCols);
  for (let e = 0; e < nnz; e++) {
    const j = indices[e]!;
    const deviation = data[e]! - mean[j]!;
    squares[j]! += deviation * deviation;
    stored[j]! += 1;
  }
  return squares.map((sum, j) => sum + (nRows - stored[j]!) * mean[j]! ** 2);
}
