import { DataError, DenseMatrix, type RunContext } from '@dance-ts/core';
import { graphClusters, kMeans } from '@dance-ts/ml';
import { z } from 'zod';

/** Parameter: number of clusters, or `auto` where the model is to find it. */
export const nClustersParam = z
  .union([z.int().min(2), z.literal('auto')])
  .default(10)
  .describe('Clusters; "auto": as many as Leiden finds in the pre-trained embedding');

/** Options of {@link initialClusters}. */
export interface InitialClustersOptions extends RunContext {
  readonly nClusters: number | 'auto';
  /** Restarts of k-means, default 20. */
  readonly nInit?: number;
}

/** Clusters to begin with. */
export interface InitialClusters {
  /** Cluster of each cell, 0..K-1. */
  readonly labels: Int32Array;
  /** Mean of each cluster, [K, d]. */
  readonly centers: DenseMatrix;
}

/**
 * First clusters of an embedding: k-means with scikit-learn's semantics, or for `auto` Leiden
 * communities of the 15 nearest neighbors at resolution 1.
 *
 * @param latent - [n, d]
 * @throws DataError if the embedding is not finite or has fewer cells than clusters; AbortError
 */
export async function initialClusters(
  latent: DenseMatrix,
  { nClusters, nInit = 20, ...context }: InitialClustersOptions,
): Promise<InitialClusters> {
  assertFinite(latent);
  if (nClusters === 'auto') {
    const { labels } = await graphClusters(latent, {
      ...context,
      ...{ method: 'leiden', nNeighbors: 15, resolution: 1 },
      rng: context.rng.fork('leiden'),
    });
    return { labels, centers: clusterMeans(latent, labels) };
  }
  if (latent.nRows < nClusters) {
    throw new DataError('fewer cells than clusters', {
      got: `${latent.nRows} cells for ${nClusters} clusters`,
      remedy: 'Lower nClusters or keep more cells.',
    });
  }
  const { rng, signal } = context;
  return kMeans(latent, { nClusters, nInit, rng: rng.fork('kmeans'), signal });
}

/**
 * Mean of the rows of each label, [K, d], summed in float64.
 *
 * @param labels - 0..K-1, each of them at least once
 * @throws DataError if a label has no rows
 */
export function clusterMeans(X: DenseMatrix, labels: Int32Array): DenseMatrix {
  const nClusters = labelCount(labels);
  const counts = new Int32Array(nClusters);
  const sums = new Float64Array(nClusters * X.nCols);
  labels.forEach((label, i) => {
    counts[label]! += 1;
    X.row(i).forEach((value, f) => {
      sums[label * X.nCols + f]! += value;
    });
  });
  const empty = counts.indexOf(0);
  if (empty >= 0) {
    throw new DataError(`cluster ${empty} has no cells`, { expected: 'labels without gaps' });
  }
  const means = Float32Array.from(sums, (sum, e) => sum / counts[Math.floor(e / X.nCols)]!);
  return new DenseMatrix(nClusters, X.nCols, means);
}

/** Number of labels 0..K-1: one more than the largest, 0 for no cells. */
export function labelCount(labels: Int32Array): number {
  return labels.reduce((largest, label) => Math.max(largest, label), -1) + 1;
}

/** NaN in an embedding is a training gone wrong: k-means would only hide it. */
function assertFinite({ data, nCols }: DenseMatrix): void {
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return;
  throw new DataError(`the embedding of cell ${Math.floor(bad / nCols)} is not finite`, {
    got: String(data[bad]),
    remedy: 'Lower the learning rate or check the data for extreme values.',
  });
}
