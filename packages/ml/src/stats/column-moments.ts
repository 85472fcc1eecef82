import type { Matrix } from '@dance-ts/core';

/** Mean and variance of each column, float64. */
export interface ColumnMoments {
  readonly mean: Float64Array;
  readonly variance: Float64Array;
}

/**
 * Column means and variances in two passes, float64; zeros of a sparse matrix count.
 *
 * @param options - `ddof`: 0 for the population's variance, 1 for the sample's; default 0
 */
export function columnMoments(X: Matrix, options: { ddof?: 0 | 1 } = {}): ColumnMoments {
  const mean = X.columnSums().map((sum) => sum / X.nRows);
  const squares = new Float64Array(X.nCols);
  const stored = new Int32Array(X.nCols);
  const add = (j: number, value: number): void => {
    squares[j]! += (value - mean[j]!) ** 2;
    stored[j]! += 1;
  };
  if (X.kind === 'csr') for (let e = 0; e < X.nnz; e++) add(X.indices[e]!, X.data[e]!);
  else for (let e = 0; e < X.data.length; e++) add(e % X.nCols, X.data[e]!);
  const divisor = X.nRows - (options.ddof ?? 0);
  const variance = squares.map(
    (sum, j) => (sum + (X.nRows - stored[j]!) * mean[j]! ** 2) / divisor,
  );
  return { mean, variance };
}
