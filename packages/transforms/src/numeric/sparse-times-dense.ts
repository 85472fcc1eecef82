import { DenseMatrix, type CsrMatrix } from '@dance-ts/core';
import type { Kernels } from '@dance-ts/kernels';

/** Product of a sparse and a dense matrix, [a.nRows, b.nCols]. */
export function sparseTimesDense(kernels: Kernels, a: CsrMatrix, b: DenseMatrix): DenseMatrix {
  const out = DenseMatrix.zeros(a.nRows, b.nCols);
  kernels.spmm({
    nRows: a.nRows,
    indptr: a.indptr,
    indices: a.indices,
    values: a.data,
    x: b.data,
    width: b.nCols,
    out: out.data,
  });
  return out;
}
