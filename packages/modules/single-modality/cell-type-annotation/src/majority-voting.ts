import {
  asCategorical,
  DataError,
  DenseMatrix,
  type AnnData,
  type RunContext,
} from '@dance-ts/core';
import { graphClusters } from '@dance-ts/ml';
import {
  CellPca,
  Compose,
  FilterGenesScanpy,
  HighlyVariableGenes,
  Scale,
} from '@dance-ts/transforms';

/** Resolution of Leiden by the number of cells: fine clusters, each of one type. */
const RESOLUTIONS: readonly (readonly [number, number])[] = [
  [5_000, 5],
  [20_000, 10],
  [40_000, 15],
  [100_000, 20],
  [200_000, 25],
  [Infinity, 30],
];
const N_TOP_GENES = 2500;
const N_COMPONENTS = 50;
const N_NEIGHBORS = 10;

/** Resolution of the clustering for so many cells. */
export function votingResolution(nCells: number): number {
  return RESOLUTIONS.find(([limit]) => nCells < limit)?.[1] ?? 30;
}

/**
 * Many small clusters: genes of at least 5 cells, the 2,500 most variable, scaled (at most 10), 50
 * principal components, 10 neighbors, Leiden.
 *
 * Memory: cells x 2,500 x 4 bytes.
 *
 * @param data - log-normalized
 * @returns [nCells] cluster of each cell
 * @throws DataError if too few genes are expressed; AbortError
 */
export async function overCluster(data: AnnData, context: RunContext): Promise<Int32Array> {
  const { signal, rng, reporter } = context;
  const expressed = await new FilterGenesScanpy({ minCells: 5 }).apply(data, context);
  const nTopGenes = Math.min(N_TOP_GENES, expressed.nVars);
  const pipeline = new Compose([
    new HighlyVariableGenes({ flavor: 'seurat', nTopGenes, subset: true }),
    new Scale({ maxValue: 10 }),
    new CellPca({ nComponents: N_COMPONENTS }),
  ]);
  const embedding = (await pipeline.apply(expressed, context)).obsm.get('X_pca');
  if (!(embedding instanceof DenseMatrix)) throw new DataError('majority voting: no components');
  const { labels } = await graphClusters(embedding, {
    method: 'leiden',
    nNeighbors: N_NEIGHBORS,
    resolution: votingResolution(data.nObs),
    rng: rng.fork('over-clustering'),
    signal,
    reporter,
  });
  return labels;
}

/**
 * Clusters that a column of `obs` gives; cells without a value form a cluster of their own.
 *
 * @throws DataError if there is no such column
 */
export function clustersOfColumn(data: AnnData, key: string): Int32Array {
  if (data.obs.has(key)) return asCategorical(data.obs.get(key)).codes;
  throw new DataError(`majority voting: obs has no column "${key}"`, {
    got: `columns ${data.obs.columnNames.join(', ') || '(none)'}`,
    remedy: 'Name a column of the query that holds clusters (overClustering).',
  });
}

/**
 * Gives every cell the most frequent label of its cluster, of equally frequent ones the first by
 * the number of the cell; null where that label's share of the cluster is below `minProp`.
 *
 * @param labels - [nCells]; null takes part like a label
 * @param clusters - [nCells]
 */
export function majorityLabels(
  labels: readonly (string | null)[],
  clusters: Int32Array,
  minProp: number,
): (string | null)[] {
  const votes = new Map<number, Map<string | null, number>>();
  clusters.forEach((cluster, cell) => {
    const counts = votes.get(cluster) ?? new Map<string | null, number>();
    votes.set(cluster, counts);
    const label = labels[cell] ?? null;
    counts.set(label, (counts.get(label) ?? 0) + 1);
  });
  const winners = new Map<number, string | null>();
  for (const [cluster, counts] of votes) {
    let winner: string | null = null;
    let most = 0;
    let size = 0;
    for (const [label, count] of counts) {
      size += count;
      if (count > most) [winner, most] = [label, count];
    }
    winners.set(cluster, most < minProp * size ? null : winner);
  }
  return Array.from(clusters, (cluster) => winners.get(cluster) ?? null);
}
