import { DataError, DenseMatrix, Rng, type AnnData, type CsrMatrix } from '@dance-ts/core';
import {
  adjacencySquaredError,
  BatchBuffer,
  CountHeads,
  dropout,
  Linear,
  logSoftAssign,
  meanCountNll,
  Mlp,
  ParameterSet,
  SparseOperand,
  symmetricNormalized,
  TagConv,
  xavierUniform,
  type Parameter,
  type ScoreNetwork,
} from '@dance-ts/nn';
import { readNeighborGraph } from '@dance-ts/transforms';
import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import { restored, roomForCenters, type Weights } from './cluster-explanation.js';
import type { SoftAssignment } from './cluster-training.js';
import { readCountInput, type CountInput } from './count-input.js';
import { fromTensor } from './tensors.js';

/** Constructor parameters of the models around a {@link TagAutoencoder}. */
export const tagAutoencoderParams = {
  k: z.int().min(0).default(3).describe('Hops of the graph convolutions'),
  hops: z
    .enum(['power', 'repeat'])
    .default('power')
    .describe('Hop h sees the h-th power of the graph, or every hop the graph (as published)'),
  hiddenDim: z.int().min(1).default(128).describe('Width of the first graph convolution'),
  latentDim: z.int().min(1).default(15).describe('Width of the embedding'),
  decDim: z
    .array(z.int().min(1))
    .min(1)
    .default([128, 256, 512])
    .describe('Widths of the hidden layers of the count decoder'),
  adjDim: z.int().min(1).default(32).describe('Width of the graph decoder'),
  alpha: z.number().positive().default(1).describe('Degrees of freedom of the soft assignment'),
};

/** Sizes and hyperparameters of a {@link TagAutoencoder}. */
export interface TagAutoencoderOptions {
  readonly k: number;
  readonly hops: 'power' | 'repeat';
  readonly hiddenDim: number;
  readonly latentDim: number;
  readonly decDim: readonly number[];
  readonly adjDim: number;
  readonly alpha: number;
  /** Rate of dropout of the input in training. */
  readonly dropout: number;
  readonly rng: Rng;
}

/** A cell graph as encoder and decoder use it. */
export interface CellGraph {
  /** Weights, the target of the decoder. */
  readonly adjacency: SparseOperand;
  /** D^-1/2 A D^-1/2, along which the encoder sends messages. */
  readonly normalized: SparseOperand;
}

/** The graph and its normalization; a cell without neighbors gets no messages. */
export function cellGraph(adjacency: CsrMatrix): CellGraph {
  return { adjacency: new SparseOperand(adjacency), normalized: symmetricNormalized(adjacency) };
}

/** What a training pass sees. */
export interface TagForward {
  /** Embedding, [nCells, latentDim]. */
  readonly latent: tf.Tensor2D;
  /** Mean squared error of the decoded graph. */
  readonly adjacency: tf.Scalar;
  /** Mean negative log-likelihood of the counts. */
  readonly zinb: tf.Scalar;
}

/**
 * Graph autoencoder of scTAG (Yu et al., AAAI 2022) and scTPF (Mrabah et al., AAAI 2023) with its
 * data, trained on all cells at once.
 *
 * Encoder: TAG convolution, ReLU, TAG convolution. Count decoder: ReLU layers and the heads of a
 * zero-inflated negative binomial whose mean is scaled by the cell's size factor. Graph decoder:
 * sigmoid(Y B Y^T) with Y = Z W + b, which is never stored.
 *
 * The mean over all pairs leaves the graph decoder little to say: hardly any two cells are linked,
 * so "no link" everywhere costs mean(A^2), 0.004 for UMAP weights of 1,000 cells, and training was
 * seen to end there within ten epochs at wA = 0.3. Clusters come from the convolutions and the
 * counts.
 *
 * Memory: about 20 x cells x genes x 4 bytes in a training step.
 */
export class TagAutoencoder {
  readonly parameters = new ParameterSet();
  readonly nCells: number;
  private readonly first: TagConv;
  private readonly second: TagConv;
  private readonly decoder: Mlp;
  private readonly heads: CountHeads;
  private readonly graphLayer: Linear;
  private readonly bilinear: Parameter; // [adjDim, adjDim]
  private readonly cells: Int32Array;
  private readonly x: BatchBuffer;
  private readonly counts: BatchBuffer;
  private readonly sizeFactors: tf.Tensor1D;
  private centers: Parameter | undefined; // [K, latentDim]

  constructor(
    input: CountInput,
    private readonly options: TagAutoencoderOptions,
  ) {
    const { k, hops, hiddenDim, latentDim, decDim, adjDim } = options;
    const { parameters } = this;
    const rng = options.rng.fork('init');
    const nGenes = input.x.nCols;
    const conv = { k, hops, rng };
    this.first = new TagConv(parameters, 'conv1', { ...conv, nIn: nGenes, nOut: hiddenDim });
    this.second = new TagConv(parameters, 'conv2', { ...conv, nIn: hiddenDim, nOut: latentDim });
    this.decoder = new Mlp(parameters, 'decoder', [latentDim, ...decDim], rng);
    this.heads = new CountHeads(parameters, 'heads', decDim.at(-1) ?? latentDim, nGenes, rng);
    this.graphLayer = new Linear(parameters, 'graph', latentDim, adjDim, rng);
    const bilinear = xavierUniform(adjDim, adjDim, rng.fork('bilinear'));
    this.bilinear = parameters.add('graph/bilinear', [adjDim, adjDim], bilinear);
    this.nCells = input.x.nRows;
    this.cells = Int32Array.from({ length: this.nCells }, (_, i) => i);
    this.x = new BatchBuffer(input.x);
    this.counts = new BatchBuffer(input.counts);
    this.sizeFactors = tf.tensor1d(input.sizeFactors);
  }

  /** Adds the cluster centers to the parameters. */
  addCenters(centers: DenseMatrix, trainable: boolean): void {
    this.centers = this.parameters.add('centers', centers.shape, centers.data, trainable);
  }

  /** Pass over all cells; with a stream, the input is dropped out. */
  forward({ adjacency, normalized }: CellGraph, rng?: Rng): TagForward {
    const latent = this.encode(normalized, rng);
    const y = this.graphLayer.apply(latent); // [nCells, adjDim]
    const bilinear = this.bilinear.variable as tf.Variable<tf.Rank.R2>;
    const logits = this.heads.apply(this.decoder.apply(latent));
    const model = { counts: this.counts.take(this.cells), sizeFactors: this.sizeFactors };
    return {
      latent,
      adjacency: adjacencySquaredError(tf.matMul(y, bilinear), y, adjacency),
      zinb: meanCountNll({ ...logits, ...model }, { activate: true }),
    };
  }

  /**
   * ln q of each cluster, [nCells, K].
   *
   * @throws DataError before the centers were added
   */
  logAssignment(latent: tf.Tensor2D): tf.Tensor2D {
    const centers = this.knownCenters().variable as tf.Variable<tf.Rank.R2>;
    return logSoftAssign(latent, centers, { alpha: this.options.alpha });
  }

  /** q of each cluster for other expression of all cells, [nCells, nGenes] -\> [nCells, K]. */
  probabilities({ normalized }: CellGraph, x: tf.Tensor2D): tf.Tensor2D {
    return tf.exp(this.logAssignment(this.encodeExpression(normalized, x)));
  }

  /**
   * Current cluster centers, [K, latentDim].
   *
   * @throws DataError before they were added
   */
  async readCenters(): Promise<DenseMatrix> {
    const centers = this.knownCenters();
    const [nClusters = 0, width = 0] = centers.shape;
    return new DenseMatrix(nClusters, width, await centers.read());
  }

  /** Embedding of all cells without dropout. */
  async embed({ normalized }: CellGraph): Promise<DenseMatrix> {
    const latent = tf.tidy(() => this.encode(normalized));
    return fromTensor(latent);
  }

  /** Embedding and soft assignment of all cells without dropout. */
  async assign({ normalized }: CellGraph): Promise<SoftAssignment> {
    const { latent, logQ } = tf.tidy(() => {
      const embedded = this.encode(normalized);
      return { latent: embedded, logQ: this.logAssignment(embedded) };
    });
    return { latent: await fromTensor(latent), logQ: await fromTensor(logQ) };
  }

  /** Frees parameters and data. */
  dispose(): void {
    this.parameters.dispose();
    this.x.dispose();
    this.counts.dispose();
    this.sizeFactors.dispose();
  }

  private knownCenters(): Parameter {
    if (this.centers === undefined) throw new DataError('the network has no cluster centers');
    return this.centers;
  }

  /** [nCells, latentDim] */
  private encode(graph: SparseOperand, rng?: Rng): tf.Tensor2D {
    const x = this.x.take(this.cells); // [nCells, nGenes]
    const seen = rng === undefined ? x : dropout(x, this.options.dropout, rng.fork('input'));
    return this.encodeExpression(graph, seen);
  }

  /** [nCells, nGenes] -\> [nCells, latentDim] */
  private encodeExpression(graph: SparseOperand, x: tf.Tensor2D): tf.Tensor2D {
    return this.second.apply(graph, tf.relu(this.first.apply(graph, x)));
  }
}

/**
 * The trained network as a function of scaled expression: q of all cells on the fixed graph.
 *
 * @throws DataError if the data are not prepared as they were for the fit
 */
export function tagScores(
  params: Omit<TagAutoencoderOptions, 'dropout' | 'rng'>,
  data: AnnData,
  weights: Weights,
): ScoreNetwork {
  const input = readCountInput(data);
  const graph = cellGraph(readNeighborGraph(data));
  const network = new TagAutoencoder(input, { ...params, dropout: 0, rng: Rng.fromSeed(0) });
  network.addCenters(roomForCenters(weights), true);
  return {
    ...restored(network.parameters, weights, () => {
      network.dispose();
    }),
    ...{ features: input.x, joint: true, scores: (x) => network.probabilities(graph, x) },
  };
}
