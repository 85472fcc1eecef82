import type { CsrMatrix, DenseMatrix } from '@dance-ts/core';
import { umapConnectivities } from '../manifold/umap-connectivities.js';
import { nearestNeighbors } from '../neighbors/nearest-neighbors.js';
import { leiden, type Communities, type CommunityOptions } from './leiden.js';
import { louvain } from './louvain.js';

/** Options of {@link graphClusters}. */
export interface GraphClusterOptions extends CommunityOptions {
  readonly method: 'leiden' | 'louvain';
  /** As scanpy counts them: with the row itself; cut to the number of rows. */
  readonly nNeighbors: number;
}

/**
 * Clusters of the rows as the field finds them: nearest neighbors, UMAP connectivities, then
 * Leiden or Louvain communities.
 *
 * @param X - embedding, [n, d]
 * @throws ParamError if there are fewer than two rows; AbortError
 */
export async function graphClusters(
  X: DenseMatrix,
  options: GraphClusterOptions,
): Promise<Communities & { readonly connectivities: CsrMatrix }> {
  const { method, nNeighbors, ...run } = options;
  const neighbors = await nearestNeighbors(X, { ...run, k: Math.min(nNeighbors, X.nRows) - 1 });
  const connectivities = umapConnectivities(neighbors);
  const communities = await (method === 'leiden' ? leiden : louvain)(connectivities, run);
  return { ...communities, connectivities };
}
