import type { Matrix } from '@dance-ts/core';

/** Mean and variance of each column. */
export interface ColumnMoments {
  readonly means: Float64Array;
  readonly variances: Float64Array;
}

/**
 * Column means and variances in float64, in two passes; NaN variances where there are not more rows
 * than `ddof`.
 */
export function columnMoments(X: Matrix, { ddof }: { ddof: 0 | 1 }): ColumnMoments {
  const means = X.columnSums().map((sum) => sum / X.nRows);
  const squares = new Float64Array(X.nCols);
  const stored = new Int32Array(X.nCols);
  const add = (j: number, value: number): void => {
    squares[j]! += (value - means[j]!) ** 2;
    stored[j]! += 1;
  };
  if (X.kind === 'csr') for (let e = 0; e < X.nnz; e++) add(X.indices[e]!, X.data[e]!);
  else for (let e = 0; e < X.data.length; e++) add(e % X.nCols, X.data[e]!);
  const variances = squares.map((sum, j) => {
    const zeros = X.nRows - stored[j]!;
    return (sum + zeros * means[j]! ** 2) / (X.nRows - ddof);
  });
  return { means, variances };
}
