import { DenseMatrix, type CsrMatrix, type Matrix } from '@dance-ts/core';
import type { Kernels } from '@dance-ts/kernels';
import { checkCentering, type CenteringOptions } from './centering.js';

/** A matrix known by its products only; it need not be stored. */
export interface LinearOperator {
  readonly nRows: number;
  readonly nCols: number;
  /** A B, [nRows, width], for B [nCols, width]. */
  multiply(B: DenseMatrix): DenseMatrix;
  /** A^T C, [nCols, width], for C [nRows, width]. */
  multiplyTransposed(C: DenseMatrix): DenseMatrix;
}

/**
 * (X - 1 mean^T) diag(scale)^-1 as an operator. A sparse X stays sparse (with a transposed copy
 * beside it), the shift is a rank-one correction of each product; a dense X is copied, shifted and
 * scaled, so that large means cost no digits.
 *
 * @throws DataError unless mean and scale have one entry a column, each scale above 0
 */
export function centeredOperator(
  X: Matrix,
  kernels: Kernels,
  options: CenteringOptions = {},
): LinearOperator {
  checkCentering(X.nCols, options);
  return X.kind === 'dense'
    ? denseOperator(centeredCopy(X, options), kernels)
    : sparseOperator(X, kernels, options);
}

/** The transpose of an operator. */
export function transposedOperator(A: LinearOperator): LinearOperator {
  return {
    nRows: A.nCols,
    nCols: A.nRows,
    multiply: (B) => A.multiplyTransposed(B),
    multiplyTransposed: (C) => A.multiply(C),
  };
}

function centeredCopy(X: DenseMatrix, { mean, scale }: CenteringOptions): DenseMatrix {
  if (mean === undefined && scale === undefined) return X;
  const copy = X.copy();
  for (let i = 0; i < copy.nRows; i++) {
    const row = copy.row(i);
    for (let j = 0; j < row.length; j++) {
      row[j] = (row[j]! - (mean?.[j] ?? 0)) / (scale?.[j] ?? 1);
    }
  }
  return copy;
}

function denseOperator({ nRows, nCols, data }: DenseMatrix, kernels: Kernels): LinearOperator {
  return {
    nRows,
    nCols,
    multiply: (B) => {
      const out = DenseMatrix.zeros(nRows, B.nCols);
      kernels.gemm({ m: nRows, n: B.nCols, k: nCols, a: data, b: B.data, out: out.data });
      return out;
    },
    multiplyTransposed: (C) => {
      const out = DenseMatrix.zeros(nCols, C.nCols);
      const sizes = { m: nCols, n: C.nCols, k: nRows };
      kernels.gemm({ ...sizes, a: data, transposeA: true, b: C.data, out: out.data });
      return out;
    },
  };
}

function sparseOperator(
  X: CsrMatrix,
  kernels: Kernels,
  { mean, scale }: CenteringOptions,
): LinearOperator {
  const transposed = X.transpose();
  const inverse = scale?.map((value) => 1 / value);
  return {
    nRows: X.nRows,
    nCols: X.nCols,
    multiply: (B) => {
      const scaled = inverse === undefined ? B : B.scaleRows(inverse);
      const out = sparseTimesDense(kernels, X, scaled);
      if (mean !== undefined) subtractFromRows(out, weightedSum(scaled, mean));
      return out;
    },
    multiplyTransposed: (C) => {
      const out = sparseTimesDense(kernels, transposed, C);
      if (mean !== undefined) subtractOuterProduct(out, mean, C.columnSums());
      return inverse === undefined ? out : out.scaleRows(inverse);
    },
  };
}

function sparseTimesDense(kernels: Kernels, A: CsrMatrix, x: DenseMatrix): DenseMatrix {
  const { nRows, indptr, indices, data: values } = A;
  const out = DenseMatrix.zeros(nRows, x.nCols);
  kernels.spmm({ nRows, indptr, indices, values, x: x.data, width: x.nCols, out: out.data });
  return out;
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

function subtractOuterProduct(out: DenseMatrix, column: Float64Array, row: Float64Array): void {
  for (let j = 0; j < out.nRows; j++) {
    const target = out.row(j);
    for (let w = 0; w < target.length; w++) target[w]! -= column[j]! * row[w]!;
  }
}
