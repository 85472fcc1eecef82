import { CsrMatrix, DataError, DenseMatrix } from '@dance-ts/core';
import { UnsupportedElementError } from '../hdf5/h5-errors.js';
import type { ReadContext } from './element.js';
import type { StoredArray, StoredGroup } from '../storage/stored-node.js';

/** A two-dimensional array of numbers of any width, as Float32. */
export async function readDense(_context: ReadContext, dataset: StoredArray): Promise<DenseMatrix> {
  const { shape = [] } = dataset;
  if (shape.length !== 2) {
    throw new UnsupportedElementError(`${dataset.file.name}: ${dataset.label} is not a matrix`, {
      got: `${shape.length} dimensions`,
      expected: '2',
    });
  }
  return new DenseMatrix(shape[0]!, shape[1]!, await dataset.readFloat32());
}

/** Compressed sparse rows; values of any number type become Float32. */
export async function readCsr(_context: ReadContext, group: StoredGroup): Promise<CsrMatrix> {
  const [nRows, nCols] = sparseShape(group);
  return readCompressed(group, nRows, nCols);
}

/** Compressed sparse columns, turned into rows. */
export async function readCsc(_context: ReadContext, group: StoredGroup): Promise<CsrMatrix> {
  const [nRows, nCols] = sparseShape(group);
  const columns = await readCompressed(group, nCols, nRows);
  group.file.claim(8 * columns.nnz + 4 * nRows, group.label);
  return columns.transpose();
}

/** Rows and columns of a sparse matrix. */
export function sparseShape(group: StoredGroup): readonly [number, number] {
  const shape = group.attribute('shape') ?? group.attribute('h5sparse_shape');
  if (Array.isArray(shape) && shape.length === 2) {
    const [nRows, nCols] = shape as unknown[];
    if (isSize(nRows) && isSize(nCols)) return [nRows, nCols];
  }
  throw group.invalid('has no valid "shape"', {
    got: shape === undefined ? 'nothing' : JSON.stringify(shape),
    expected: 'two sizes below 2^31',
  });
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 31;
}

/**
 * The matrix whose rows are the compressed ("major") axis: datasets `indptr`, `indices` and `data`.
 * Places that are not in order are sorted, and values at the same place are added.
 *
 * @throws FormatError if the three do not describe such a matrix
 */
export async function readCompressed(
  group: StoredGroup,
  nMajor: number,
  nMinor: number,
): Promise<CsrMatrix> {
  const pointers = group.dataset('indptr');
  assertLength(pointers, nMajor + 1);
  const places = group.dataset('indices');
  const values = group.dataset('data');
  assertLength(places, values.length);
  const indptr = await pointers.readInt32();
  const indices = await places.readInt32();
  const data = await values.readFloat32();
  assertPointers(pointers, indptr, data.length);
  return compressedRows(group, nMajor, nMinor, indptr, indices, data);
}

/**
 * A matrix of rows whose pointers are known to be valid; places are sorted and added up as needed.
 *
 * @throws FormatError about `group`, if a place lies outside of the matrix
 */
export function compressedRows(
  group: StoredGroup,
  nMajor: number,
  nMinor: number,
  indptr: Int32Array,
  indices: Int32Array,
  data: Float32Array,
): CsrMatrix {
  try {
    return isCanonical(indptr, indices)
      ? new CsrMatrix(nMajor, nMinor, indptr, indices, data)
      : CsrMatrix.fromTriplets(nMajor, nMinor, majorOfEntries(indptr), indices, data);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    throw group.invalid(`is no valid sparse matrix (${error.message})`, {
      remedy: 'The file seems to be damaged: get it again or restore it from a copy.',
      cause: error,
    });
  }
}

/** @throws FormatError if the array is not of one dimension and that length */
export function assertLength(dataset: StoredArray, expected: number): void {
  if (dataset.shape?.length === 1 && dataset.length === expected) return;
  throw dataset.invalid('has the wrong length', {
    got: dataset.shape?.join(' x ') ?? 'nothing',
    expected: String(expected),
  });
}

function assertPointers(dataset: StoredArray, indptr: Int32Array, nnz: number): void {
  let isValid = indptr[0] === 0 && indptr[indptr.length - 1] === nnz;
  for (let i = 1; i < indptr.length; i++) isValid &&= indptr[i]! >= indptr[i - 1]!;
  if (!isValid) {
    throw dataset.invalid('does not describe the rows of a sparse matrix', {
      expected: `values that rise from 0 to ${nnz}`,
    });
  }
}

/** True if the places of every row rise strictly. */
function isCanonical(indptr: Int32Array, indices: Int32Array): boolean {
  for (let i = 0; i + 1 < indptr.length; i++) {
    for (let e = indptr[i]! + 1; e < indptr[i + 1]!; e++) {
      if (indices[e]! <= indices[e - 1]!) return false;
    }
  }
  return true;
}

/** Row number of every entry, for matrices that must be sorted and merged. */
function majorOfEntries(indptr: Int32Array): Int32Array {
  const rows = new Int32Array(indptr[indptr.length - 1]!);
  for (let i = 0; i + 1 < indptr.length; i++) rows.fill(i, indptr[i], indptr[i + 1]);
  return rows;
}
