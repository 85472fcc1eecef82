import { DenseMatrix, type CsrMatrix, type Matrix } from '@dance-ts/core';
import type { H5File, H5ReadOptions } from '../hdf5/h5-file.js';
import { UnsupportedElementError } from '../hdf5/h5-errors.js';
import { H5Dataset, H5Group, type H5Node } from '../hdf5/h5-node.js';
import { readFloat32Range, readInt32Range } from '../hdf5/read-values.js';
import { describeElement, identify } from './element.js';
import { assertLength, compressedRows, sparseShape } from './read-matrix.js';

/** A matrix in a file, of which ranges of rows are read when they are asked for. */
export interface BackedRows {
  readonly nRows: number;
  readonly nCols: number;
  /** Rows from `start` to before `end`, which are known to be valid. */
  read(start: number, end: number, options: H5ReadOptions): Promise<Matrix>;
  /** Values that reading these rows takes out of the file. */
  cost(start: number, end: number): number;
}

/**
 * Opens a matrix for reading by rows. Row pointers are read at once, values are not.
 *
 * @throws FormatError if it is neither CSR nor dense, or damaged
 */
export async function openRows(node: H5Node): Promise<BackedRows> {
  const { type } = identify(node);
  if (node.kind === 'group' && type === 'csr_matrix') return openCsr(node);
  if (node.kind === 'dataset' && type === 'array' && node.shape?.length === 2) {
    return openDense(node);
  }
  throw new UnsupportedElementError(`${node.file.name}: ${node.label} cannot be read by rows`, {
    got: describeElement(node),
    expected: 'rows in compressed form (csr_matrix) or a dense array',
    remedy: 'Write it once with compressed rows: dance convert in.h5ad out.h5ad.',
  });
}

async function openCsr(group: H5Group): Promise<BackedRows> {
  const [nRows, nCols] = sparseShape(group);
  const pointers = group.dataset('indptr');
  assertLength(pointers, nRows + 1);
  const nnz = group.dataset('data').length;
  assertLength(group.dataset('data'), nnz);
  assertLength(group.dataset('indices'), nnz);
  // Not Int32: a file that is larger than memory may hold more than 2^31 values.
  const decoded = await pointers.read();
  const starts = decoded.kind === 'number' ? decoded.values : new Float64Array(0);
  let isValid = starts.length === nRows + 1 && starts[0] === 0 && starts[nRows] === nnz;
  for (let i = 0; i < nRows; i++) isValid &&= starts[i]! <= starts[i + 1]!;
  if (!isValid) {
    throw pointers.invalid('does not describe the rows of a sparse matrix', {
      expected: `values that rise from 0 to ${nnz}`,
    });
  }
  const read = async (file: H5File, start: number, end: number): Promise<CsrMatrix> => {
    const [first, last] = [starts[start]!, starts[end]!];
    const places = new H5Dataset(file, `${group.path}/indices`);
    const values = new H5Dataset(file, `${group.path}/data`);
    const indices = await readInt32Range(places, first, last);
    const data = await readFloat32Range(values, first, last);
    const indptr = Int32Array.from(
      { length: end - start + 1 },
      (_, i) => starts[start + i]! - first,
    );
    return compressedRows(group, end - start, nCols, indptr, indices, data);
  };
  return {
    nRows,
    nCols,
    read: (start, end, options) => read(group.file.forTask(options), start, end),
    cost: (start, end) => starts[end]! - starts[start]!,
  };
}

function openDense(dataset: H5Dataset): BackedRows {
  const [nRows = 0, nCols = 0] = dataset.shape ?? [];
  return {
    nRows,
    nCols,
    read: async (start, end, options) => {
      const fresh = new H5Dataset(dataset.file.forTask(options), dataset.path);
      return new DenseMatrix(end - start, nCols, await readFloat32Range(fresh, start, end));
    },
    cost: (start, end) => (end - start) * nCols,
  };
}
