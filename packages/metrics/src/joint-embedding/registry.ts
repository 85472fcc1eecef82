import {
  DataError,
  type CsrMatrix,
  type DenseMatrix,
  type Matrix,
  type Rng,
  type RunOptions,
} from '@dance-ts/core';
import type { Labels } from '../clustering/contingency.js';
import { metricNamed, SHARE, type MetricInfo } from '../metric.js';
import { cellCycleConservation } from './cell-cycle.js';
import { embeddingGraph, kMeansAgreement } from './embedding-clusters.js';
import { bestGraphClusters, graphConnectivity } from './graph-scores.js';
import { aswBatch, aswLabel } from './silhouette-widths.js';
import { trajectoryConservation } from './trajectory.js';

/** What is known of the cells apart from the embedding; a metric names what it needs. */
export interface JointEmbeddingTruth {
  /** [nCells] */
  readonly cellTypes?: Labels | undefined;
  /** [nCells] */
  readonly batches?: Labels | undefined;
  /** Normalized expression, [nCells, nGenes]. */
  readonly expression?: Matrix | undefined;
  /** S and G2M scores, each [nCells]. */
  readonly phaseScores?: readonly ArrayLike<number>[] | undefined;
  /** Pseudotimes before integration, one for each modality, each [nCells]; NaN off the lineage. */
  readonly referencePseudotimes?: readonly ArrayLike<number>[] | undefined;
}

/** An embedding and what was computed from it. */
export interface JointEmbedding {
  /** [nCells, d] */
  readonly embedding: DenseMatrix;
  /** Neighbor graph; that of `embeddingGraph` if left out. */
  readonly graph?: CsrMatrix | undefined;
  /** Pseudotime along the embedding, [nCells]. */
  readonly pseudotime?: ArrayLike<number> | undefined;
}

/** Options of the joint embedding metrics. */
export interface JointEmbeddingOptions extends RunOptions {
  /** Clusterings and principal components. */
  readonly rng: Rng;
  /** Clusters of k-means, default 10. */
  readonly nClusters?: number;
}

/** A score of a joint embedding. */
export interface JointEmbeddingMetric extends MetricInfo {
  /** What of the truth it needs. */
  readonly needs: readonly (keyof JointEmbeddingTruth)[];
  /** The score; rejects with a DataError that names what is missing. */
  readonly compute: (
    truth: JointEmbeddingTruth,
    prediction: JointEmbedding,
    options: JointEmbeddingOptions,
  ) => Promise<number>;
}

/**
 * The metrics of joint embeddings by their short names; the first is the task's default. Those from
 * `nmi` on are the six of the Open Problems competition.
 */
export const jointEmbeddingMetrics: readonly JointEmbeddingMetric[] = [
  {
    name: 'ari',
    longName: 'adjusted Rand index of k-means clusters',
    range: [-0.5, 1],
    higherIsBetter: true,
    needs: ['cellTypes'],
    compute: async (truth, { embedding }, options) =>
      (await kMeansAgreement(embedding, known(truth.cellTypes, 'cellTypes'), options)).ari,
  },
  {
    ...SHARE,
    name: 'nmi_kmeans',
    longName: 'mutual information of k-means clusters over the larger entropy',
    needs: ['cellTypes'],
    compute: async (truth, { embedding }, options) =>
      (await kMeansAgreement(embedding, known(truth.cellTypes, 'cellTypes'), options)).nmi,
  },
  {
    ...SHARE,
    name: 'nmi',
    longName: 'mutual information of the best Louvain clusters',
    needs: ['cellTypes'],
    compute: async (truth, prediction, options) => {
      const cellTypes = known(truth.cellTypes, 'cellTypes');
      return (await bestGraphClusters(await graphOf(prediction, options), cellTypes, options)).nmi;
    },
  },
  {
    ...SHARE,
    name: 'asw_label',
    longName: 'silhouette width of cell types',
    needs: ['cellTypes'],
    compute: (truth, { embedding }, options) =>
      aswLabel(embedding, known(truth.cellTypes, 'cellTypes'), options),
  },
  {
    ...SHARE,
    name: 'asw_batch',
    longName: 'mixing of batches by silhouette width',
    needs: ['batches', 'cellTypes'],
    compute: (truth, { embedding }, options) =>
      aswBatch(
        embedding,
        known(truth.batches, 'batches'),
        known(truth.cellTypes, 'cellTypes'),
        options,
      ),
  },
  {
    ...SHARE,
    name: 'graph_conn',
    longName: 'graph connectivity of cell types',
    needs: ['cellTypes'],
    compute: async (truth, prediction, options) =>
      graphConnectivity(await graphOf(prediction, options), known(truth.cellTypes, 'cellTypes')),
  },
  {
    ...SHARE,
    name: 'cc_cons',
    longName: 'cell-cycle conservation',
    needs: ['expression', 'phaseScores', 'batches'],
    compute: (truth, { embedding }, { rng, signal, reporter }) =>
      cellCycleConservation(
        known(truth.expression, 'expression'),
        embedding,
        known(truth.phaseScores, 'phaseScores'),
        {
          rng,
          batches: known(truth.batches, 'batches'),
          ...(signal === undefined ? {} : { signal }),
          ...(reporter === undefined ? {} : { reporter }),
        },
      ),
  },
  {
    ...SHARE,
    name: 'ti_cons',
    longName: 'trajectory conservation, mean of the modalities',
    needs: ['referencePseudotimes', 'batches'],
    compute: (truth, prediction) => {
      const references = known(truth.referencePseudotimes, 'referencePseudotimes');
      const pseudotime = known(prediction.pseudotime, 'pseudotime');
      const batches = known(truth.batches, 'batches');
      const scores = references.map((reference) =>
        trajectoryConservation(reference, pseudotime, batches),
      );
      return Promise.resolve(scores.reduce((sum, score) => sum + score, 0) / scores.length);
    },
  },
];

/** The six metrics whose mean is the score of the Open Problems competition. */
export const openProblemsMetrics: readonly string[] = [
  'nmi',
  'asw_label',
  'asw_batch',
  'graph_conn',
  'cc_cons',
  'ti_cons',
];

/**
 * The joint embedding metric of that name.
 *
 * @throws ParamError naming those there are
 */
export function jointEmbeddingMetric(name: string): JointEmbeddingMetric {
  return metricNamed(jointEmbeddingMetrics, name, 'joint embedding');
}

/**
 * Every joint embedding metric whose needs are met, by name, with one neighbor graph for all, and
 * `openproblems`, the mean of the six metrics of the competition, if all are there.
 *
 * @throws DataError if what is given does not fit; AbortError
 */
export async function jointEmbeddingScores(
  truth: JointEmbeddingTruth,
  prediction: JointEmbedding,
  options: JointEmbeddingOptions,
): Promise<Record<string, number>> {
  const shared = { ...prediction, graph: await graphOf(prediction, options) };
  const scores: Record<string, number> = {};
  for (const { name, needs, compute } of jointEmbeddingMetrics) {
    if (needs.some((need) => truth[need] === undefined)) continue;
    if (name === 'ti_cons' && prediction.pseudotime === undefined) continue;
    scores[name] = await compute(truth, shared, options);
  }
  const six = openProblemsMetrics.flatMap((name) => scores[name] ?? []);
  if (six.length === openProblemsMetrics.length) {
    scores['openproblems'] = six.reduce((sum, score) => sum + score, 0) / six.length;
  }
  return scores;
}

async function graphOf(
  { embedding, graph }: JointEmbedding,
  { signal }: JointEmbeddingOptions,
): Promise<CsrMatrix> {
  return graph ?? embeddingGraph(embedding, signal === undefined ? {} : { signal });
}

function known<T>(value: T | undefined, name: string): T {
  if (value !== undefined) return value;
  throw new DataError(`this metric of a joint embedding needs ${name}`, {
    got: 'none',
    remedy: `Give ${name}, or choose a metric that does without.`,
  });
}
