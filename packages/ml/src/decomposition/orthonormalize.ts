import { DataError, DenseMatrix, type Rng } from '@dance-ts/core';
import type { Kernels } from '@dance-ts/kernels';

/** What is left of columns once their part in some orthonormal blocks was removed. */
export interface Remainder {
  /** [nRows, width] */
  readonly columns: DenseMatrix;
  /** Lengths of the columns before, [width]. */
  readonly lengths: Float64Array;
}

/** A column that keeps less than this share of its length is float32 rounding noise. */
const NOISE = 1e-6;
/** Random replacements of dependent columns; the first ones are independent almost surely. */
const MOST_ATTEMPTS = 5;

/**
 * Removes from Z [nRows, width] its part in the span of orthonormal blocks, in place. Twice, as
 * the second pass removes what rounding leaves of the first; then Z is orthogonal to the blocks as
 * far as numbers stored in float32 can be.
 */
export function projectOut(
  Z: DenseMatrix,
  blocks: readonly DenseMatrix[],
  kernels: Kernels,
): Remainder {
  const { nRows, nCols: n, data } = Z;
  const lengths = columnLengths(Z);
  for (let pass = 0; pass < 2; pass++) {
    for (const block of blocks) {
      const width = block.nCols;
      const inBlock = new Float32Array(width * n);
      const sizes = { m: width, n, k: nRows };
      kernels.gemm({ ...sizes, a: block.data, transposeA: true, b: data, out: inBlock });
      const negative = inBlock.map((value) => -value);
      const back = { m: nRows, n, k: width, a: block.data, b: negative };
      kernels.gemm({ ...back, out: data, accumulate: true });
    }
  }
  return { columns: Z, lengths };
}

/**
 * Orthonormal columns (in float64) that span those given and are orthogonal to the blocks; a
 * column that depends on others or on the blocks is replaced by a random direction, so that the
 * result has full rank.
 *
 * @param remainder - of the projection on the blocks
 * @param blocks - orthonormal, with at most nRows - width columns together
 * @throws DataError if a column holds NaN or infinite values
 */
export function orthonormalize(
  remainder: Remainder,
  blocks: readonly DenseMatrix[],
  kernels: Kernels,
  rng: Rng,
): DenseMatrix {
  let candidates = remainder;
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const { basis, dependent } = gramSchmidt(candidates);
    if (dependent.length === 0) return basis;
    for (const c of dependent) {
      for (let e = c; e < basis.data.length; e += basis.nCols) basis.data[e] = rng.normal();
    }
    candidates = projectOut(basis, blocks, kernels);
  }
  throw new DataError('no orthonormal basis: the matrix holds NaN or infinite values', {
    remedy: 'Remove or replace them first.',
  });
}

/** Gram-Schmidt; columns that depend on those before them become zero. */
function gramSchmidt({ columns: Z, lengths }: Remainder): {
  basis: DenseMatrix;
  dependent: number[];
} {
  const dependent: number[] = [];
  const columns: Float64Array[] = [];
  const basis = DenseMatrix.zeros(Z.nRows, Z.nCols);
  for (let c = 0; c < Z.nCols; c++) {
    const column = columnOf(Z, c);
    const length = removeProjections(column, columns);
    const isIndependent = length > NOISE * lengths[c]!;
    if (!isIndependent) dependent.push(c);
    const scale = isIndependent ? 1 / length : 0;
    for (let i = 0; i < column.length; i++) {
      column[i]! *= scale;
      basis.data[i * Z.nCols + c] = column[i]!;
    }
    columns.push(column);
  }
  return { basis, dependent };
}

function columnOf({ nRows, nCols, data }: DenseMatrix, c: number): Float64Array {
  const column = new Float64Array(nRows);
  for (let i = 0; i < nRows; i++) column[i] = data[i * nCols + c]!;
  return column;
}

/**
 * Makes a column orthogonal to orthonormal ones; once more if much of it was cancelled.
 *
 * @returns the length of what is left
 */
function removeProjections(column: Float64Array, others: readonly Float64Array[]): number {
  const before = norm(column);
  for (const other of others) removeProjection(column, other);
  const once = norm(column);
  if (once > before / 2) return once;
  for (const other of others) removeProjection(column, other);
  return norm(column);
}

function removeProjection(column: Float64Array, direction: Float64Array): void {
  let product = 0;
  for (let i = 0; i < column.length; i++) product += column[i]! * direction[i]!;
  for (let i = 0; i < column.length; i++) column[i]! -= product * direction[i]!;
}

function columnLengths({ nCols, data }: DenseMatrix): Float64Array {
  const squares = new Float64Array(nCols);
  for (let e = 0; e < data.length; e++) squares[e % nCols]! += data[e]! * data[e]!;
  return squares.map(Math.sqrt);
}

function norm(column: Float64Array): number {
  let sum = 0;
  for (const value of column) sum += value * value;
  return Math.sqrt(sum);
}
