import type { Matrix } from '@dance-ts/core';

/** Positive values in each row. */
export function positiveByRow(X: Matrix): Int32Array {
  const counts = new Int32Array(X.nRows);
  for (let i = 0; i < X.nRows; i++) {
    const values = X.kind === 'csr' ? X.row(i).data : X.row(i);
    for (const value of values) if (value > 0) counts[i]! += 1;
  }
  return counts;
}

/** Positive values in each column. */
export function positiveByColumn(X: Matrix): Int32Array {
  const counts = new Int32Array(X.nCols);
  if (X.kind === 'csr') {
    for (let e = 0; e < X.nnz; e++) if (X.data[e]! > 0) counts[X.indices[e]!]! += 1;
    return counts;
  }
  for (let i = 0; i < X.nRows; i++) {
    const row = X.row(i);
    for (let j = 0; j < row.length; j++) if (row[j]! > 0) counts[j]! += 1;
  }
  return counts;
}
