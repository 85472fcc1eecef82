import type { CsrMatrix, Rng, RunOptions } from '@dance-ts/core';
import { ParamError } from '@dance-ts/core';
import { leiden, louvain } from '@dance-ts/ml';
import type { Labels } from '../clustering/contingency.js';
import { normalizedMutualInfo } from '../clustering/information.js';
import { adjustedRandIndex } from '../clustering/pair-counting.js';
import { checkCells, groupCells } from './silhouette-widths.js';

/**
 * Graph connectivity (Luecken et al., 2022): mean over cell types of the share of the type's cells
 * in the largest connected part of its own subgraph; 1 if each type hangs together.
 *
 * @param graph - [nCells, nCells], such as UMAP connectivities; edges count in both directions
 * @throws DataError if the labels do not fit the graph
 */
export function graphConnectivity(graph: CsrMatrix, cellTypes: Labels): number {
  checkCells(graph.nRows, cellTypes);
  const parent = Int32Array.from({ length: graph.nRows }, (_, i) => i);
  for (let i = 0; i < graph.nRows; i++) {
    const { indices, data } = graph.row(i);
    indices.forEach((j, e) => {
      if (data[e] === 0 || cellTypes[i] !== cellTypes[j]) return;
      parent[rootOf(parent, i)] = rootOf(parent, j);
    });
  }
  const shares = groupCells(cellTypes).map((cells) => {
    const sizes = new Map<number, number>();
    let largest = 0;
    for (const cell of cells) {
      const root = rootOf(parent, cell);
      const size = (sizes.get(root) ?? 0) + 1;
      sizes.set(root, size);
      largest = Math.max(largest, size);
    }
    return largest / cells.length;
  });
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

/** Options of {@link bestGraphClusters}. */
export interface BestClustersOptions extends RunOptions {
  /** Order in which nodes are visited. */
  readonly rng: Rng;
  /** Default `louvain`. */
  readonly method?: 'leiden' | 'louvain';
  /** Resolutions tried, default 0.1, 0.2, ..., 2. */
  readonly resolutions?: readonly number[];
}

/** The clustering of a graph that agrees best with known labels. */
export interface BestClusters {
  /** NMI with arithmetic mean, the criterion. */
  readonly nmi: number;
  /** Adjusted Rand index of the same clusters. */
  readonly ari: number;
  readonly resolution: number;
  /** Cluster of each cell. */
  readonly labels: Int32Array;
}

const DEFAULT_RESOLUTIONS = Array.from({ length: 20 }, (_, step) => (step + 1) / 10);

/**
 * Communities of a neighbor graph at several resolutions; those with the highest NMI against the
 * cell types, of equals the lowest resolution (Luecken et al., 2022). An upper bound: the labels
 * choose the resolution.
 *
 * @param graph - symmetric [nCells, nCells], weights >= 0
 * @throws DataError if graph or labels do not fit; ParamError without a resolution; AbortError
 */
export async function bestGraphClusters(
  graph: CsrMatrix,
  cellTypes: Labels,
  options: BestClustersOptions,
): Promise<BestClusters> {
  const { rng, method = 'louvain', resolutions = DEFAULT_RESOLUTIONS, ...run } = options;
  checkCells(graph.nRows, cellTypes);
  let best: BestClusters | undefined;
  for (const resolution of resolutions) {
    const { labels } = await (method === 'louvain' ? louvain : leiden)(graph, {
      ...run,
      resolution,
      rng: rng.fork(`resolution-${resolution}`),
    });
    const nmi = normalizedMutualInfo(cellTypes, labels);
    if (best !== undefined && nmi <= best.nmi) continue;
    best = { nmi, ari: adjustedRandIndex(cellTypes, labels), resolution, labels };
  }
  if (best === undefined) {
    throw new ParamError('resolutions', { got: 'none', expected: 'at least one' });
  }
  return best;
}

/** Root of a node's tree; the path to it is halved. */
function rootOf(parent: Int32Array, node: number): number {
  let current = node;
  while (parent[current] !== current) {
    parent[current] = parent[parent[current]!]!;
    current = parent[current]!;
  }
  return current;
}
