import {
  DenseMatrix,
  type Bundle,
  type CsrMatrix,
  type FitContext,
  type History,
  type Rng,
} from '@dance-ts/core';
import { adjustedRandIndex } from '@dance-ts/metrics';
import type * as tf from '@tensorflow/tfjs';
import { FeatureAutoencoder } from './scgnn-autoencoder.js';
import { clusterMembers } from './scgnn-clusters.js';
import { graphChange } from './scgnn-convergence.js';
import {
  pretrainingStore,
  resumeIterations,
  saveIterations,
  type IterationState,
} from './scgnn-progress.js';
import { addHistory, allRows, trainAutoencoder, type AutoencoderBatch } from './scgnn-training.js';
import type { ValidationMerit } from './scgnn-validation.js';

/** Loss of a batch, a sum over its cells. */
export type AutoencoderLoss = (batch: AutoencoderBatch) => tf.Scalar;

/** What one iteration has changed. */
export interface IterationChange {
  /** Adjusted Rand index of the clusters with those before; 0 in the first iteration. */
  readonly ari: number;
  /** See `graphChange`. */
  readonly graphChange: number;
}

/** How long and how fast the autoencoders are trained. */
export interface AutoencoderSchedule {
  /** Epochs of the first training. */
  readonly epochs: number;
  readonly emEpochs: number;
  readonly clusterEpochs: number;
  /** Iterations at most. */
  readonly iterations: number;
  readonly batchSize: number;
  readonly lr: number;
}

/** What scGNN and scGNN 2.0 do in their own ways. */
export interface IterationSteps {
  /** Loss of the first training, on the data. */
  pretrainingLoss(batch: AutoencoderBatch): tf.Scalar;
  /** Loss of the feature autoencoder within iterations. */
  featureLoss(batch: AutoencoderBatch): tf.Scalar;
  /** Loss of the autoencoder of one cluster. */
  clusterLoss(network: FeatureAutoencoder, members: Int32Array, graph: CsrMatrix): AutoencoderLoss;
  /** Cell graph of latent features, weighted as communities are looked for. */
  cellGraph(latent: DenseMatrix): Promise<CsrMatrix>;
  /** What is clustered: the graph autoencoder's embedding, or the latent features themselves. */
  embed(latent: DenseMatrix, graph: CsrMatrix, rng: Rng, history: History): Promise<DenseMatrix>;
  cluster(embedding: DenseMatrix, graph: CsrMatrix, rng: Rng): Promise<Int32Array>;
  hasConverged(change: IterationChange): boolean;
}

/** Options of {@link runIterations}. */
export interface IterationOptions {
  readonly owner: string;
  /** Log expression, [nCells, nGenes]. */
  readonly X: CsrMatrix;
  readonly widths: { readonly hidden: number; readonly latent: number };
  readonly schedule: AutoencoderSchedule;
  readonly steps: IterationSteps;
  /** Chooses the epoch of each cluster autoencoder; the last one if left out. */
  readonly merit?: ValidationMerit | undefined;
  readonly context: FitContext;
  readonly history: History;
}

/** Share of the first Laplacian in the smoothed graph whose change is watched. */
const SMOOTHING = 0.5;

/**
 * What scGNN and scGNN 2.0 have in common. A feature autoencoder is trained on the data; then, until
 * clusters or graph stay the same: clusters of the cells, an autoencoder for each cluster (a copy of
 * the feature autoencoder, trained on the reconstruction of its cells), the feature autoencoder
 * trained on what they give, a new cell graph of its latent features.
 *
 * Checkpoints are written during the first training and after each iteration.
 *
 * @returns what the last iteration left
 */
export async function runIterations(options: IterationOptions): Promise<IterationState> {
  const { X, widths, context } = options;
  const create = (): FeatureAutoencoder =>
    new FeatureAutoencoder(X.nCols, widths, context.rng.fork('init'));
  const [network, ofCluster] = [create(), create()];
  try {
    let state = await firstState(network, options);
    while (!state.converged && state.done < options.schedule.iterations) {
      state = await nextState(network, ofCluster, state, options);
      const { checkpoint } = context;
      await saveIterations(checkpoint, state, await network.parameters.capture(), options.history);
    }
    return state;
  } finally {
    network.parameters.dispose();
    ofCluster.parameters.dispose();
  }
}

async function firstState(
  network: FeatureAutoencoder,
  { owner, X, schedule, steps, context, history }: IterationOptions,
): Promise<IterationState> {
  const { checkpoint, rng, signal } = context;
  const resumed = await resumeIterations(checkpoint);
  if (resumed !== undefined) {
    network.parameters.restore(resumed.weights);
    Object.assign(history, resumed.history);
    return resumed.state;
  }
  await trainAutoencoder({
    ...context,
    ...{ owner, network, history, batchSize: schedule.batchSize },
    epochs: schedule.epochs,
    learningRate: schedule.lr,
    source: X,
    cells: allRows(X.nRows),
    rng: rng.fork('features'),
    checkpoint: pretrainingStore(checkpoint),
    loss: (batch) => steps.pretrainingLoss(batch),
  });
  const { latent, output } = await network.reconstruct(X, allRows(X.nRows), signal);
  if (output.data.every((value) => value === 0)) {
    const text = `${owner}: the autoencoder gives zeros only; lower lr or try another seed`;
    context.reporter.message('warning', text);
  }
  const graph = await steps.cellGraph(latent);
  const embedding = await steps.embed(latent, graph, rng.fork('graph'), history);
  const state: IterationState = {
    ...{ done: 0, converged: false, reconstruction: output, imputed: undefined },
    ...{ latent, embedding, labels: undefined, graph, firstGraph: graph },
  };
  await saveIterations(checkpoint, state, await network.parameters.capture(), history);
  return state;
}

async function nextState(
  network: FeatureAutoencoder,
  ofCluster: FeatureAutoencoder,
  before: IterationState,
  options: IterationOptions,
): Promise<IterationState> {
  const { owner, X, schedule, steps, context, history } = options;
  const { done, firstGraph } = before;
  const rng = context.rng.fork(`iteration-${done}`);
  const labels = await steps.cluster(before.embedding, before.graph, rng.fork('clusters'));
  const weights = new Map(await network.parameters.capture());
  const imputed = await imputeClusters(ofCluster, weights, labels, before, options, rng);
  const training: History = {};
  await trainAutoencoder({
    ...{ ...context, checkpoint: undefined },
    ...{ network, history: training, batchSize: schedule.batchSize },
    owner: `${owner} features`,
    epochs: schedule.emEpochs,
    learningRate: schedule.lr,
    source: imputed,
    cells: allRows(X.nRows),
    rng: rng.fork('features'),
    loss: (batch) => steps.featureLoss(batch),
  });
  addHistory(history, 'feature', training);
  const { latent, output } = await network.reconstruct(imputed, allRows(X.nRows), context.signal);
  const graph = await steps.cellGraph(latent);
  const embedding = await steps.embed(latent, graph, rng.fork('graph'), history);
  const change: IterationChange = {
    ari: before.labels === undefined ? 0 : adjustedRandIndex(before.labels, labels),
    graphChange: graphChange(graph, done === 0 ? undefined : before.graph, firstGraph, SMOOTHING),
  };
  (history['ari_with_previous'] ??= []).push(change.ari);
  (history['graph_change'] ??= []).push(change.graphChange);
  (history['n_clusters'] ??= []).push(new Set(labels).size);
  return {
    ...{ done: done + 1, converged: steps.hasConverged(change), reconstruction: output, imputed },
    ...{ latent, embedding, labels, graph, firstGraph },
  };
}

/** Trains an autoencoder for each cluster and puts their outputs together, [nCells, nGenes]. */
async function imputeClusters(
  network: FeatureAutoencoder,
  weights: Bundle['tensors'],
  labels: Int32Array,
  { reconstruction, graph }: IterationState,
  { owner, schedule, steps, context, history, merit }: IterationOptions,
  rng: Rng,
): Promise<DenseMatrix> {
  const imputed = DenseMatrix.zeros(reconstruction.nRows, reconstruction.nCols);
  let finalLoss = 0;
  for (const [cluster, members] of clusterMembers(labels).entries()) {
    network.parameters.restore(weights);
    const training: History = {};
    await trainAutoencoder({
      ...{ ...context, checkpoint: undefined },
      ...{ network, history: training, batchSize: schedule.batchSize },
      owner: `${owner} cluster ${cluster}`,
      epochs: schedule.clusterEpochs,
      learningRate: schedule.lr,
      source: reconstruction,
      cells: members,
      rng: rng.fork(`cluster-${cluster}`),
      loss: steps.clusterLoss(network, members, graph),
      merit,
    });
    finalLoss += training['loss']?.at(-1) ?? 0;
    const { output } = await network.reconstruct(reconstruction, members, context.signal);
    members.forEach((cell, i) => {
      imputed.row(cell).set(output.row(i));
    });
  }
  (history['cluster_loss'] ??= []).push(finalLoss);
  return imputed;
}
