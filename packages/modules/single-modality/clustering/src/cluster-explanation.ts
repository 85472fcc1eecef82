import {
  DataError,
  DenseMatrix,
  errorMessage,
  type AnnData,
  type ExplainOptions,
  type Explanation,
} from '@dance-ts/core';
import {
  assertKnownScores,
  cellsToExplain,
  explainCells,
  explainSettings,
  marginOf,
  onlyScore,
  type ParameterSet,
  type ScoreNetwork,
} from '@dance-ts/nn';
import * as tf from '@tensorflow/tfjs';
import type { Clustering } from './clustering-model.js';
import { labelCount } from './initial-clusters.js';

/** Weights of a trained network by name. */
export type Weights = Clustering['weights'];

/** What {@link explainCluster} needs of a model. */
export interface ClusteredCells {
  /** Model name, for messages. */
  readonly owner: string;
  /** Names of the cells of the data. */
  readonly names: readonly string[];
  /** Row of each of them among the prepared cells, -1 where preprocessing dropped it. */
  readonly rows: Int32Array;
  readonly prepared: AnnData;
  readonly clustering: Clustering;
  /** The trained network, whose scores are the clusters' probabilities where the model has them. */
  readonly network: () => ScoreNetwork | Promise<ScoreNetwork>;
}

const PREFIX = 'network/';
const SAME_PREPARATION = 'Prepare all the data given to fit with the options used then.';

/**
 * What the genes contribute to the score of a cluster: its probability or, of models without, the
 * margin of their scores.
 *
 * @throws ParamError; DataError if the data are not those of the fit, prepared likewise; AbortError
 */
export async function explainCluster(
  { owner, names, rows, prepared, clustering, network: open }: ClusteredCells,
  options: ExplainOptions,
): Promise<Explanation> {
  const { labels, probabilities } = clustering;
  const nClusters = probabilities?.nCols ?? labels.reduce((most, k) => Math.max(most, k), -1) + 1;
  const targets = Array.from({ length: nClusters }, (_, k) => String(k));
  const settings = explainSettings(options, targets, owner);
  const { code } = settings;
  const hasTarget = (i: number): boolean => labels[rows[i]!] === code;
  const chosen = cellsToExplain(options.cells, { names, rows, hasTarget }, settings, owner);
  if (prepared.nObs !== labels.length) {
    throw new DataError(`${owner}.explain: these are not the prepared cells of the fit`, {
      got: `${prepared.nObs} cells`,
      expected: String(labels.length),
      remedy: `${SAME_PREPARATION} Choose among the cells with { cells }.`,
    });
  }
  const network = await open();
  try {
    const selector =
      probabilities === undefined ? marginOf(code, nClusters) : onlyScore(code, nClusters);
    const request = { ...settings, ...chosen, owner, selector, genes: prepared.varNames };
    const { explanation, scores } = await explainCells(network, request, options);
    if (probabilities !== undefined) {
      const known = Float32Array.from(chosen.rows, (row) => probabilities.get(row, code));
      assertKnownScores(scores, known, owner);
    }
    return explanation;
  } finally {
    network.dispose();
  }
}

/**
 * Gives a new network the weights of the trained one. It is freed if they do not fit.
 *
 * @param free - frees the network; default its parameters
 * @returns how to free it
 * @throws DataError if the data it was made for have other genes
 */
export function restored(
  parameters: ParameterSet,
  weights: Weights,
  free = (): void => {
    parameters.dispose();
  },
): Pick<ScoreNetwork, 'dispose'> {
  try {
    parameters.restore(new Map(weights), PREFIX);
  } catch (cause) {
    free();
    throw new DataError(`the trained network is for other data: ${errorMessage(cause)}`, {
      ...{ remedy: SAME_PREPARATION, cause },
    });
  }
  return { dispose: free };
}

/** Room for the centers among the weights, [K, d]. */
export function roomForCenters(weights: Weights): DenseMatrix {
  const saved = weights.find(([name]) => name === `${PREFIX}centers`);
  const [nClusters = 0, width = 0] = saved?.[1].shape ?? [];
  return DenseMatrix.zeros(nClusters, width);
}

/** Mean embedding of each cluster, [K, d]. */
export function centroidsOf({ latent, labels }: Clustering): DenseMatrix {
  const nClusters = labelCount(labels);
  const sums = new Float64Array(nClusters * latent.nCols);
  const sizes = new Float64Array(nClusters);
  labels.forEach((k, i) => {
    sizes[k]! += 1;
    latent.row(i).forEach((value, f) => (sums[k * latent.nCols + f]! += value));
  });
  const means = Float32Array.from(sums, (sum, e) => sum / sizes[Math.floor(e / latent.nCols)]!);
  return new DenseMatrix(nClusters, latent.nCols, means);
}

/**
 * How near embedded cells are to each centroid, [n, K]: minus the squared distance, but for the
 * square of the cell's own length, which is the same for all centroids. Both are taken from the
 * middle of the centroids, as clusters may lie close to each other and far from 0.
 */
export function nearness(latent: tf.Tensor2D, { data, shape }: DenseMatrix): tf.Tensor2D {
  const centroids = tf.tensor2d(data, [...shape]);
  const middle = tf.mean(centroids, 0);
  const centered = tf.sub(centroids, middle);
  const lengths = tf.sum(tf.square(centered), 1);
  const products = tf.matMul(tf.sub(latent, middle), centered, false, true);
  return tf.sub(tf.mul(products, 2), lengths);
}
