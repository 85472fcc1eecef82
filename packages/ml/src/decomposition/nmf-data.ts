import { DenseMatrix, type Matrix } from '@dance-ts/core';
import type { Kernels } from '@dance-ts/kernels';
import { centeredOperator } from './linear-operator.js';

/** Stored entries of a row. */
export interface RowEntries {
  readonly indices: Int32Array;
  readonly values: ArrayLike<number>;
}

/** What the solvers need of the matrix X they factorize. */
export interface NmfData {
  readonly nRows: number;
  readonly nCols: number;
  /** Entries of row `i` that may differ from zero. */
  row(i: number): RowEntries;
  /** X B, row-major [nRows * k], for B [nCols * k]. */
  multiply(B: Float64Array, k: number): Float64Array;
  /** X^T C, row-major [nCols * k], for C [nRows * k]. */
  multiplyTransposed(C: Float64Array, k: number): Float64Array;
}

/** A matrix as the solvers see it: products by the kernels in float32, a sparse X stays sparse. */
export function nmfData(X: Matrix, kernels: Kernels): NmfData {
  const { nRows, nCols } = X;
  const operator = centeredOperator(X, kernels);
  const columns = Int32Array.from({ length: X.kind === 'dense' ? nCols : 0 }, (_, j) => j);
  return {
    nRows,
    nCols,
    row: (i) => {
      if (X.kind === 'dense') return { indices: columns, values: X.row(i) };
      const { indices, data } = X.row(i);
      return { indices, values: data };
    },
    multiply: (B, k) => Float64Array.from(operator.multiply(toDense(B, nCols, k)).data),
    multiplyTransposed: (C, k) =>
      Float64Array.from(operator.multiplyTransposed(toDense(C, nRows, k)).data),
  };
}

/** Mean of all entries, stored or not. */
export function meanEntry(X: Matrix): number {
  let sum = 0;
  for (const value of X.data) sum += value;
  return sum / (X.nRows * X.nCols);
}

function toDense(values: Float64Array, nRows: number, nCols: number): DenseMatrix {
  return new DenseMatrix(nRows, nCols, Float32Array.from(values));
}
