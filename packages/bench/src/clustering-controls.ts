import {
  Rng,
  type AnnData,
  type CsrMatrix,
  type DenseMatrix,
  type RunOptions,
} from '@dance-ts/core';
import { clusteringMetrics, silhouetteScore } from '@dance-ts/metrics';
import { graphClusters, kMeans, leiden } from '@dance-ts/ml';
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
  /** Variable genes, at most all; default 3,000. */
  readonly nTopGenes?: number | undefined;
  /** Also random labels, and Leiden at the resolution that gives `nClusters`; default false. */
  readonly more?: boolean;
}

/**
 * What clustering reaches without a neural network, in the field's usual way: variable genes
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
  const cells = await pcaPipeline(data, options.nTopGenes ?? 3000).apply(data, context);
  const pca = cells.obsm.get('X_pca') as DenseMatrix;
  const { codes } = cells.labels(options.truth);
  const silhouetteOf = async (labels: Int32Array): Promise<number> => {
    const nFound = new Set(labels).size;
    return nFound < 2 || nFound >= labels.length ? NaN : silhouetteScore(pca, labels, { signal });
  };
  const scores = async (labels: Int32Array): Promise<Record<string, number>> => ({
    ...scoresOfKnown(codes, labels),
    silhouette: await silhouetteOf(labels),
  });
  const communities = await graphClusters(pca, {
    ...context,
    method: 'leiden',
    nNeighbors: 15,
    resolution: 1,
    rng: rng.fork('leiden'),
  });
  const means = await kMeans(pca, { nClusters, nInit: 10, rng: rng.fork('kmeans'), signal });
  const usual = {
    'PCA + Leiden': await scores(communities.labels),
    'PCA + k-means': await scores(means.labels),
  };
  if (options.more !== true) return usual;
  const ofK = await leidenOf(nClusters, communities.connectivities, {
    ...context,
    rng: rng.fork('leiden-k'),
  });
  const chance = rng.fork('random-labels');
  return {
    ...usual,
    'PCA + Leiden, K clusters': await scores(ofK),
    'random labels': await scores(Int32Array.from(codes, () => chance.int(nClusters))),
  };
}

/** Scores of clusters by name, over the cells whose class is known (code >= 0). */
export function scoresOfKnown(codes: Int32Array, labels: Int32Array): Record<string, number> {
  const known = Array.from(codes.keys()).filter((i) => codes[i]! >= 0);
  const truth = known.map((i) => codes[i]!);
  const prediction = known.map((i) => labels[i]!);
  return Object.fromEntries(
    clusteringMetrics.map(({ name, compute }) => [name, compute(truth, prediction)]),
  );
}

/** Tries of {@link leidenOf}. */
const TRIES = 20;

/**
 * Leiden communities at a resolution found by bisection of its logarithm, such that there are
 * `nClusters` of them, or as near to it as was found.
 */
async function leidenOf(
  nClusters: number,
  graph: CsrMatrix,
  { rng, signal }: { rng: Rng; signal: AbortSignal | undefined },
): Promise<Int32Array> {
  let [low, high] = [Math.log(1e-3), Math.log(20)];
  let best: { labels: Int32Array; distance: number } | undefined;
  for (let k = 0; k < TRIES && best?.distance !== 0; k++) {
    const middle = (low + high) / 2;
    const options = { rng: rng.fork(String(k)), signal, resolution: Math.exp(middle) };
    const { labels } = await leiden(graph, options);
    const surplus = new Set(labels).size - nClusters;
    if (best === undefined || Math.abs(surplus) < best.distance) {
      best = { labels, distance: Math.abs(surplus) };
    }
    if (surplus > 0) high = middle;
    else low = middle;
  }
  return best?.labels ?? new Int32Array(graph.nRows);
}

function pcaPipeline(data: AnnData, mostGenes: number): Compose {
  const nTopGenes = Math.min(mostGenes, data.nVars);
  return new Compose([
    new FilterGenesScanpy({ minCounts: 3 }),
    new FilterCellsScanpy({ minCounts: 1 }),
    new NormalizeTotal(),
    new Log1P(),
    new HighlyVariableGenes({ flavor: 'cell_ranger', nTopGenes, subset: true }),
    new CellPca({ nComponents: Math.min(50, data.nObs - 1, nTopGenes - 1) }),
  ]);
}
