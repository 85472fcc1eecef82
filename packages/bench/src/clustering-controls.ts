import { Rng, type AnnData, type DenseMatrix, type RunOptions } from '@dance-ts/core';
import { clusteringMetrics, silhouetteScore } from '@dance-ts/metrics';
import { graphClusters, kMeans } from '@dance-ts/ml';
import {
  CellPca,
  Compose,
  FilterCellsScanpy,
  FilterGenesScanpy,
  HighlyVariableGenes,
  Log1P,
  NormalizeTotal,
} from '@dance-ts/transforms';

/** Options of {@link clusteringControls}. */
export interface ClusteringControlOptions extends RunOptions {
  /** Column of `obs` that holds the labels, used for scoring only. */
  readonly truth: string;
  /** Clusters of k-means. */
  readonly nClusters: number;
  readonly seed: number;
}

/**
 * What clustering reaches without a neural network, in the field's usual way: 3,000 variable genes
 * (cell_ranger), 50 principal components, then Leiden (15 neighbors, resolution 1) or k-means.
 *
 * @returns scores by control and metric
 */
export async function clusteringControls(
  data: AnnData,
  options: ClusteringControlOptions,
): Promise<Record<string, Record<string, number>>> {
  const { signal, reporter, nClusters } = options;
  const rng = Rng.fromSeed(options.seed).fork('controls');
  const context = { rng, signal, reporter };
  const cells = await pcaPipeline(data).apply(data, context);
  const pca = cells.obsm.get('X_pca') as DenseMatrix;
  const { codes } = cells.labels(options.truth);
  const scores = async (labels: Int32Array): Promise<Record<string, number>> => {
    const known = Array.from(codes.keys()).filter((i) => codes[i]! >= 0);
    const truth = known.map((i) => codes[i]!);
    const prediction = known.map((i) => labels[i]!);
    return {
      ...Object.fromEntries(
        clusteringMetrics.map(({ name, compute }) => [name, compute(truth, prediction)]),
      ),
      silhouette: await silhouetteScore(pca, labels, { signal }),
    };
  };
  const leiden = await graphClusters(pca, {
    ...context,
    method: 'leiden',
    nNeighbors: 15,
    resolution: 1,
    rng: rng.fork('leiden'),
  });
  const means = await kMeans(pca, { nClusters, nInit: 10, rng: rng.fork('kmeans'), signal });
  return {
    'PCA + Leiden': await scores(leiden.labels),
    'PCA + k-means': await scores(means.labels),
  };
}

function pcaPipeline(data: AnnData): Compose {
  const nTopGenes = Math.min(3000, data.nVars);
  return new Compose([
    new FilterGenesScanpy({ minCounts: 3 }),
    new FilterCellsScanpy({ minCounts: 1 }),
    new NormalizeTotal(),
    new Log1P(),
    new HighlyVariableGenes({ flavor: 'cell_ranger', nTopGenes, subset: true }),
    new CellPca({ nComponents: Math.min(50, data.nObs - 1, nTopGenes - 1) }),
  ]);
}
