import type { CsrMatrix } from '@dance-ts/core';
import graphology from 'graphology';
import graphologyLouvain from 'graphology-communities-louvain';
import { communityGraph, communityQuality, labelsBySize } from './community-graph.js';
import type { Communities, CommunityOptions } from './leiden.js';

// The package is CommonJS: what its types call `default` is the module itself.
const louvainCommunities = graphologyLouvain as unknown as typeof graphologyLouvain.default;

/**
 * Louvain communities (Blondel et al., 2008) by graphology, maximizing modularity with resolution;
 * one random walk order a pass, drawn from `rng`.
 *
 * @param adjacency - symmetric, weights \>= 0
 * @throws DataError if it is not
 */
export async function louvain(
  adjacency: CsrMatrix,
  options: CommunityOptions,
): Promise<Communities> {
  const { rng, resolution = 1 } = options;
  const edges = communityGraph(adjacency);
  const graph = new graphology.UndirectedGraph();
  for (let node = 0; node < edges.n; node++) graph.addNode(node);
  for (let node = 0; node < edges.n; node++) {
    if (edges.loops[node]! > 0) graph.addEdge(node, node, { weight: edges.loops[node] });
    for (let e = edges.indptr[node]!; e < edges.indptr[node + 1]!; e++) {
      const other = edges.indices[e]!;
      if (other > node) graph.addEdge(node, other, { weight: edges.weights[e] });
    }
  }
  const found =
    graph.size === 0
      ? {}
      : louvainCommunities(graph, {
          resolution,
          getEdgeWeight: 'weight',
          rng: () => rng.uniform(),
        });
  const labels = labelsBySize(
    Int32Array.from({ length: edges.n }, (_, node) => found[node] ?? node),
  );
  return Promise.resolve({ labels, modularity: communityQuality(edges, labels, resolution) });
}
