import type { CsrMatrix, DenseMatrix, Rng, RunOptions } from '@dance-ts/core';
import { kMeans, nearestNeighbors, umapConnectivities } from '@dance-ts/ml';
import type { Labels } from '../clustering/contingency.js';
import { normalizedMutualInfo } from '../clustering/information.js';
import { adjustedRandIndex } from '../clustering/pair-counting.js';
import { checkCells } from './silhouette-widths.js';

/** Options of {@link kMeansAgreement}. */
export interface KMeansAgreementOptions extends RunOptions {
  /** Starting centers. */
  readonly rng: Rng;
  /** Clusters, default 10 as the DANCE paper has for every data set; not above the cells. */
  readonly nClusters?: number;
}

/** Agreement of k-means clusters with known labels. */
export interface KMeansAgreement {
  /** Adjusted Rand index. */
  readonly ari: number;
  /** Mutual information over the larger entropy. */
  readonly nmi: number;
}

/**
 * How k-means clusters of an embedding (5 restarts) agree with the cell types.
 *
 * @param embedding - [nCells, d]
 * @throws DataError if the labels do not fit; ParamError if nClusters does not; AbortError
 */
export async function kMeansAgreement(
  embedding: DenseMatrix,
  cellTypes: Labels,
  options: KMeansAgreementOptions,
): Promise<KMeansAgreement> {
  const { nClusters = Math.min(10, embedding.nRows), ...run } = options;
  checkCells(embedding.nRows, cellTypes);
  const { labels } = await kMeans(embedding, { ...run, nClusters, nInit: 5 });
  return {
    ari: adjustedRandIndex(cellTypes, labels),
    nmi: normalizedMutualInfo(cellTypes, labels, { average: 'max' }),
  };
}

/**
 * Neighbor graph of an embedding for the graph scores: UMAP connectivities of 15 neighbors, the
 * cell itself counted, or as many as there are.
 *
 * @param embedding - [nCells, d], at least 2 cells
 * @throws ParamError if there are fewer than two cells; AbortError
 */
export async function embeddingGraph(
  embedding: DenseMatrix,
  options: RunOptions & { readonly nNeighbors?: number } = {},
): Promise<CsrMatrix> {
  const { nNeighbors = 15, ...run } = options;
  const k = Math.min(nNeighbors, embedding.nRows) - 1;
  return umapConnectivities(await nearestNeighbors(embedding, { ...run, k }));
}
