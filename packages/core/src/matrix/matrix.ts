import { DataError } from '../errors.js';
import { CsrMatrix } from './csr-matrix.js';
import type { DenseMatrix } from './dense-matrix.js';

/** A cells x genes (or any other) matrix, sparse or dense. */
export type Matrix = CsrMatrix | DenseMatrix;

/** The CSR form of a matrix; a CSR matrix is returned as it is. */
export function toCsr(matrix: Matrix): CsrMatrix {
  return matrix.kind === 'csr' ? matrix : CsrMatrix.fromDense(matrix);
}

/** Bytes held by a matrix. */
export function matrixBytes(matrix: Matrix): number {
  return matrix.kind === 'dense'
    ? matrix.data.byteLength
    : matrix.data.byteLength + matrix.indices.byteLength + matrix.indptr.byteLength;
}

/**
 * Refuses values that cannot be counts.
 *
 * @throws {@link DataError} at the first NaN, infinite or negative value, naming cell and gene
 */
export function assertCounts(matrix: Matrix, name = 'X'): void {
  const { data } = matrix;
  let bad = 0;
  while (bad < data.length && data[bad]! >= 0 && data[bad]! < Infinity) bad += 1;
  if (bad === data.length) return;
  const [cell, gene] =
    matrix.kind === 'dense' ? placeInDense(matrix, bad) : placeInCsr(matrix, bad);
  throw new DataError(`${name} holds a value that is not a count at cell ${cell}, gene ${gene}`, {
    got: String(data[bad]),
    expected: 'finite values >= 0',
    remedy:
      'Give raw counts (for example layers["counts"] or raw.X), not scaled or log-ratio data.',
  });
}

function placeInDense(matrix: DenseMatrix, offset: number): readonly [number, number] {
  return [Math.floor(offset / matrix.nCols), offset % matrix.nCols];
}

function placeInCsr(matrix: CsrMatrix, entry: number): readonly [number, number] {
  return [matrix.indptr.findIndex((end) => end > entry) - 1, matrix.indices[entry]!];
}
