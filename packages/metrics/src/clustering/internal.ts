import { DataError, Pacer, type RunOptions } from '@dance-ts/core';
import { rowReader, type DenseValues } from '../regression/values.js';
import { contingency, type Labels } from './contingency.js';
import { BLOCK, distanceBlocks } from './distance-blocks.js';

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
  X: DenseValues,
  labels: Labels,
  options: SilhouetteOptions = {},
): Promise<number> {
  const samples = await silhouetteSamples(X, labels, options);
  return samples.reduce((sum, value) => sum + value, 0) / samples.length;
}

/**
 * Silhouette of each sample, (b - a) / max(a, b) with a the mean distance to its own cluster and b
 * to the nearest other one; 0 for a sample alone in its cluster. O(n^2 d) time in blocks, no n x n
 * matrix. Distances are float32 for float32 values, and float64 (slower) for all others.
 *
 * @param X - [n, d]
 * @throws DataError if there are not 2..n-1 clusters; AbortError
 */
export async function silhouetteSamples(
  X: DenseValues,
  labels: Labels,
  options: SilhouetteOptions = {},
): Promise<Float64Array> {
  const { codes, sizes } = clustersOf(X, labels);
  const pacer = new Pacer(options.signal);
  const isCosine = options.metric === 'cosine';
  const distances = await distanceBlocks(isCosine ? unitRows(X) : X);
  const n = X.nRows;
  const sums = new Float64Array(sizes.length);
  const samples = new Float64Array(n);
  for (let start = 0; start < n; start += BLOCK) {
    await pacer.tick();
    const nBlock = Math.min(BLOCK, n - start);
    const squared = distances(start, nBlock);
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
export function calinskiHarabasz(X: DenseValues, labels: Labels): number {
  const { codes, sizes, centers, mean } = centroids(X, labels);
  let between = 0;
  centers.forEach((center, c) => {
    between += sizes[c]! * squaredDistance(center, mean);
  });
  let within = 0;
  const read = rowReader(X);
  const row = new Float64Array(X.nCols);
  for (let i = 0; i < X.nRows; i++) {
    read(i, row);
    within += squaredDistance(row, centers[codes[i]!]!);
  }
  const k = sizes.length;
  return within === 0 ? 1 : (between * (X.nRows - k)) / (within * (k - 1));
}

/**
 * Davies-Bouldin index (1979): mean similarity of each cluster to its most similar one; lower is
 * better.
 *
 * @throws DataError if there are not 2..n-1 clusters
 */
export function daviesBouldin(X: DenseValues, labels: Labels): number {
  const { codes, sizes, centers } = centroids(X, labels);
  const spread = new Float64Array(sizes.length);
  const read = rowReader(X);
  const row = new Float64Array(X.nCols);
  for (let i = 0; i < X.nRows; i++) {
    const c = codes[i]!;
    read(i, row);
    spread[c]! += Math.sqrt(squaredDistance(row, centers[c]!)) / sizes[c]!;
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

function clustersOf(X: DenseValues, labels: Labels): { codes: Int32Array; sizes: Float64Array } {
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
  X: DenseValues,
  labels: Labels,
): { codes: Int32Array; sizes: Float64Array; centers: Float64Array[]; mean: Float64Array } {
  const { codes, sizes } = clustersOf(X, labels);
  const centers = Array.from(sizes, () => new Float64Array(X.nCols));
  const mean = new Float64Array(X.nCols);
  const read = rowReader(X);
  const row = new Float64Array(X.nCols);
  for (let i = 0; i < X.nRows; i++) {
    const center = centers[codes[i]!]!;
    const size = sizes[codes[i]!]!;
    read(i, row);
    row.forEach((value, f) => {
      center[f]! += value / size;
      mean[f]! += value / X.nRows;
    });
  }
  return { codes, sizes, centers, mean };
}

/** Rows scaled to length 1, in the precision they come in; zero rows stay. */
function unitRows(X: DenseValues): DenseValues {
  const { kind, nRows, nCols } = X;
  const size = nRows * nCols;
  const data = X.data instanceof Float32Array ? new Float32Array(size) : new Float64Array(size);
  const read = rowReader(X);
  const row = new Float64Array(nCols);
  for (let i = 0; i < nRows; i++) {
    read(i, row);
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    data.set(length > 0 ? row.map((value) => value / length) : row, i * nCols);
  }
  return { kind, nRows, nCols, data };
}

function squaredDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let f = 0; f < a.length; f++) {
    const difference = a[f]! - b[f]!;
    sum += difference * difference;
  }
  return sum;
}
