import { Pacer, DenseMatrix, type Reporter, type Rng } from '@dance-ts/core';
import type { Kernels } from '@dance-ts/kernels';
import { finishFactors, type Factors } from './factors.js';
import { gramMatrix } from './float64-products.js';
import { KrylovBasis } from './krylov-basis.js';
import { transposedOperator, type LinearOperator } from './linear-operator.js';
import { orthonormalize, projectOut, type Remainder } from './orthonormalize.js';
import { symmetricEigen, type SymmetricEigen } from './symmetric-eigen.js';

/** Options of {@link krylovFactors}. */
export interface KrylovOptions {
  readonly nComponents: number;
  readonly rng: Rng;
  /** Directions beyond nComponents that survive a restart. */
  readonly nOversamples: number;
  /** The most restarts. */
  readonly nIter: number;
  readonly signal?: AbortSignal | undefined;
  readonly reporter?: Reporter | undefined;
}

/** Columns multiplied at once. */
const BLOCK_WIDTH = 16;
/** Fewest blocks between restarts. */
const BLOCKS_PER_CYCLE = 9;
/** Accepted |A^T A v - s^2 v| relative to s^2. */
const TOLERANCE = 5e-5;
/** Float32 products leave residuals of about this size relative to s times the largest s. */
const PRODUCT_NOISE = 2e-6;
/** Singular values below this share of the largest are noise of the float32 products. */
const NEGLIGIBLE = 1e-6;

/**
 * Leading singular triplets of an operator by randomized block Krylov iteration (Halko,
 * Martinsson, Shkolnisky & Tygert, SIAM J. Sci. Comput. 33, 2011; Musco & Musco, NeurIPS 2015) with
 * thick restarts (Wu & Simon, SIAM J. Matrix Anal. Appl. 22, 2000), until the residuals vanish.
 *
 * Unlike a fixed number of power iterations this converges in the flat part of a spectrum too,
 * where the higher components of expression data lie, and the random start leaves no trace beyond
 * float32 rounding. Products run in float32, orthogonalization and small algebra in float64.
 *
 * Memory: 4 (nRows + nCols) (kept + max(144, kept)) bytes, with kept = nComponents + nOversamples.
 *
 * @throws DataError for NaN or infinite values; AbortError
 */
export async function krylovFactors(
  A: LinearOperator,
  kernels: Kernels,
  options: KrylovOptions,
): Promise<Factors> {
  const isTransposed = A.nRows < A.nCols;
  const tall = isTransposed ? transposedOperator(A) : A;
  const pacer = new Pacer(options.signal);
  const axes = await leadingAxes(tall, kernels, options, pacer);
  const images = tall.multiply(axes);
  const k = axes.nCols;
  const { vectors } = await symmetricEigen(gramMatrix(images), k, k, pacer);
  return finishFactors(
    {
      k,
      nRows: tall.nRows,
      nCols: tall.nCols,
      scores: timesTransposed(images, vectors),
      axes: transposeOf(timesTransposed(axes, vectors), k),
      negligible: NEGLIGIBLE,
    },
    isTransposed,
  );
}

/** Orthonormal basis of the leading right singular subspace, [nCols, nComponents]. */
async function leadingAxes(
  A: LinearOperator,
  kernels: Kernels,
  options: KrylovOptions,
  pacer: Pacer,
): Promise<DenseMatrix> {
  const { nComponents, rng } = options;
  const kept = Math.min(A.nCols, nComponents + options.nOversamples);
  // A restart costs kept^3, so a cycle adds about as many directions as it keeps.
  const nBlocks = Math.max(BLOCKS_PER_CYCLE, Math.ceil(kept / BLOCK_WIDTH));
  const capacity = Math.min(A.nCols, kept + nBlocks * BLOCK_WIDTH);
  const basis = new KrylovBasis(capacity, kernels);
  const width = Math.min(BLOCK_WIDTH, A.nCols);
  const start = Float32Array.from({ length: A.nCols * width }, () => rng.normal());
  const directions = projectOut(new DenseMatrix(A.nCols, width, start), [], kernels);
  let block = orthonormalize(directions, [], kernels, rng);
  for (let restarts = 0; ; restarts++) {
    const rest = await expand(A, basis, block, { capacity, kernels, rng, pacer });
    const eigen = await symmetricEigen(basis.gramMatrix(), basis.size, kept, pacer);
    const nOpen = rest === undefined ? 0 : countOpen(eigen, basis.size, rest.columns, nComponents);
    if (rest === undefined || nOpen === 0 || restarts === options.nIter) {
      if (nOpen > 0) warnOpen(nOpen, options);
      return basis.rotated(eigen.vectors, nComponents);
    }
    basis.restart(eigen.values, eigen.vectors, kept);
    await pacer.tick();
    block = orthonormalize(rest, basis.blocks, kernels, rng);
  }
}

/** What {@link expand} works with. */
interface ExpandContext {
  readonly capacity: number;
  readonly kernels: Kernels;
  readonly rng: Rng;
  readonly pacer: Pacer;
}

/**
 * Fills the basis with Krylov blocks, beginning with the given one.
 *
 * @returns what A^T A makes of the last block, without its part in the basis; undefined if the
 * basis spans the whole space
 */
async function expand(
  A: LinearOperator,
  basis: KrylovBasis,
  first: DenseMatrix,
  { capacity, kernels, rng, pacer }: ExpandContext,
): Promise<Remainder | undefined> {
  for (let block = first; ;) {
    const image = A.multiply(block);
    await pacer.tick();
    basis.append(block, image);
    if (basis.size === A.nCols) return undefined;
    await pacer.tick();
    const product = A.multiplyTransposed(image);
    await pacer.tick();
    const rest = projectOut(product, basis.blocks, kernels);
    await pacer.tick();
    const width = Math.min(block.nCols, capacity - basis.size);
    const isFull = width < block.nCols && capacity < A.nCols;
    if (isFull) return rest;
    block = orthonormalize(
      width < block.nCols ? firstColumns(rest, width) : rest,
      basis.blocks,
      kernels,
      rng,
    );
  }
}

/** How many of the wanted eigenpairs still have a residual above the tolerance. */
function countOpen(
  { values, vectors }: SymmetricEigen,
  size: number,
  rest: DenseMatrix,
  nWanted: number,
): number {
  const gram = gramMatrix(rest);
  const width = rest.nCols;
  const largest = Math.sqrt(Math.max(0, values[0]!));
  let nOpen = 0;
  for (let c = 0; c < nWanted; c++) {
    const weights = vectors.subarray((c + 1) * size - width, (c + 1) * size);
    const s = Math.sqrt(Math.max(0, values[c]!));
    const noise = PRODUCT_NOISE * largest;
    const limit = Math.max(TOLERANCE * s * s, noise * s, noise * noise);
    if (quadraticForm(gram, weights) > limit * limit) nOpen += 1;
  }
  return nOpen;
}

function warnOpen(nOpen: number, { reporter, nComponents, nIter }: KrylovOptions): void {
  reporter?.message(
    'warning',
    `${nOpen} of ${nComponents} singular vectors did not converge in ${nIter} restarts; ` +
      'raise nIter or ask for fewer components',
  );
}

function firstColumns({ columns, lengths }: Remainder, count: number): Remainder {
  const first = Array.from({ length: count }, (_, c) => c);
  return { columns: columns.selectColumns(first), lengths: lengths.slice(0, count) };
}

/** w^T M w */
function quadraticForm(matrix: Float64Array, w: Float64Array): number {
  let sum = 0;
  for (let e = 0; e < matrix.length; e++) {
    sum += matrix[e]! * w[Math.floor(e / w.length)]! * w[e % w.length]!;
  }
  return sum;
}

/** M S^T in float64, [nRows * k], for S [k * k] with eigenvectors as rows. */
function timesTransposed(M: DenseMatrix, rows: Float64Array): Float64Array {
  const k = M.nCols;
  const product = new Float64Array(M.nRows * k);
  // Four rows of M share each pass over S.
  for (let i = 0; i < M.nRows; i += 4) {
    const at = [0, 1, 2, 3].map((r) => Math.min(i + r, M.nRows - 1));
    const [m0, m1, m2, m3] = [M.row(at[0]!), M.row(at[1]!), M.row(at[2]!), M.row(at[3]!)];
    for (let c = 0; c < k; c++) {
      let [sum0, sum1, sum2, sum3] = [0, 0, 0, 0];
      for (let a = 0; a < k; a++) {
        const weight = rows[c * k + a]!;
        sum0 += m0[a]! * weight;
        sum1 += m1[a]! * weight;
        sum2 += m2[a]! * weight;
        sum3 += m3[a]! * weight;
      }
      product[at[0]! * k + c] = sum0;
      product[at[1]! * k + c] = sum1;
      product[at[2]! * k + c] = sum2;
      product[at[3]! * k + c] = sum3;
    }
  }
  return product;
}

function transposeOf(matrix: Float64Array, nCols: number): Float64Array {
  const nRows = matrix.length / nCols;
  const transposed = new Float64Array(matrix.length);
  for (let e = 0; e < matrix.length; e++) {
    transposed[(e % nCols) * nRows + Math.floor(e / nCols)] = matrix[e]!;
  }
  return transposed;
}
