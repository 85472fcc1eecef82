import {
  DenseMatrix,
  sha256Hex,
  type CsrMatrix,
  type FitContext,
  type History,
} from '@dance-ts/core';
import { spectralClustering } from '@dance-ts/ml';
import type { Adam } from '@dance-ts/nn';
import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import { CLUSTERING_PHASE } from './cluster-training.js';
import { clusterMeans, initialClusters } from './initial-clusters.js';
import { pretrainEpochs } from './pretrain-epochs.js';
import type { CellGraph, TagAutoencoder } from './tag-autoencoder.js';
import { savedProgress } from './training-phase.js';

/** Fit parameters of {@link reconstructionLoss}. */
export const reconstructionFitParams = {
  wA: z.number().min(0).default(0.3).describe('Weight of the graph reconstruction'),
  wX: z.number().min(0).default(1).describe('Weight of the likelihood of the counts'),
};

/** Weights of the two reconstructions. */
export interface ReconstructionWeights {
  readonly wA: number;
  readonly wX: number;
}

/** wA adjacency + wX zinb. */
export function reconstructionLoss(
  { adjacency, zinb }: { readonly adjacency: tf.Scalar; readonly zinb: tf.Scalar },
  { wA, wX }: ReconstructionWeights,
): tf.Scalar {
  return tf.add(tf.mul(adjacency, wA), tf.mul(zinb, wX));
}

/** Options of {@link pretrainTag}. */
export interface TagPretrainingOptions {
  /** Model name, for progress and messages. */
  readonly owner: string;
  readonly network: TagAutoencoder;
  readonly graph: CellGraph;
  /** Is freed. */
  readonly optimizer: Adam;
  readonly epochs: number;
  readonly weights: ReconstructionWeights;
  readonly history: History;
  /** What is added to the loss of an embedding. */
  readonly penalty?: ((latent: tf.Tensor2D) => tf.Scalar) | undefined;
}

/** Trains the reconstructions on all cells at once; `history.pretrainLoss`. */
export function pretrainTag(options: TagPretrainingOptions, context: FitContext): Promise<void> {
  const { owner, network, graph, optimizer, epochs, weights, history, penalty } = options;
  const { parameters, nCells } = network;
  return pretrainEpochs(
    {
      ...{ owner, phase: 'pretrain', term: 'pretrainLoss', epochs, history },
      ...{ nItems: nCells, batchSize: nCells, parameters, optimizer },
      step: (_, rng) =>
        optimizer.minimize(() => {
          const { latent, ...terms } = network.forward(graph, rng);
          const loss = reconstructionLoss(terms, weights);
          return penalty === undefined ? loss : tf.add<tf.Scalar>(loss, penalty(latent));
        }),
    },
    context,
  );
}

/** How the first clusters are found. */
export const centerInitParam = z
  .enum(['kmeans', 'spectral'])
  .describe('First clusters: k-means of the embedding, or spectral clustering of the graph');

/** Constructor parameters of both models that only their clustering phases read. */
export const tagClusteringParams = [
  'nClusters',
  'alpha',
  'centerInit',
  'trainableCenters',
] as const;

/** Options of {@link firstCenters}. */
export interface FirstCentersOptions {
  readonly nClusters: number | 'auto';
  readonly centerInit: 'kmeans' | 'spectral';
}

/**
 * Means of the first clusters in the embedding, [K, d]: of k-means (Leiden for `auto`), or of the
 * spectral clustering of the graph. Where that finds fewer clusters than asked for, k-means is
 * taken.
 */
export async function firstCenters(
  latent: DenseMatrix,
  graph: CsrMatrix,
  { nClusters, centerInit }: FirstCentersOptions,
  context: FitContext,
): Promise<DenseMatrix> {
  const run = { ...context, rng: context.rng.fork('centers') };
  if (centerInit === 'spectral' && nClusters !== 'auto' && nClusters <= latent.nRows) {
    const labels = await spectralClustering(graph, { ...run, nClusters });
    const centers = clusterMeans(latent, labels);
    if (centers.nRows === nClusters) return centers;
    const text = `spectral clustering found ${centers.nRows} of ${nClusters} clusters; using k-means`;
    context.reporter.message('warning', text);
  }
  return (await initialClusters(latent, { ...run, nClusters })).centers;
}

/** The centers of a fit that was interrupted in its clustering phase. */
export async function interruptedCenters(context: FitContext): Promise<DenseMatrix | undefined> {
  const saved = await savedProgress(context.checkpoint, CLUSTERING_PHASE);
  const centers = saved?.tensors.get('network/centers');
  if (!(centers?.data instanceof Float32Array)) return undefined;
  const [nClusters = 0, width = 0] = centers.shape;
  return new DenseMatrix(nClusters, width, centers.data);
}

/** A hash of the graph, for settings that pre-trained weights depend on. */
export async function graphHash({ indptr, indices, data }: CsrMatrix): Promise<string> {
  const hashes = await Promise.all(
    [indptr, indices, data].map((part) =>
      sha256Hex(new Uint8Array(part.buffer, part.byteOffset, part.byteLength)),
    ),
  );
  return hashes.join('-');
}
