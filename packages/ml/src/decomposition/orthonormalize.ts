import { DenseMatrix } from '@dance-ts/core';

/**
 * Orthonormal basis of the columns (classical Gram-Schmidt, applied twice, in float64). A column
 * that depends on those before it becomes zero.
 */
export function orthonormalize(M: DenseMatrix): DenseMatrix {
  const { nRows, nCols } = M;
  const columns = Array.from({ length: nCols }, (_, c) =>
    Float64Array.from({ length: nRows }, (__, i) => M.data[i * nCols + c]!),
  );
  for (let c = 0; c < nCols; c++) {
    const column = columns[c]!;
    const before = norm(column);
    for (let pass = 0; pass < 2; pass++) {
      for (let b = 0; b < c; b++) subtractProjection(column, columns[b]!);
    }
    const length = norm(column);
    const scale = length > 1e-10 * before && length > 0 ? 1 / length : 0;
    for (let i = 0; i < nRows; i++) column[i]! *= scale;
  }
  const Q = DenseMatrix.zeros(nRows, nCols);
  for (let i = 0; i < nRows; i++) {
    for (let c = 0; c < nCols; c++) Q.data[i * nCols + c] = columns[c]![i]!;
  }
  return Q;
}

function subtractProjection(column: Float64Array, direction: Float64Array): void {
  let product = 0;
  for (let i = 0; i < column.length; i++) product += column[i]! * direction[i]!;
  for (let i = 0; i < column.length; i++) column[i]! -= product * direction[i]!;
}

function norm(column: Float64Array): number {
  let sum = 0;
  for (const value of column) sum += value * value;
  return Math.sqrt(sum);
}
