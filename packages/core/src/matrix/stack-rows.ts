import { CsrMatrix } from './csr-matrix.js';

/**
 * Sparse matrices of the same columns below each other.
 *
 * @param nCols - columns of all of them, needed where there may be none
 */
export function stackRows(blocks: readonly CsrMatrix[], nCols = blocks[0]?.nCols ?? 0): CsrMatrix {
  const nRows = blocks.reduce((sum, block) => sum + block.nRows, 0);
  const nnz = blocks.reduce((sum, block) => sum + block.nnz, 0);
  const indptr = new Int32Array(nRows + 1);
  const indices = new Int32Array(nnz);
  const data = new Float32Array(nnz);
  let [row, entry] = [0, 0];
  for (const block of blocks) {
    for (let i = 0; i < block.nRows; i++) indptr[row + i + 1] = entry + block.indptr[i + 1]!;
    indices.set(block.indices, entry);
    data.set(block.data, entry);
    row += block.nRows;
    entry += block.nnz;
  }
  return new CsrMatrix(nRows, nCols, indptr, indices, data);
}
