import { CsrMatrix, type Matrix } from '@dance-ts/core';
import type { Kernels } from '@dance-ts/kernels';

/** Entries of X (stored ones of a sparse X) in a block. */
const BLOCK_ENTRIES = 1 << 21;

/** Some rows of a matrix with the two products that gradients of linear models need. */
export interface RowBlock {
  readonly start: number;
  readonly nRows: number;
  /** `out[nRows, k] = X_block weights[p, k]`. */
  times(weights: Float32Array, k: number, out: Float32Array): void;
  /** `out[p, k] = X_block^T residuals[nRows, k]`. */
  transposeTimes(residuals: Float32Array, k: number, out: Float32Array): void;
}

/**
 * A matrix in blocks of rows of bounded size, so that long products can be interrupted and a block
 * is in the cache for its second product.
 */
export function rowBlocks(X: Matrix, kernels: Kernels): RowBlock[] {
  const perRow = X.kind === 'csr' ? X.nnz / Math.max(1, X.nRows) : X.nCols;
  const size = Math.max(1, Math.floor(BLOCK_ENTRIES / Math.max(1, perRow)));
  const blocks: RowBlock[] = [];
  for (let start = 0; start < X.nRows; start += size) {
    const end = Math.min(X.nRows, start + size);
    blocks.push(
      X.kind === 'csr'
        ? sparseBlock(rowRange(X, start, end), start, kernels)
        : denseBlock(X.data.subarray(start * X.nCols, end * X.nCols), X.nCols, start, kernels),
    );
  }
  return blocks;
}

function denseBlock(a: Float32Array, nCols: number, start: number, kernels: Kernels): RowBlock {
  const nRows = a.length / nCols;
  return {
    start,
    nRows,
    times: (b, k, out) => {
      kernels.gemm({ m: nRows, n: k, k: nCols, a, b, out });
    },
    transposeTimes: (b, k, out) => {
      kernels.gemm({ m: nCols, n: k, k: nRows, a, transposeA: true, b, out });
    },
  };
}

function sparseBlock(rows: CsrMatrix, start: number, kernels: Kernels): RowBlock {
  const columns = rows.transpose();
  const product =
    ({ nRows, indptr, indices, data: values }: CsrMatrix) =>
    (x: Float32Array, width: number, out: Float32Array): void => {
      kernels.spmm({ nRows, indptr, indices, values, x, width, out });
    };
  return { start, nRows: rows.nRows, times: product(rows), transposeTimes: product(columns) };
}

/** Rows start to end - 1; values and indices are views. */
function rowRange(X: CsrMatrix, start: number, end: number): CsrMatrix {
  const first = X.indptr[start]!;
  const last = X.indptr[end]!;
  const indptr = X.indptr.slice(start, end + 1).map((offset) => offset - first);
  const indices = X.indices.subarray(first, last);
  return new CsrMatrix(end - start, X.nCols, indptr, indices, X.data.subarray(first, last));
}
