import { CsrMatrix, type DenseMatrix, type Matrix } from '@dance-ts/core';

/** Some places of a cells x genes matrix, ordered by row and then by column. */
export interface EntryList {
  readonly nRows: number;
  readonly nCols: number;
  /** [nRows + 1]; those of row i are `indptr[i] .. indptr[i + 1] - 1`. */
  readonly indptr: Int32Array;
  /** [n] row of each place. */
  readonly rows: Int32Array;
  /** [n] column of each place. */
  readonly columns: Int32Array;
}

/** The places of the stored entries with these numbers, which must be ascending. */
export function entryList(matrix: CsrMatrix, entries: ArrayLike<number>): EntryList {
  const { nRows, nCols } = matrix;
  const indptr = new Int32Array(nRows + 1);
  const rows = new Int32Array(entries.length);
  const columns = new Int32Array(entries.length);
  let next = 0;
  for (let i = 0; i < nRows; i++) {
    for (; next < entries.length && entries[next]! < matrix.indptr[i + 1]!; next++) {
      rows[next] = i;
      columns[next] = matrix.indices[entries[next]!]!;
    }
    indptr[i + 1] = next;
  }
  return { nRows, nCols, indptr, rows, columns };
}

/** The values of a matrix at the places of a list, stored sparsely (zeros, too). */
export function valuesAt(matrix: Matrix, list: EntryList): CsrMatrix {
  const { nRows, nCols, indptr, rows, columns } = list;
  const values = Float32Array.from(rows, (row, e) => matrix.get(row, columns[e]!));
  return new CsrMatrix(nRows, nCols, indptr, columns, values);
}

/** The matrix with 0 at the places of the lists; sparse stays sparse, dense stays dense. */
export function withoutEntries(matrix: Matrix, ...lists: readonly EntryList[]): Matrix {
  return matrix.kind === 'csr' ? withoutStored(matrix, lists) : withZeros(matrix, lists);
}

function withZeros(matrix: DenseMatrix, lists: readonly EntryList[]): DenseMatrix {
  const masked = matrix.copy();
  for (const { rows, columns } of lists) {
    rows.forEach((row, e) => {
      masked.data[row * masked.nCols + columns[e]!] = 0;
    });
  }
  return masked;
}

function withoutStored(matrix: CsrMatrix, lists: readonly EntryList[]): CsrMatrix {
  const { nRows, nCols } = matrix;
  const indptr = new Int32Array(nRows + 1);
  const indices = new Int32Array(matrix.nnz);
  const data = new Float32Array(matrix.nnz);
  const goneInRow = new Int32Array(nCols).fill(-1);
  let end = 0;
  for (let i = 0; i < nRows; i++) {
    for (const list of lists) {
      for (let e = list.indptr[i]!; e < list.indptr[i + 1]!; e++) goneInRow[list.columns[e]!] = i;
    }
    for (let e = matrix.indptr[i]!; e < matrix.indptr[i + 1]!; e++) {
      const j = matrix.indices[e]!;
      if (goneInRow[j] === i) continue;
      indices[end] = j;
      data[end++] = matrix.data[e]!;
    }
    indptr[i + 1] = end;
  }
  return new CsrMatrix(nRows, nCols, indptr, indices.slice(0, end), data.slice(0, end));
}
