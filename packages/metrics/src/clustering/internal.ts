import { DataError, Pacer, type DenseMatrix, type RunOptions } from '@dance-ts/core';
import { getKernels } from '@dance-ts/kernels';
import { contingency, type Labels } from './contingency.js';

/** Rows whose distances to all others are held at a time. */
const BLOCK = 128;

/** Options of the silhouette. */
export interface SilhouetteOptions extends RunOptions {
  /** Default `euclidean`. */
  readonly metric?: 'euclidean' | 'cosine';
}

/**
 * Mean silhouette (Rousseeuw, 1987); see {@link silhouetteSamples}.
 *
 * @throws DataError if there are not 2..n-1 clusters; AbortError
 */
export async function silhouetteScore(
  X: DenseMatrix,
  labels: Labels,
  options: SilhouetteOptions = {},
): Promise<number> {
  const samples = await silhouetteSamples(X, labels, options);
  return samples.reduce((sum, value) => sum + value, 0) / samples.length;
}

/**
 * Silhouette of each sample, (b - a) / max(a, b) with a the mean distance to its own cluster and b
 * to the nearest other one; 0 for a sample alone in its cluster. O(n^2 d) time in blocks, no n x n matrix.
 *
 * @param X - [n, d]
 * @throws DataError if there are not 2..n-1 clusters; AbortError
 */
export async function silhouetteSamples(
  X: DenseMatrix,
  labels: Labels,
  options: SilhouetteOptions = {},
): Promise<Float64Array> {
  const { codes, sizes } = clustersOf(X, labels);
  const kernels = await getKernels();
  const pacer = new Pacer(options.signal);
  const isCosine = options.metric === 'cosine';
  const points = isCosine ? unitRows(X) : X;
  const { nRows: n, nCols: dim } = X;
  const squared = new Float32Array(BLOCK * n);
  const sums = new Float64Array(sizes.length);
  const samples = new Float64Array(n);
  for (let start = 0; start < n; start += BLOCK) {
    await pacer.tick();
    const nBlock = Math.min(BLOCK, n - start);
    const a = points.data.subarray(start * dim, (start + nBlock) * dim);
    kernels.squaredDistances({ a, nA: nBlock, b: points.data, nB: n, dim, out: squared });
    for (let i = 0; i < nBlock; i++) {
      sums.fill(0);
      for (let j = 0; j < n; j++) {
        const value = squared[i * n + j]!;
        // For unit rows |a - b|^2 / 2 = 1 - cos(a, b).
        sums[codes[j]!]! += isCosine ? value / 2 : Math.sqrt(value);
      }
      samples[start + i] = silhouetteOf(codes[start + i]!, sums, sizes);
    }
  }
  return samples;
}

/** Silhouette of a sample of cluster `own` from its summed distances to each cluster. */
function silhouetteOf(own: number, sums: Float64Array, sizes: Float64Array): number {
  if (sizes[own] === 1) return 0;
  const inside = sums[own]! / (sizes[own]! - 1);
  let nearest = Infinity;
  sums.forEach((sum, c) => {
    if (c !== own) nearest = Math.min(nearest, sum / sizes[c]!);
  });
  return inside === nearest ? 0 : (nearest - inside) / Math.max(inside, nearest);
}

/**
 * Calinski-Harabasz index (1974): between-cluster over within-cluster dispersion; higher is better.
 *
 * @throws DataError if there are not 2..n-1 clusters
 */
export function calinskiHarabasz(X: DenseMatrix, labels: Labels): number {
  const { codes, sizes, centers, mean } = centroids(X, labels);
  let between = 0;
  centers.forEach((center, c) => {
    between += sizes[c]! * squaredDistance(center, mean);
  });
  let within = 0;
  for (let i = 0; i < X.nRows; i++) within += squaredDistance(X.row(i), centers[codes[i]!]!);
  const k = sizes.length;
  return within === 0 ? 1 : (between * (X.nRows - k)) / (within * (k - 1));
}

/**
 * Davies-Bouldin index (1979): mean similarity of each cluster to its most similar one; lower is
 * better.
 *
 * @throws DataError if there are not 2..n-1 clusters
 */
export function daviesBouldin(X: DenseMatrix, labels: Labels): number {
  const { codes, sizes, centers } = centroids(X, labels);
  const spread = new Float64Array(sizes.length);
  for (let i = 0; i < X.nRows; i++) {
    const c = codes[i]!;
    spread[c]! += Math.sqrt(squaredDistance(X.row(i), centers[c]!)) / sizes[c]!;
  }
  let sum = 0;
  centers.forEach((center, c) => {
    let worst = 0;
    centers.forEach((other, d) => {
      const distance = Math.sqrt(squaredDistance(center, other));
      if (d !== c && distance > 0) worst = Math.max(worst, (spread[c]! + spread[d]!) / distance);
    });
    sum += worst;
  });
  return sum / sizes.length;
}

function clustersOf(X: DenseMatrix, labels: Labels): { codes: Int32Array; sizes: Float64Array } {
  const { rowSums } = contingency(labels, labels);
  const k = rowSums.length;
  if (labels.length !== X.nRows || k < 2 || k >= X.nRows) {
    throw new DataError('the labels do not fit', {
      got: `${labels.length} labels of ${k} clusters for ${X.nRows} samples`,
      expected: `one a sample and 2 to ${X.nRows - 1} clusters`,
    });
  }
  const index = new Map<number | string, number>();
  const codes = Int32Array.from({ length: X.nRows }, (_, i) => {
    const label = labels[i]!;
    const code = index.get(label) ?? index.size;
    index.set(label, code);
    return code;
  });
  return { codes, sizes: rowSums };
}

function centroids(
  X: DenseMatrix,
  labels: Labels,
): { codes: Int32Array; sizes: Float64Array; centers: Float64Array[]; mean: Float64Array } {
  const { codes, sizes } = clustersOf(X, labels);
  const centers = Array.from(sizes, () => new Float64Array(X.nCols));
  for (let i = 0; i < X.nRows; i++) {
    const center = centers[codes[i]!]!;
    X.row(i).forEach((value, f) => {
      center[f]! += value / sizes[codes[i]!]!;
    });
  }
  return { codes, sizes, centers, mean: X.columnSums().map((sum) => sum / X.nRows) };
}

function unitRows(X: DenseMatrix): DenseMatrix {
  const lengths = Float64Array.from({ length: X.nRows }, (_, i) =>
    Math.sqrt(X.row(i).reduce((sum, value) => sum + value * value, 0)),
  );
  return X.scaleRows(lengths.map((length) => (length > 0 ? 1 / length : 0)));
}

function squaredDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let f = 0; f < a.length; f++) {
    const difference = a[f]! - b[f]!;
    sum += difference * difference;
  }
  return sum;
}
