import { DenseMatrix, Pacer, ParamError, type RunOptions } from '@dance-ts/core';
import { getKernels } from '@dance-ts/kernels';

/** Distances between rows: straight line, 1 - cosine, or 1 - Pearson correlation. */
export type NeighborMetric = 'euclidean' | 'cosine' | 'correlation';

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
  const points = metric === 'euclidean' ? X : unitRows(X, metric === 'correlation');
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
  // For unit rows |a - b|^2 / 2 = 1 - cos(a, b).
  for (let e = 0; e < distances.length; e++) {
    distances[e] = metric === 'euclidean' ? Math.sqrt(distances[e]!) : distances[e]! / 2;
  }
  return { indices, distances, n, k };
}

/** Rows of length 1, centered before if asked; zero rows stay zero. */
function unitRows(X: DenseMatrix, center: boolean): DenseMatrix {
  const out = X.copy();
  for (let i = 0; i < out.nRows; i++) {
    const row = out.row(i);
    const mean = center ? row.reduce((sum, value) => sum + value, 0) / row.length : 0;
    let squares = 0;
    for (const value of row) squares += (value - mean) ** 2;
    const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
    for (let f = 0; f < row.length; f++) row[f] = (row[f]! - mean) * scale;
  }
  return out;
}
