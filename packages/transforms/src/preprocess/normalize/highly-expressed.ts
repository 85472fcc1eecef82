import type { Matrix } from '@dance-ts/core';

/**
 * Marks the columns that make up more than a share of some row.
 *
 * @param X - non-negative
 * @returns 1 for each such column, else 0
 */
export function dominantColumns(X: Matrix, maxFraction: number): Uint8Array {
  const sums = X.rowSums();
  const dominant = new Uint8Array(X.nCols);
  for (let i = 0; i < X.nRows; i++) {
    const limit = maxFraction * sums[i]!;
    const { indices, data } = X.kind === 'csr' ? X.row(i) : { indices: undefined, data: X.row(i) };
    for (let e = 0; e < data.length; e++) if (data[e]! > limit) dominant[indices?.[e] ?? e] = 1;
  }
  return dominant;
}

/** Sum of each row without the marked columns, float64. */
export function rowSumsWithout(X: Matrix, marked: Uint8Array): Float64Array {
  const sums = new Float64Array(X.nRows);
  for (let i = 0; i < X.nRows; i++) {
    const { indices, data } = X.kind === 'csr' ? X.row(i) : { indices: undefined, data: X.row(i) };
    for (let e = 0; e < data.length; e++) if (!marked[indices?.[e] ?? e]) sums[i]! += data[e]!;
  }
  return sums;
}
