import type { Pacer } from '@dance-ts/core';
import type { Float64Matrix } from '../stats/float64-matrix.js';
import { finishFactors, type Factors } from './factors.js';
import { symmetricEigen } from './symmetric-eigen.js';

/** The Gram matrix squares the singular values, so below this share they are rounding errors. */
const NEGLIGIBLE = 1e-8;

/**
 * Leading singular triplets of a small dense matrix in float64, from the eigenvectors of its
 * smaller Gram matrix; the entry of each axis that is largest in size is positive.
 *
 * @throws AbortError
 */
export async function float64Svd(A: Float64Matrix, k: number, pacer: Pacer): Promise<Factors> {
  const isTransposed = A.nRows < A.nCols;
  const tall = isTransposed ? transpose(A) : A;
  const { nRows, nCols } = tall;
  const gram = await crossProducts(tall, tall, pacer);
  const { vectors: axes } = await symmetricEigen(gram, nCols, k, pacer);
  const scores = new Float64Array(nRows * k);
  for (let i = 0; i < nRows; i++) {
    await pacer.tick();
    const row = tall.values.subarray(i * nCols, (i + 1) * nCols);
    for (let c = 0; c < k; c++) scores[i * k + c] = dot(row, axes, c * nCols);
  }
  return finishFactors({ k, nRows, nCols, scores, axes, negligible: NEGLIGIBLE }, isTransposed);
}

/**
 * A^T B, row-major [A.nCols * B.nCols].
 *
 * @throws AbortError
 */
export async function crossProducts(
  A: Float64Matrix,
  B: Float64Matrix,
  pacer: Pacer,
): Promise<Float64Array> {
  const { nCols: p } = A;
  const { nCols: q } = B;
  const out = new Float64Array(p * q);
  for (let i = 0; i < A.nRows; i++) {
    await pacer.tick();
    for (let a = 0; a < p; a++) {
      const factor = A.values[i * p + a]!;
      if (factor === 0) continue;
      for (let b = 0; b < q; b++) out[a * q + b]! += factor * B.values[i * q + b]!;
    }
  }
  return out;
}

/** The transpose. */
export function transpose({ nRows, nCols, values }: Float64Matrix): Float64Matrix {
  const out = new Float64Array(values.length);
  for (let i = 0; i < nRows; i++) {
    for (let j = 0; j < nCols; j++) out[j * nRows + i] = values[i * nCols + j]!;
  }
  return { nRows: nCols, nCols: nRows, values: out };
}

function dot(a: Float64Array, b: Float64Array, offset: number): number {
  let sum = 0;
  for (let e = 0; e < a.length; e++) sum += a[e]! * b[offset + e]!;
  return sum;
}
