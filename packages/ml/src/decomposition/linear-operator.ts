import type { DenseMatrix, Matrix } from '@dance-ts/core';
import { DenseMatrix as Dense } from '@dance-ts/core';
import type { Kernels } from '@dance-ts/kernels';

/** A matrix known by its products only; it need not be stored. */
export interface LinearOperator {
  readonly nRows: number;
  readonly nCols: number;
  /** A B, [nRows, width], for B [nCols, width]. */
  multiply(B: DenseMatrix): DenseMatrix;
  /** A^T C, [nCols, width], for C [nRows, width]. */
  multiplyTransposed(C: DenseMatrix): DenseMatrix;
}

/** Options of {@link centeredOperator}. */
export interface CenteringOptions {
  /** Subtracted from each column, [nCols]; nothing if left out. */
  readonly mean?: Float64Array;
  /** Each column is divided by this after centering, [nCols]; nothing if left out. */
  readonly scale?: Float64Array;
}

/**
 * (X - 1 mean^T) diag(scale)^-1 without forming it: a sparse X stays sparse, the shift is a
 * rank-one correction of each product.
 */
export function centeredOperator(
  X: Matrix,
  kernels: Kernels,
  options: CenteringOptions = {},
): LinearOperator {
  const { nRows, nCols } = X;
  const mean = options.mean ?? new Float64Array(nCols);
  const inverse = options.scale?.map((value) => 1 / value) ?? new Float64Array(nCols).fill(1);
  const product = productsOf(X, kernels);
  return {
    nRows,
    nCols,
    multiply: (B) => {
      const scaled = B.scaleRows(inverse);
      const out = product.forward(scaled);
      subtractFromRows(out, weightedSum(scaled, mean));
      return out;
    },
    multiplyTransposed: (C) => {
      const out = product.backward(C);
      const sums = C.columnSums();
      for (let j = 0; j < nCols; j++) {
        const row = out.row(j);
        for (let w = 0; w < row.length; w++) {
          row[w] = (row[w]! - mean[j]! * sums[w]!) * inverse[j]!;
        }
      }
      return out;
    },
  };
}

function productsOf(
  X: Matrix,
  kernels: Kernels,
): { forward(B: DenseMatrix): DenseMatrix; backward(C: DenseMatrix): DenseMatrix } {
  if (X.kind === 'dense') {
    const gemm = (x: DenseMatrix, transposeA: boolean): DenseMatrix => {
      const [m, k] = transposeA ? [X.nCols, X.nRows] : [X.nRows, X.nCols];
      const out = Dense.zeros(m, x.nCols);
      kernels.gemm({ m, n: x.nCols, k, a: X.data, transposeA, b: x.data, out: out.data });
      return out;
    };
    return { forward: (B) => gemm(B, false), backward: (C) => gemm(C, true) };
  }
  const transposed = X.transpose();
  const spmm = (matrix: typeof X, x: DenseMatrix): DenseMatrix => {
    const out = Dense.zeros(matrix.nRows, x.nCols);
    kernels.spmm({
      nRows: matrix.nRows,
      indptr: matrix.indptr,
      indices: matrix.indices,
      values: matrix.data,
      x: x.data,
      width: x.nCols,
      out: out.data,
    });
    return out;
  };
  return { forward: (B) => spmm(X, B), backward: (C) => spmm(transposed, C) };
}

/** sum_j weights[j] B[j, :] in float64 */
function weightedSum(B: DenseMatrix, weights: Float64Array): Float64Array {
  const sums = new Float64Array(B.nCols);
  for (let j = 0; j < B.nRows; j++) {
    const row = B.row(j);
    for (let w = 0; w < row.length; w++) sums[w]! += weights[j]! * row[w]!;
  }
  return sums;
}

function subtractFromRows(out: DenseMatrix, shift: Float64Array): void {
  for (let i = 0; i < out.nRows; i++) {
    const row = out.row(i);
    for (let w = 0; w < row.length; w++) row[w]! -= shift[w]!;
  }
}
