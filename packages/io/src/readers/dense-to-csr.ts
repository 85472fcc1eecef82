import { CsrMatrix } from '@dance-ts/core';
import type { H5Dataset } from '../hdf5/h5-node.js';
import { eachRowBlock } from '../hdf5/read-values.js';

/**
 * A dense two-dimensional dataset as CSR, read block by block.
 *
 * @throws FormatError if it has other dimensions, is damaged or too large
 */
export async function readDenseAsCsr(dataset: H5Dataset): Promise<CsrMatrix> {
  const { shape = [], file } = dataset;
  if (shape.length !== 2) {
    throw dataset.invalid('is not a matrix', { got: `${shape.length} dimensions`, expected: '2' });
  }
  const [nRows, nCols] = [shape[0]!, shape[1]!];
  const indptr = new Int32Array(nRows + 1);
  const indices: Int32Array[] = [];
  const values: Float32Array[] = [];
  await eachRowBlock(dataset, (block, firstRow, nBlockRows) => {
    const part = compress(block, nBlockRows, nCols);
    file.claim(8 * part.data.length, dataset.label);
    for (let i = 0; i < nBlockRows; i++) {
      indptr[firstRow + i + 1] = indptr[firstRow]! + part.ends[i]!;
    }
    indices.push(part.indices);
    values.push(part.data);
  });
  const nnz = indptr[nRows]!;
  return new CsrMatrix(
    nRows,
    nCols,
    indptr,
    joined(indices, new Int32Array(nnz)),
    joined(values, new Float32Array(nnz)),
  );
}

/** Non-zero entries of some dense rows; `ends[i]` is the number of them up to row `i`. */
function compress(
  block: Float32Array,
  nRows: number,
  nCols: number,
): { ends: Int32Array; indices: Int32Array; data: Float32Array } {
  let nnz = 0;
  for (const value of block) if (value !== 0) nnz += 1;
  const part = {
    ends: new Int32Array(nRows),
    indices: new Int32Array(nnz),
    data: new Float32Array(nnz),
  };
  let end = 0;
  for (let i = 0; i < nRows; i++) {
    for (let j = 0; j < nCols; j++) {
      const value = block[i * nCols + j]!;
      if (value === 0) continue;
      part.indices[end] = j;
      part.data[end++] = value;
    }
    part.ends[i] = end;
  }
  return part;
}

function joined<T extends Int32Array | Float32Array>(parts: readonly T[], target: T): T {
  let filled = 0;
  for (const part of parts) {
    target.set(part, filled);
    filled += part.length;
  }
  return target;
}
