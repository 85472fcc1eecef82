import { CsrMatrix, DenseMatrix, toCsr, type Matrix } from '@dance-ts/core';

/** Matrices one below the other; all of one kind and number of columns, and at least one of them. */
export function concatRows(parts: readonly Matrix[]): Matrix {
  const [first] = parts;
  if (first === undefined || parts.length === 1) return first ?? DenseMatrix.zeros(0, 0);
  const nRows = parts.reduce((total, part) => total + part.nRows, 0);
  if (first.kind === 'dense') {
    const data = new Float32Array(nRows * first.nCols);
    let at = 0;
    for (const part of parts) {
      data.set(part.toDense().data, at);
      at += part.nRows * part.nCols;
    }
    return new DenseMatrix(nRows, first.nCols, data);
  }
  const sparse = parts.map(toCsr);
  const nnz = sparse.reduce((total, part) => total + part.nnz, 0);
  const indptr = new Int32Array(nRows + 1);
  const indices = new Int32Array(nnz);
  const data = new Float32Array(nnz);
  let [row, entry] = [0, 0];
  for (const part of sparse) {
    indices.set(part.indices, entry);
    data.set(part.data, entry);
    for (let i = 1; i <= part.nRows; i++) indptr[row + i] = entry + part.indptr[i]!;
    row += part.nRows;
    entry += part.nnz;
  }
  return new CsrMatrix(nRows, first.nCols, indptr, indices, data);
}
