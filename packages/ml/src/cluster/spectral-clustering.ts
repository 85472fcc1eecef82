import {
  CsrMatrix,
  DataError,
  DenseMatrix,
  Pacer,
  ParamError,
  type Rng,
  type RunOptions,
} from '@dance-ts/core';
import { decompose } from '../decomposition/decompose.js';
import { truncatedSvd } from '../decomposition/truncated-svd.js';

/** Options of {@link spectralClustering}. */
export interface SpectralOptions extends RunOptions {
  readonly nClusters: number;
  /** Starts the eigenvectors and the rotation. */
  readonly rng: Rng;
}

const MOST_ROTATIONS = 30;

/**
 * Clusters of a graph by the leading eigenvectors of its normalized adjacency, cut by Yu and Shi's
 * rotation (Multiclass spectral clustering, ICCV 2003), as scikit-learn's `SpectralClustering` does
 * for a precomputed affinity with `assign_labels='discretize'`. The graph is made symmetric,
 * (A + A^T) / 2, and its self loops are left out; a node without neighbors is on its own.
 *
 * @param graph - weights >= 0, [n, n]
 * @returns cluster of each node, numbered in the order of their first nodes without gaps; fewer
 * than `nClusters` where the rotation leaves some empty
 * @throws DataError if the graph is not square, ParamError unless 2 <= nClusters <= n; AbortError
 */
export async function spectralClustering(
  graph: CsrMatrix,
  options: SpectralOptions,
): Promise<Int32Array> {
  const { nRows: n, nCols } = graph;
  const { nClusters, rng, signal } = options;
  if (n !== nCols) {
    throw new DataError('spectralClustering: the graph is not square', { got: `${n} x ${nCols}` });
  }
  if (!(Number.isInteger(nClusters) && nClusters >= 2 && nClusters <= n)) {
    throw new ParamError('spectralClustering: nClusters', {
      got: String(nClusters),
      expected: `an integer from 2 to ${n}, the number of nodes`,
    });
  }
  const { affinity, roots } = halfShifted(graph);
  const { axes } = await decompose(affinity, {
    ...{ nComponents: nClusters, rng: rng.fork('eigenvectors'), signal },
  });
  const vectors = DenseMatrix.zeros(n, nClusters);
  for (let i = 0; i < n; i++) {
    const row = vectors.row(i);
    for (let c = 0; c < nClusters; c++) row[c] = axes[c * n + i]! / roots[i]!;
  }
  normalizeColumns(vectors);
  normalizeRows(vectors);
  return withoutGaps(await discretized(vectors, rng, new Pacer(signal)));
}

/**
 * (I + D^-1/2 W D^-1/2) / 2 without self loops, whose eigenvalues lie in [0, 1], so that leading
 * singular vectors are leading eigenvectors; and the roots of the degrees, 1 for degree 0.
 */
function halfShifted(graph: CsrMatrix): { affinity: CsrMatrix; roots: Float64Array } {
  const n = graph.nRows;
  const rows: number[] = [];
  const columns: number[] = [];
  const weights: number[] = [];
  const degrees = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const { indices, data } = graph.row(i);
    indices.forEach((j, e) => {
      const half = data[e]! / 2;
      if (j === i || half === 0) return;
      rows.push(i, j);
      columns.push(j, i);
      weights.push(half, half);
      degrees[i]! += half;
      degrees[j]! += half;
    });
  }
  const roots = degrees.map((degree) => (degree > 0 ? Math.sqrt(degree) : 1));
  const values = weights.map((weight, e) => weight / (2 * roots[rows[e]!]! * roots[columns[e]!]!));
  for (let i = 0; i < n; i++) {
    rows.push(i);
    columns.push(i);
    values.push(0.5);
  }
  return { affinity: CsrMatrix.fromTriplets(n, n, rows, columns, values), roots };
}

/** Labels of the rotation of the rows that comes closest to a partition. */
async function discretized(vectors: DenseMatrix, rng: Rng, pacer: Pacer): Promise<Int32Array> {
  const { nRows: n, nCols: k } = vectors;
  let rotation = unlikeRows(vectors, rng.fork('rotation').int(n));
  let labels: Int32Array = new Int32Array(n).fill(-1);
  for (let step = 0; step < MOST_ROTATIONS; step++) {
    await pacer.tick();
    const next = bestColumns(vectors, rotation);
    const isSettled = next.every((label, i) => label === labels[i]);
    labels = next;
    if (isSettled) break;
    const sums = new Float32Array(k * k); // E^T V, E the one-hot labels
    labels.forEach((label, i) => {
      vectors.row(i).forEach((value, c) => {
        sums[label * k + c]! += value;
      });
    });
    const { U, Vt } = await truncatedSvd(new DenseMatrix(k, k, sums), {
      ...{ nComponents: k, rng, solver: 'exact' },
    });
    rotation = rotationOf(U, Vt);
  }
  return labels;
}

/** V U^T as columns for the labels, [k, k]. */
function rotationOf(U: DenseMatrix, Vt: DenseMatrix): DenseMatrix {
  const k = U.nRows;
  const rotation = DenseMatrix.zeros(k, k);
  for (let a = 0; a < k; a++) {
    for (let b = 0; b < k; b++) {
      let sum = 0;
      for (let c = 0; c < k; c++) sum += Vt.get(c, a) * U.get(b, c);
      rotation.row(a)[b] = sum;
    }
  }
  return rotation;
}

/** k rows that are as little alike as can be, one after the other, as columns [k, k]. */
function unlikeRows(vectors: DenseMatrix, first: number): DenseMatrix {
  const { nRows: n, nCols: k } = vectors;
  const rotation = DenseMatrix.zeros(k, k);
  const likeness = new Float64Array(n);
  let chosen = first;
  for (let c = 0; c < k; c++) {
    const pick = vectors.row(chosen);
    pick.forEach((value, a) => {
      rotation.row(a)[c] = value;
    });
    for (let i = 0; i < n; i++) likeness[i]! += Math.abs(dot(vectors.row(i), pick));
    chosen = likeness.indexOf(likeness.reduce((least, value) => Math.min(least, value), Infinity));
  }
  return rotation;
}

/** Column of the largest entry of each row of V R. */
function bestColumns(vectors: DenseMatrix, rotation: DenseMatrix): Int32Array {
  const columns = rotation.transpose();
  return Int32Array.from({ length: vectors.nRows }, (_, i) => {
    const row = vectors.row(i);
    let best = 0;
    let highest = -Infinity;
    for (let c = 0; c < columns.nRows; c++) {
      const value = dot(row, columns.row(c));
      if (value > highest) [best, highest] = [c, value];
    }
    return best;
  });
}

function withoutGaps(labels: Int32Array): Int32Array {
  const numbers = new Map<number, number>();
  for (const label of labels) if (!numbers.has(label)) numbers.set(label, numbers.size);
  return labels.map((label) => numbers.get(label) ?? 0);
}

function normalizeColumns(matrix: DenseMatrix): void {
  const squares = new Float64Array(matrix.nCols);
  matrix.data.forEach((value, e) => {
    squares[e % matrix.nCols]! += value * value;
  });
  for (let e = 0; e < matrix.data.length; e++) {
    const square = squares[e % matrix.nCols]!;
    if (square > 0) matrix.data[e]! /= Math.sqrt(square);
  }
}

function normalizeRows(matrix: DenseMatrix): void {
  for (let i = 0; i < matrix.nRows; i++) {
    const row = matrix.row(i);
    const length = Math.sqrt(dot(row, row));
    if (length > 0) for (let c = 0; c < row.length; c++) row[c]! /= length;
  }
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let e = 0; e < a.length; e++) sum += a[e]! * b[e]!;
  return sum;
}
