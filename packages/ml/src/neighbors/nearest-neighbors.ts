import { Pacer, ParamError, type DenseMatrix, type RunOptions } from '@dance-ts/core';
import { getKernels } from '@dance-ts/kernels';
import { euclideanPoints, fromSquared, type NeighborMetric } from './metric.js';

/** Options of {@link nearestNeighbors}. */
export interface NeighborOptions extends RunOptions {
  /** Neighbors of each row, itself not counted. */
  readonly k: number;
  /** Default `euclidean`. */
  readonly metric?: NeighborMetric;
}

/** The k nearest rows of each row, without itself. */
export interface Neighbors {
  /** [n * k], nearest first; equal distances by lower index. */
  readonly indices: Int32Array;
  /** [n * k], ascending. */
  readonly distances: Float32Array;
  readonly n: number;
  readonly k: number;
}

const BLOCK = 256;

/**
 * Exact nearest neighbors by exhaustive search in blocks; memory n x k.
 *
 * @param X - [n, d]
 * @throws ParamError if k is not in 1..n-1; AbortError
 */
export async function nearestNeighbors(
  X: DenseMatrix,
  options: NeighborOptions,
): Promise<Neighbors> {
  const { k, metric = 'euclidean', signal, reporter } = options;
  const { nRows: n, nCols: dim } = X;
  if (!Number.isInteger(k) || k < 1 || k >= n) {
    throw new ParamError('nearestNeighbors: k does not fit the data', {
      got: `${k} neighbors for ${n} rows`,
      expected: `an integer from 1 to ${n - 1}`,
    });
  }
  const points = euclideanPoints(X, metric);
  const kernels = await getKernels();
  const pacer = new Pacer(signal);
  const indices = new Int32Array(n * k);
  const distances = new Float32Array(n * k);
  for (let start = 0; start < n; start += BLOCK) {
    await pacer.tick();
    const end = Math.min(n, start + BLOCK);
    kernels.nearest({
      queries: points.data.subarray(start * dim, end * dim),
      nQueries: end - start,
      points: points.data,
      nPoints: n,
      dim,
      k,
      firstQuery: start,
      outIndices: indices.subarray(start * k, end * k),
      outDistances: distances.subarray(start * k, end * k),
    });
    reporter?.progress({ task: 'neighbors', done: end, total: n });
  }
  fromSquared(distances, metric);
  return { indices, distances, n, k };
}
