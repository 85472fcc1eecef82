import { DenseMatrix, type Matrix } from '@dance-ts/core';
import { decompose, type SvdOptions } from './decompose.js';
import type { LinearOperator } from './linear-operator.js';

/** A = U diag(s) Vt, cut to the largest singular values. */
export interface Svd {
  /** Left singular vectors, [nRows, k]. */
  readonly U: DenseMatrix;
  /** Singular values, descending, [k]. */
  readonly s: Float64Array;
  /** Right singular vectors as rows, [k, nCols]. */
  readonly Vt: DenseMatrix;
}

/**
 * Largest singular values and their vectors, of a matrix or of an operator that need not be
 * stored. Of each right vector the entry that is largest in size is positive; the left one follows.
 * Where the matrix has a lower rank, the singular values beyond it and their vectors are zero.
 *
 * @throws ParamError if more components are asked for than min(nRows, nCols); DataError for NaN or
 * infinite values; AbortError
 */
export async function truncatedSvd(A: Matrix | LinearOperator, options: SvdOptions): Promise<Svd> {
  const { scores, s, axes } = await decompose(A, options);
  const k = s.length;
  const left = Float32Array.from(scores, (score, e) => (s[e % k]! > 0 ? score / s[e % k]! : 0));
  return {
    U: new DenseMatrix(A.nRows, k, left),
    s,
    Vt: new DenseMatrix(k, A.nCols, Float32Array.from(axes)),
  };
}
