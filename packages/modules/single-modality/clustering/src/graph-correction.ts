import { CsrMatrix, type DenseMatrix } from '@dance-ts/core';

/** What a graph is corrected by. */
export interface GraphCorrection {
  /** Embedding, [nCells, d]. */
  readonly latent: DenseMatrix;
  /** [K, d] */
  readonly centers: DenseMatrix;
  /** Cluster of each cell, 0..K-1. */
  readonly labels: Int32Array;
  /** Cells whose cluster can be relied on. */
  readonly reliable: Int32Array;
}

/**
 * Turns a neighbor graph towards a clustering graph (scTPF; Mrabah et al., AAAI 2023): each reliable
 * cell gets a link of weight 1 to the representative of its cluster, which is the reliable cell
 * nearest to the cluster's center, if that cell is of the same cluster. Links that are there stay
 * as they are; self loops are removed. The new links go from the cell to the representative only.
 *
 * @param adjacency - the original graph, [nCells, nCells]
 */
export function correctedGraph(adjacency: CsrMatrix, correction: GraphCorrection): CsrMatrix {
  const { labels, reliable } = correction;
  const representatives = representativesOf(correction);
  const rows: number[] = [];
  const columns: number[] = [];
  const weights: number[] = [];
  const add = (i: number, j: number, weight: number): void => {
    rows.push(i);
    columns.push(j);
    weights.push(weight);
  };
  for (let i = 0; i < adjacency.nRows; i++) {
    const { indices, data } = adjacency.row(i);
    indices.forEach((j, e) => {
      if (j !== i) add(i, j, data[e]!);
    });
  }
  for (const cell of reliable) {
    const representative = representatives[labels[cell]!]!;
    const isOfCluster = representative >= 0 && labels[representative] === labels[cell];
    if (!isOfCluster || representative === cell) continue;
    if (adjacency.get(cell, representative) === 0) add(cell, representative, 1);
  }
  return CsrMatrix.fromTriplets(adjacency.nRows, adjacency.nCols, rows, columns, weights);
}

/** Reliable cell nearest to each center, the first of equal ones; -1 if no cell is reliable. */
function representativesOf({ latent, centers, reliable }: GraphCorrection): Int32Array {
  return Int32Array.from({ length: centers.nRows }, (_, k) => {
    const center = centers.row(k);
    let [nearest, least] = [-1, Infinity];
    for (const cell of reliable) {
      let squares = 0;
      latent.row(cell).forEach((value, f) => {
        squares += (value - center[f]!) ** 2;
      });
      if (squares < least) [nearest, least] = [cell, squares];
    }
    return nearest;
  });
}
