import {
  DenseMatrix,
  Pacer,
  ParamError,
  type Matrix,
  type Rng,
  type RunOptions,
} from '@dance-ts/core';
import { getKernels } from '@dance-ts/kernels';
import { EVD, Matrix as SmallMatrix } from 'ml-matrix';
import { centeredOperator, type LinearOperator } from './linear-operator.js';
import { orthonormalize } from './orthonormalize.js';

/** Options of {@link truncatedSvd}. */
export interface SvdOptions extends RunOptions {
  readonly nComponents: number;
  readonly rng: Rng;
  /** Extra directions of the random subspace, default 10. */
  readonly nOversamples?: number;
  /** Power iterations, default 7. */
  readonly nIter?: number;
}

/** A = U diag(s) V^T, cut to the largest singular values. */
export interface Svd {
  /** Left singular vectors, [nRows, k]. */
  readonly U: DenseMatrix;
  /** Singular values, descending, [k]. */
  readonly s: Float64Array;
  /** Right singular vectors as rows, [k, nCols]. */
  readonly Vt: DenseMatrix;
}

/**
 * Randomized singular value decomposition (Halko, Martinsson & Tropp, 2011) of a matrix or of an
 * operator that need not be stored. Every product is followed by an orthonormalization in float64.
 * Signs: the entry of largest magnitude of each right vector is positive.
 *
 * @throws ParamError if more components are asked for than the matrix has
 */
export async function truncatedSvd(A: Matrix | LinearOperator, options: SvdOptions): Promise<Svd> {
  const { nComponents, rng, nOversamples = 10, nIter = 7 } = options;
  const operator = 'kind' in A ? centeredOperator(A, await getKernels()) : A;
  const rank = Math.min(operator.nRows, operator.nCols);
  if (!Number.isInteger(nComponents) || nComponents < 1 || nComponents > rank) {
    throw new ParamError('nComponents does not fit the matrix', {
      got: `${nComponents} for ${operator.nRows} x ${operator.nCols}`,
      expected: `an integer from 1 to ${rank}`,
    });
  }
  const pacer = new Pacer(options.signal);
  const width = Math.min(rank, nComponents + nOversamples);
  let Q = orthonormalize(operator.multiply(gaussian(operator.nCols, width, rng)));
  for (let i = 0; i < nIter; i++) {
    await pacer.tick();
    const P = orthonormalize(operator.multiplyTransposed(Q));
    await pacer.tick();
    Q = orthonormalize(operator.multiply(P));
  }
  await pacer.tick();
  return fromSubspace(Q, operator.multiplyTransposed(Q), nComponents);
}

/** SVD of A restricted to the columns of Q, from B^T = A^T Q [nCols, width]. */
function fromSubspace(Q: DenseMatrix, Bt: DenseMatrix, k: number): Svd {
  const width = Q.nCols;
  const { values, vectors } = eigenDescending(gram(Bt));
  const s = Float64Array.from({ length: k }, (_, c) => Math.sqrt(Math.max(0, values[c]!)));
  const U = DenseMatrix.zeros(Q.nRows, k);
  const Vt = DenseMatrix.zeros(k, Bt.nRows);
  for (let c = 0; c < k; c++) {
    const vector = vectors[c]!;
    const right = Float64Array.from({ length: Bt.nRows }, (_, j) => dot(Bt.row(j), vector, width));
    const largest = right.reduce((kept, v) => (Math.abs(v) > Math.abs(kept) ? v : kept), 0);
    const sign = largest < 0 ? -1 : 1;
    const factor = s[c]! > 0 ? sign / s[c]! : 0;
    for (let j = 0; j < Bt.nRows; j++) Vt.data[c * Bt.nRows + j] = right[j]! * factor;
    for (let i = 0; i < Q.nRows; i++) U.data[i * k + c] = sign * dot(Q.row(i), vector, width);
  }
  return { U, s, Vt };
}

function gaussian(nRows: number, nCols: number, rng: Rng): DenseMatrix {
  return new DenseMatrix(
    nRows,
    nCols,
    Float32Array.from({ length: nRows * nCols }, () => rng.normal()),
  );
}

/** M^T M in float64. */
function gram(M: DenseMatrix): SmallMatrix {
  const width = M.nCols;
  const sums = new Float64Array(width * width);
  for (let j = 0; j < M.nRows; j++) {
    const row = M.row(j);
    for (let a = 0; a < width; a++) {
      for (let b = a; b < width; b++) sums[a * width + b]! += row[a]! * row[b]!;
    }
  }
  return new SmallMatrix(
    Array.from({ length: width }, (_, a) =>
      Array.from({ length: width }, (__, b) => sums[Math.min(a, b) * width + Math.max(a, b)]!),
    ),
  );
}

function eigenDescending(symmetric: SmallMatrix): { values: number[]; vectors: number[][] } {
  const { realEigenvalues, eigenvectorMatrix } = new EVD(symmetric, { assumeSymmetric: true });
  const order = realEigenvalues
    .map((_, i) => i)
    .sort((a, b) => realEigenvalues[b]! - realEigenvalues[a]!);
  return {
    values: order.map((i) => realEigenvalues[i]!),
    vectors: order.map((i) => eigenvectorMatrix.getColumn(i)),
  };
}

function dot(row: Float32Array, vector: readonly number[], length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += row[i]! * vector[i]!;
  return sum;
}
