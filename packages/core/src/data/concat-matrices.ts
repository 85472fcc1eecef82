import { DataError } from '../errors.js';
import { CsrMatrix } from '../matrix/csr-matrix.js';
import { DenseMatrix } from '../matrix/dense-matrix.js';
import { toCsr, type Matrix } from '../matrix/matrix.js';
import { stackRows } from '../matrix/stack-rows.js';
import { Table } from '../table/table.js';
import type { Aligned } from './anndata.js';
import { stackTables } from './concat-columns.js';
import { isIdentity, type Join } from './concat-names.js';

/** A matrix, or the number of rows for which there is none. */
type MatrixPiece = Matrix | number;

/**
 * Matrices below each other, the columns of each in the given order (-1: not there). One sparse
 * matrix makes the result sparse.
 *
 * @param sources - for each piece, the column of it that becomes each column of the result
 * @param fillValue - for what is not there; 0 in a sparse result and NaN in a dense one if undefined
 */
export function stackMatrices(
  pieces: readonly MatrixPiece[],
  sources: readonly Int32Array[],
  fillValue?: number,
): Matrix {
  const isSparse = pieces.some((piece) => typeof piece !== 'number' && piece.kind === 'csr');
  const nCols = sources[0]?.length ?? 0;
  const absent = new Int32Array(nCols).fill(-1);
  const sourceOf = (p: number): Int32Array =>
    typeof pieces[p] === 'number' ? absent : sources[p]!;
  if (!isSparse) {
    const dense = pieces.map((piece) =>
      typeof piece === 'number' ? DenseMatrix.zeros(piece, 0) : piece.toDense(),
    );
    return stackDense(
      dense,
      dense.map((_, p) => sourceOf(p)),
      nCols,
      fillValue ?? NaN,
    );
  }
  const blocks = pieces.map((piece, p) => {
    const block =
      typeof piece === 'number' ? CsrMatrix.fromDense(DenseMatrix.zeros(piece, 0)) : toCsr(piece);
    return alignColumns(block, sourceOf(p), fillValue ?? 0);
  });
  return stackRows(blocks, nCols);
}

/**
 * Entries of `obsm` below each other: the columns that all have (`inner`) or as many as the widest
 * has (`outer`); tables with tables, by column name.
 *
 * @param index - names of all cells
 * @throws DataError if only some of the entries are tables
 */
export function stackAligned(
  key: string,
  pieces: readonly (Aligned | number)[],
  index: readonly string[],
  join: Join,
  fillValue?: number,
): Aligned {
  const there = pieces.filter((piece) => typeof piece !== 'number');
  if (there.some((piece) => piece instanceof Table)) {
    const tables = pieces.map((piece) => {
      if (piece instanceof Table) return piece;
      if (typeof piece === 'number') return new Table(new Array<string>(piece).fill(''));
      throw new DataError(
        `concat: obsm["${key}"] is a table in some parts and a matrix in others`,
        {
          remedy: 'Remove or rename it in some of them.',
        },
      );
    });
    return stackTables(tables, index, join);
  }
  const matrices = pieces as readonly MatrixPiece[];
  const widths = matrices.map((piece) => (typeof piece === 'number' ? 0 : piece.nCols));
  const width = join === 'inner' ? Math.min(...widths) : Math.max(...widths);
  const sources = widths.map((own) =>
    Int32Array.from({ length: width }, (_, j) => (j < own ? j : -1)),
  );
  return stackMatrices(matrices, sources, fillValue);
}

/** Square matrices along the diagonal of a larger one, zero elsewhere. */
export function blockDiagonal(pieces: readonly MatrixPiece[]): CsrMatrix {
  const sizes = pieces.map((piece) => (typeof piece === 'number' ? piece : piece.nRows));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let offset = 0;
  const blocks = pieces.map((piece, p) => {
    const start = offset;
    offset += sizes[p]!;
    const block =
      typeof piece === 'number' ? CsrMatrix.fromTriplets(piece, piece, [], [], []) : toCsr(piece);
    const shifted = block.indices.map((j) => j + start);
    return new CsrMatrix(block.nRows, total, block.indptr, shifted, block.data);
  });
  return stackRows(blocks, total);
}

/** Rows of a matrix in the given order, `fillValue` where the row is -1. */
export function alignRows(matrix: Matrix, source: Int32Array, fillValue?: number): Matrix {
  if (isIdentity(source, matrix.nRows)) return matrix;
  if (matrix.kind === 'csr') return alignCsrRows(matrix, source, fillValue ?? 0);
  const aligned = DenseMatrix.zeros(source.length, matrix.nCols);
  source.forEach((from, to) => {
    if (from === -1) aligned.row(to).fill(fillValue ?? NaN);
    else aligned.row(to).set(matrix.row(from));
  });
  return aligned;
}

/** Columns in the given order by way of the transpose, which keeps rows sorted in linear time. */
export function alignColumns(matrix: CsrMatrix, source: Int32Array, fillValue: number): CsrMatrix {
  if (isIdentity(source, matrix.nCols)) return matrix;
  return alignCsrRows(matrix.transpose(), source, fillValue).transpose();
}

function alignCsrRows(matrix: CsrMatrix, source: Int32Array, fillValue: number): CsrMatrix {
  const { nCols } = matrix;
  const nFilled = fillValue === 0 ? 0 : nCols;
  const indptr = new Int32Array(source.length + 1);
  source.forEach((from, to) => {
    const count = from === -1 ? nFilled : matrix.indptr[from + 1]! - matrix.indptr[from]!;
    indptr[to + 1] = indptr[to]! + count;
  });
  const indices = new Int32Array(indptr[source.length]!);
  const data = new Float32Array(indices.length);
  const everyColumn = Int32Array.from({ length: nFilled }, (_, j) => j);
  source.forEach((from, to) => {
    const row =
      from === -1
        ? { indices: everyColumn, data: new Float32Array(nFilled).fill(fillValue) }
        : matrix.row(from);
    indices.set(row.indices, indptr[to]);
    data.set(row.data, indptr[to]);
  });
  return new CsrMatrix(source.length, nCols, indptr, indices, data);
}

function stackDense(
  blocks: readonly DenseMatrix[],
  sources: readonly Int32Array[],
  nCols: number,
  fillValue: number,
): DenseMatrix {
  const nRows = blocks.reduce((sum, block) => sum + block.nRows, 0);
  const stacked = DenseMatrix.zeros(nRows, nCols);
  let start = 0;
  blocks.forEach((block, p) => {
    const source = sources[p]!;
    for (let i = 0; i < block.nRows; i++) {
      const [from, to] = [block.row(i), stacked.row(start + i)];
      for (let j = 0; j < nCols; j++) to[j] = source[j] === -1 ? fillValue : from[source[j]!]!;
    }
    start += block.nRows;
  });
  return stacked;
}
