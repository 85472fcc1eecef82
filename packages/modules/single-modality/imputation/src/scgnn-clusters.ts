import type { CsrMatrix, DenseMatrix, Rng, RunOptions } from '@dance-ts/core';
import { kMeans, louvain } from '@dance-ts/ml';

/** Options of {@link communityKMeans}. */
export interface CommunityKMeansOptions extends RunOptions {
  /** Number of k-means clusters for a number of Louvain communities. */
  readonly nClusters: (nCommunities: number) => number;
  /** Restarts of k-means. */
  readonly nInit: number;
  readonly rng: Rng;
}

/**
 * K-means clusters of an embedding, as many as the Louvain communities of the cell graph say.
 *
 * @param embedding - [nCells, d]
 * @param graph - symmetric, weighted, [nCells, nCells]
 * @returns cluster of each cell, 0..K-1
 */
export async function communityKMeans(
  embedding: DenseMatrix,
  graph: CsrMatrix,
  { nClusters, nInit, rng, signal }: CommunityKMeansOptions,
): Promise<Int32Array> {
  const { labels } = await louvain(graph, { rng: rng.fork('louvain'), signal });
  const k = Math.min(embedding.nRows, nClusters(new Set(labels).size));
  const found = await kMeans(embedding, { nClusters: k, nInit, rng: rng.fork('k-means'), signal });
  return labelsBySize(found.labels);
}

/**
 * Merges clusters beyond the largest `maxClusters` - 1, and those of fewer than `minCells` cells,
 * into one, if there are more than `maxClusters`.
 *
 * @param labels - by decreasing size
 */
export function mergedSmallClusters(
  labels: Int32Array,
  { maxClusters, minCells }: { readonly maxClusters: number; readonly minCells: number },
): Int32Array {
  const sizes = clusterSizes(labels);
  if (sizes.length <= maxClusters) return labels;
  const isKept = (label: number): boolean => label < maxClusters - 1 && sizes[label]! >= minCells;
  return labelsBySize(labels.map((label) => (isKept(label) ? label : sizes.length)));
}

/** Cells of each cluster. */
export function clusterSizes(labels: Int32Array): Int32Array {
  const sizes = new Int32Array(labels.reduce((most, label) => Math.max(most, label), -1) + 1);
  for (const label of labels) sizes[label]! += 1;
  return sizes;
}

/** The cells of each cluster, in their order. */
export function clusterMembers(labels: Int32Array): Int32Array[] {
  const members = Array.from(clusterSizes(labels), (size) => new Int32Array(size));
  const next = new Int32Array(members.length);
  labels.forEach((label, cell) => {
    members[label]![next[label]!++] = cell;
  });
  return members;
}

/** Labels 0..K-1 by decreasing size, of equal sizes the one that appears first. */
function labelsBySize(labels: Int32Array): Int32Array {
  const sizes = new Map<number, number>();
  for (const label of labels) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  const order = [...sizes].sort(([, a], [, b]) => b - a);
  const rank = new Map(order.map(([label], place) => [label, place]));
  return labels.map((label) => rank.get(label) ?? 0);
}
