import { DataError, Pacer, ParamError, type DenseMatrix, type RunOptions } from '@dance-ts/core';
import { getKernels } from '@dance-ts/kernels';
import { euclideanPoints, type NeighborMetric } from './metric.js';

/** Options of {@link mutualNearestNeighbors}. */
export interface MutualNeighborOptions extends RunOptions {
  /** Neighbors that are looked at on either side, from 1 to the smaller number of rows. */
  readonly k: number;
  /** Default `euclidean`; `cosine` is euclidean after rows were scaled to length 1. */
  readonly metric?: NeighborMetric;
}

/** Pairs of rows, ordered by the first, then by the second index. */
export interface MutualPairs {
  /** Row of the first matrix, [nPairs] */
  readonly first: Int32Array;
  /** Row of the second matrix, [nPairs] */
  readonly second: Int32Array;
}

const BLOCK = 256;

/**
 * Mutual nearest neighbors of two sets of points (Haghverdi et al., Nature Biotechnology 36, 2018):
 * the pairs in which each is among the k nearest of the other's set. Exact search in blocks; equal
 * distances by lower index.
 *
 * @param X1 - [n1, d]
 * @param X2 - [n2, d]
 * @throws ParamError if k is not in 1..min(n1, n2); DataError if the columns differ in number;
 *   AbortError
 */
export async function mutualNearestNeighbors(
  X1: DenseMatrix,
  X2: DenseMatrix,
  options: MutualNeighborOptions,
): Promise<MutualPairs> {
  const { k, metric = 'euclidean', signal } = options;
  checkSizes(X1, X2, k);
  const pacer = new Pacer(signal);
  const [points1, points2] = [euclideanPoints(X1, metric), euclideanPoints(X2, metric)];
  const nearestIn2 = await nearestRows(points1, points2, k, pacer);
  const nearestIn1 = await nearestRows(points2, points1, k, pacer);
  const first: number[] = [];
  const second: number[] = [];
  for (let i = 0; i < X1.nRows; i++) {
    const candidates = nearestIn2.slice(i * k, (i + 1) * k).sort();
    for (const j of candidates) {
      // -1 stands for a neighbor that is not there: a point at no finite distance.
      if (j < 0 || !nearestIn1.subarray(j * k, (j + 1) * k).includes(i)) continue;
      first.push(i);
      second.push(j);
    }
  }
  return { first: Int32Array.from(first), second: Int32Array.from(second) };
}

function checkSizes(X1: DenseMatrix, X2: DenseMatrix, k: number): void {
  if (X1.nCols !== X2.nCols) {
    throw new DataError('mutualNearestNeighbors: number of columns', {
      got: `${X1.nCols} and ${X2.nCols}`,
      expected: 'equally many',
      remedy: 'Give coordinates in one space.',
    });
  }
  const most = Math.min(X1.nRows, X2.nRows);
  if (Number.isInteger(k) && k >= 1 && k <= most) return;
  throw new ParamError('mutualNearestNeighbors: k does not fit the data', {
    got: `${k} neighbors for ${X1.nRows} and ${X2.nRows} rows`,
    expected: `an integer from 1 to ${most}`,
  });
}

/** The k nearest points of each query, [nQueries * k]. */
async function nearestRows(
  queries: DenseMatrix,
  points: DenseMatrix,
  k: number,
  pacer: Pacer,
): Promise<Int32Array> {
  const kernels = await getKernels();
  const { nRows: n, nCols: dim } = queries;
  const indices = new Int32Array(n * k);
  const distances = new Float32Array(Math.min(n, BLOCK) * k);
  for (let start = 0; start < n; start += BLOCK) {
    await pacer.tick();
    const end = Math.min(n, start + BLOCK);
    kernels.nearest({
      queries: queries.data.subarray(start * dim, end * dim),
      nQueries: end - start,
      points: points.data,
      nPoints: points.nRows,
      dim,
      k,
      outIndices: indices.subarray(start * k, end * k),
      outDistances: distances,
    });
  }
  return indices;
}
