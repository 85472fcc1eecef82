import { DenseMatrix, type CsrMatrix } from '@dance-ts/core';
import type { Neighbors } from '@dance-ts/ml';

/** Distance below which cells count as equally near, as a share of the mean distance. */
const SMALLEST_SHARE = 1e-3;

/**
 * Weight of each entry of neighbor lists: the inverse of its distance, which is taken as at least a
 * thousandth of the mean distance, so that equal cells do not outweigh all others.
 */
export function inverseDistance({ distances }: Neighbors): (entry: number) => number {
  const mean = distances.reduce((sum, d) => sum + d, 0) / Math.max(1, distances.length);
  const least = mean > 0 ? SMALLEST_SHARE * mean : 1;
  return (entry) => 1 / Math.max(least, distances[entry]!);
}

/**
 * What the cells of a cluster count for their neighbors in it: the column sums, over rows of the
 * cluster, of the graph (links as 1) with rows that sum to 1.
 *
 * @param graph - [nCells, nCells]
 * @returns [nCells], 0 outside the cluster
 */
export function linksWithinCluster(graph: CsrMatrix, members: Int32Array): Float64Array {
  const isMember = new Uint8Array(graph.nRows);
  for (const cell of members) isMember[cell] = 1;
  const sums = new Float64Array(graph.nRows);
  for (const cell of members) {
    const { indices } = graph.row(cell);
    for (const other of indices) if (isMember[other] === 1) sums[other]! += 1 / indices.length;
  }
  return sums;
}

/** Rows divided by their sums; rows of sum below 1 stay as they are, as in the authors' code. */
export function rowsOfSumOne(features: DenseMatrix): DenseMatrix {
  const sums = features.rowSums();
  const out = features.copy();
  for (let i = 0; i < out.nRows; i++) {
    const row = out.row(i);
    for (let d = 0; d < row.length; d++) row[d]! /= Math.max(1, sums[i]!);
  }
  return out;
}
