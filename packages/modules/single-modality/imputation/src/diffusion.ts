import {
  CsrMatrix,
  DataError,
  DenseMatrix,
  Pacer,
  type Matrix,
  type RunOptions,
} from '@dance-ts/core';
import { getKernels } from '@dance-ts/kernels';
import { nearestNeighbors, symmetricEigen } from '@dance-ts/ml';

/** Options of {@link diffusionOperator}. */
export interface DiffusionOptions extends RunOptions {
  /** Nearest cells of each cell, itself counted; fewer where there are not so many. */
  readonly k: number;
  /** The distance to the cell of this rank (itself is 0) is the bandwidth of a cell. */
  readonly ka: number;
  /** Exponent alpha of the kernel: 2 is a Gaussian. */
  readonly decay: number;
  /** Factor on all bandwidths. */
  readonly epsilon: number;
}

/** Smallest affinity that is kept beside a cell's own. */
const NEGLIGIBLE = 1e-7;

/** Columns diffused at a time. */
const BLOCK = 64;

/**
 * Markov matrix of a random walk among cells. Affinities a_ij = exp(-(d_ij / (epsilon sigma_i))^
 * alpha) to the k nearest cells j, with sigma_i the distance to the ka-th of them; A + A^T; rows
 * divided by their sums. The kernel comes before the symmetrization.
 *
 * Where the ka-th cell is a duplicate (distance 0), sigma_i is the smallest positive distance.
 *
 * @param points - [nCells, d]
 * @returns [nCells, nCells], rows sum to 1; about k to 2 k entries a row
 * @throws DataError for a single cell; AbortError
 */
export async function diffusionOperator(
  points: DenseMatrix,
  { k, ka, decay, epsilon, signal, reporter }: DiffusionOptions,
): Promise<CsrMatrix> {
  const n = points.nRows;
  if (n < 2) {
    throw new DataError('a random walk needs cells to walk to', {
      got: `${n} cells`,
      expected: 'at least 2',
    });
  }
  const nOthers = Math.max(1, Math.min(k - 1, n - 1));
  const { indices, distances } = await nearestNeighbors(points, { k: nOthers, signal, reporter });
  const rows = new Int32Array(n * (nOthers + 1));
  const columns = new Int32Array(rows.length);
  const affinities = new Float32Array(rows.length);
  let end = 0;
  const add = (i: number, j: number, affinity: number): void => {
    rows[end] = i;
    columns[end] = j;
    affinities[end++] = affinity;
  };
  for (let i = 0; i < n; i++) {
    add(i, i, 1);
    const near = distances.subarray(i * nOthers, (i + 1) * nOthers);
    const width = epsilon * bandwidth(near, Math.min(ka, nOthers) - 1);
    near.forEach((distance, e) => {
      const affinity = Math.exp(-((distance / width) ** decay));
      if (affinity > NEGLIGIBLE) add(i, indices[i * nOthers + e]!, affinity);
    });
  }
  const [from, to, weights] = [rows, columns, affinities].map((list) => list.subarray(0, end));
  const both = symmetrized(n, from as Int32Array, to as Int32Array, weights as Float32Array);
  return both.scaleRows(both.rowSums().map((sum) => 1 / sum));
}

function bandwidth(ascending: Float32Array, rank: number): number {
  const distance = ascending[rank]!;
  if (distance > 0) return distance;
  return ascending.find((other) => other > 0) ?? 1;
}

/** A + A^T of triplets. */
function symmetrized(
  n: number,
  rows: Int32Array,
  columns: Int32Array,
  values: Float32Array,
): CsrMatrix {
  const twice = <T extends Int32Array | Float32Array>(into: T, first: T, second: T): T => {
    into.set(first);
    into.set(second, first.length);
    return into;
  };
  const length = 2 * values.length;
  return CsrMatrix.fromTriplets(
    n,
    n,
    twice(new Int32Array(length), rows, columns),
    twice(new Int32Array(length), columns, rows),
    twice(new Float32Array(length), values, values),
  );
}

/**
 * M^t X by t sparse products; M^t itself is never formed. Works on 64 genes at a time: beside the
 * result, memory is 2 x 64 x nCells x 4 bytes and a copy of a sparse X.
 *
 * @param operator - M, [nCells, nCells]
 * @param X - [nCells, nGenes]
 * @param t - steps, 0 gives X itself
 * @throws AbortError
 */
export async function diffuse(
  operator: CsrMatrix,
  X: Matrix,
  t: number,
  { signal, reporter }: RunOptions = {},
): Promise<DenseMatrix> {
  const { nRows, nCols } = X;
  const genes = X.transpose();
  const out = DenseMatrix.zeros(nRows, nCols);
  const pacer = new Pacer(signal);
  for (let start = 0; start < nCols; start += BLOCK) {
    const width = Math.min(BLOCK, nCols - start);
    let block = rowsAsColumns(genes, start, width);
    for (let step = 0; step < t; step++) {
      await pacer.tick();
      block = await product(operator, block);
    }
    for (let i = 0; i < nRows; i++) out.row(i).set(block.row(i), start);
    reporter?.progress({ task: 'diffusion: genes', done: start + width, total: nCols });
  }
  return out;
}

/** M X for a dense X. */
export async function product(operator: CsrMatrix, X: DenseMatrix): Promise<DenseMatrix> {
  const kernels = await getKernels();
  const out = DenseMatrix.zeros(operator.nRows, X.nCols);
  kernels.spmm({
    nRows: operator.nRows,
    indptr: operator.indptr,
    indices: operator.indices,
    values: operator.data,
    x: X.data,
    width: X.nCols,
    out: out.data,
  });
  return out;
}

/** Rows `start .. start + width - 1` of a matrix as the columns of a dense one. */
function rowsAsColumns(matrix: Matrix, start: number, width: number): DenseMatrix {
  const rows = Int32Array.from({ length: width }, (_, r) => start + r);
  return matrix.selectRows(rows).toDense().transpose();
}

/**
 * 1 - R^2 of two steps of the diffusion: what the later one changes, against the spread of the
 * earlier one about its gene means. 0 where the earlier one has no spread.
 */
export function unexplainedChange(before: DenseMatrix, after: DenseMatrix): number {
  const means = before.columnSums().map((sum) => sum / before.nRows);
  let [residual, spread] = [0, 0];
  for (let i = 0; i < before.nRows; i++) {
    const [old, fresh] = [before.row(i), after.row(i)];
    for (let j = 0; j < old.length; j++) {
      residual += (old[j]! - fresh[j]!) ** 2;
      spread += (old[j]! - means[j]!) ** 2;
    }
  }
  return spread > 0 ? residual / spread : 0;
}

/**
 * Procrustes distance: what is left of the difference of two matrices, centered and scaled to norm
 * 1, after the best rotation and scaling of one of them; 1 - (sum of singular values of A^T B)^2.
 * 0 where one has no spread.
 */
export async function procrustesDistance(
  before: DenseMatrix,
  after: DenseMatrix,
  pacer: Pacer,
): Promise<number> {
  const [a, b] = [standardized(before), standardized(after)];
  if (a === undefined || b === undefined) return 0;
  const { nRows, nCols: d } = before;
  const cross = new Float64Array(d * d);
  for (let i = 0; i < nRows; i++) {
    await pacer.tick();
    for (let p = 0; p < d; p++) {
      const value = a[i * d + p]!;
      for (let q = 0; q < d; q++) cross[p * d + q]! += value * b[i * d + q]!;
    }
  }
  const gram = new Float64Array(d * d);
  for (let p = 0; p < d; p++) {
    await pacer.tick();
    for (let row = 0; row < d; row++) {
      const value = cross[row * d + p]!;
      for (let q = 0; q <= p; q++) gram[p * d + q]! += value * cross[row * d + q]!;
    }
  }
  const { values } = await symmetricEigen(gram, d, 0, pacer);
  const nuclear = values.reduce((sum, value) => sum + Math.sqrt(Math.max(0, value)), 0);
  return Math.max(0, 1 - nuclear * nuclear);
}

/** Centered by column and scaled to Frobenius norm 1; undefined without spread. */
function standardized(matrix: DenseMatrix): Float64Array | undefined {
  const { nRows, nCols, data } = matrix;
  const means = matrix.columnSums().map((sum) => sum / nRows);
  const out = Float64Array.from(data, (value, e) => value - means[e % nCols]!);
  const norm = Math.sqrt(out.reduce((sum, value) => sum + value * value, 0));
  return norm > 0 ? out.map((value) => value / norm) : undefined;
}
