import type { DenseMatrix, Rng } from '@dance-ts/core';
import {
  BatchBuffer,
  BatchNorm,
  CountHeads,
  decBce,
  decKl,
  GcnConv,
  Linear,
  linearMeanSquaredError,
  logSoftAssign,
  meanSquaredError,
  ParameterSet,
  type LossTerms,
  type Parameter,
  type RowBlock,
  type SparseOperand,
} from '@dance-ts/nn';
import * as tf from '@tensorflow/tfjs';
import type { SoftAssignment } from './cluster-training.js';
import type { CountInput } from './count-input.js';
import { fromTensor, toTensor } from './tensors.js';

/** All cells as tensors, for steps on the whole graph. */
export class AllCells {
  readonly x: tf.Tensor2D; // [nCells, nGenes]
  readonly sizeFactors: tf.Tensor1D; // [nCells]
  private readonly counts: BatchBuffer;

  constructor(
    readonly input: CountInput,
    readonly graph: SparseOperand,
  ) {
    this.x = toTensor(input.x.toDense());
    this.counts = new BatchBuffer(input.counts);
    this.sizeFactors = tf.tensor1d(input.sizeFactors);
  }

  /** Counts of a block of cells, [nRows, nGenes]; the next block of the size overwrites them. */
  countsOf({ start, nRows }: RowBlock): tf.Tensor2D {
    return this.counts.take(Int32Array.from({ length: nRows }, (_, i) => start + i));
  }

  dispose(): void {
    tf.dispose([this.x, this.sizeFactors]);
    this.counts.dispose();
  }
}

/**
 * Linear layer, batch normalization and, unless it is a latent one, ReLU. No bias: normalization
 * takes it away again, so its gradient would be rounding noise, which Adam blows up to full steps.
 */
class Block {
  private readonly linear: Linear;
  private readonly norm: BatchNorm;

  constructor(
    parameters: ParameterSet,
    name: string,
    [nIn, nOut]: readonly [number, number],
    rng: Rng,
    private readonly relu: boolean,
  ) {
    this.linear = new Linear(parameters, name, nIn, nOut, rng, { bias: false });
    this.norm = new BatchNorm(parameters, `${name}/norm`, nOut);
  }

  apply(x: tf.Tensor2D, training: boolean): tf.Tensor2D {
    const h = this.norm.apply(this.linear.apply(x), training);
    return this.relu ? tf.relu(h) : h;
  }
}

const AUTOENCODER = 'autoencoder/';

/** Widths and settings of a {@link StructuralNetwork}, as the parameters of the model name them. */
export interface StructuralSizes {
  readonly nEnc1: number;
  readonly nEnc2: number;
  readonly nEnc3: number;
  readonly nZ1: number;
  readonly nZ2: number;
  readonly nZ3: number;
  readonly nDec1: number;
  readonly nDec2: number;
  readonly nDec3: number;
  /** Share of the autoencoder in the input of each graph layer. */
  readonly sigma: number;
  /** Degrees of freedom of the soft assignment. */
  readonly v: number;
}

/** Weights of the terms of the loss. */
export interface StructuralLossWeights {
  readonly bcl: number;
  readonly cl: number;
  readonly rl: number;
  readonly zl: number;
}

/** The network of scDSC: autoencoder, likelihood heads, graph layers and cluster centers. */
export class StructuralNetwork {
  readonly parameters = new ParameterSet();
  private readonly encoder: readonly Block[]; // three encoder and three latent layers
  private readonly decoder: readonly Block[];
  private readonly output: Linear;
  private readonly heads: CountHeads;
  private readonly encoderWidths: readonly number[];
  private graphLayers: readonly GcnConv[] = [];
  private centers: Parameter | undefined; // [K, nZ3]

  constructor(
    private readonly params: StructuralSizes,
    nGenes: number,
    private readonly rng: Rng,
  ) {
    const { nEnc1, nEnc2, nEnc3, nZ1, nZ2, nZ3, nDec1, nDec2, nDec3 } = params;
    const layers = (part: string, widths: readonly number[], relu: boolean): Block[] =>
      widths.slice(1).map((nOut, i) => {
        const name = `${AUTOENCODER}${part}${i + 1}`;
        return new Block(this.parameters, name, [widths[i]!, nOut], rng, relu);
      });
    this.encoderWidths = [nGenes, nEnc1, nEnc2, nEnc3, nZ1, nZ2, nZ3];
    this.encoder = [
      ...layers('encoder', this.encoderWidths.slice(0, 4), true),
      ...layers('latent', this.encoderWidths.slice(3), false),
    ];
    this.decoder = layers('decoder', [nZ3, nDec1, nDec2, nDec3], true);
    this.output = new Linear(this.parameters, `${AUTOENCODER}output`, nDec3, nGenes, rng);
    this.heads = new CountHeads(this.parameters, 'heads', nDec3, nGenes, rng);
  }

  /** Adds the centers and the graph layers, whose number of outputs they decide. */
  addClusters(centers: DenseMatrix): void {
    this.centers = this.parameters.add('centers', centers.shape, centers.data);
    const widths = [...this.encoderWidths, centers.nRows];
    this.graphLayers = widths.slice(1).map((nOut, i) => {
      const options = { nIn: widths[i]!, nOut, bias: false, rng: this.rng };
      return new GcnConv(this.parameters, `graph${i + 1}`, options);
    });
  }

  /**
   * What pre-training changes: the autoencoder. The shifts of the latent layers are left out, as
   * the normalization of the next layer takes them away again: their gradients are rounding noise.
   */
  learnedWhilePretraining(): Parameter[] {
    return this.parameters
      .trainable()
      .filter(({ name }) => name.startsWith(AUTOENCODER) && !/latent\d\/norm\/beta$/.test(name));
  }

  /** What clustering changes. */
  learnedWhileClustering({ frozenAutoencoder }: { frozenAutoencoder: boolean }): Parameter[] {
    const all = this.parameters.trainable();
    return frozenAutoencoder ? all.filter(({ name }) => !name.startsWith(AUTOENCODER)) : all;
  }

  /** Squared error of the reconstruction of a batch, [batch, nGenes]. */
  reconstructionLoss(x: tf.Tensor2D): tf.Scalar {
    return meanSquaredError(this.output.apply(this.decode(this.encode(x, true).z, true)), x);
  }

  /** The terms of the loss, with the statistics of the batch. */
  loss(cells: AllCells, p: tf.Tensor2D, { bcl, cl, rl, zl }: StructuralLossWeights): LossTerms {
    const { x, sizeFactors, graph } = cells;
    const { z, outputs } = this.encode(x, true);
    const hidden = this.decode(z, true);
    const bce = decBce(p, this.logAssignment(z));
    const kl = decKl(p, tf.logSoftmax(this.graphScores(graph, x, outputs))).asScalar();
    const mse = linearMeanSquaredError(hidden, this.output, ({ start, nRows }) =>
      tf.slice(x, [start, 0], [nRows, x.shape[1]]),
    );
    const zinb = this.heads.meanNll(hidden, (block) => cells.countsOf(block), sizeFactors);
    const weighted = [tf.mul(bce, bcl), tf.mul(kl, cl), tf.mul(mse, rl), tf.mul(zinb, zl)];
    return { loss: tf.addN(weighted).asScalar(), bce, kl, mse, zinb };
  }

  /** Embedding of all cells, [nCells, nZ3], with the running statistics. */
  async embed({ x }: AllCells): Promise<DenseMatrix> {
    return fromTensor(tf.tidy(() => this.encode(x, false).z));
  }

  /** Embedding and soft clusters of all cells, with the running statistics. */
  async assign({ x }: AllCells): Promise<SoftAssignment> {
    const [latent, logQ] = tf.tidy(() => {
      const { z } = this.encode(x, false);
      return [z, this.logAssignment(z)];
    });
    return { latent: await fromTensor(latent), logQ: await fromTensor(logQ) };
  }

  /** Logarithms of what the graph layers predict, [nCells, K]. */
  async predictions({ x, graph }: AllCells): Promise<DenseMatrix> {
    return fromTensor(
      tf.tidy(() => {
        const { outputs } = this.encode(x, false);
        return tf.logSoftmax(this.graphScores(graph, x, outputs));
      }),
    );
  }

  /**
   * Probabilities of the clusters with the running statistics, [n, K]: q of some cells or, with the
   * graph, what its layers predict of all.
   *
   * @param x - [n, nGenes]
   */
  probabilities(x: tf.Tensor2D, graph?: SparseOperand): tf.Tensor2D {
    const { z, outputs } = this.encode(x, false);
    if (graph === undefined) return tf.exp(this.logAssignment(z));
    return tf.softmax(this.graphScores(graph, x, outputs));
  }

  private encode(x: tf.Tensor2D, training: boolean): { z: tf.Tensor2D; outputs: tf.Tensor2D[] } {
    let z = x;
    const outputs = this.encoder.map((block) => (z = block.apply(z, training)));
    return { z, outputs };
  }

  private decode(z: tf.Tensor2D, training: boolean): tf.Tensor2D {
    return this.decoder.reduce((h, block) => block.apply(h, training), z);
  }

  private logAssignment(z: tf.Tensor2D): tf.Tensor2D {
    const centers = this.centers?.variable as tf.Variable<tf.Rank.R2>;
    return logSoftAssign(z, centers, { alpha: this.params.v });
  }

  /** Scores of the clusters by the last graph layer, [nCells, K]. */
  private graphScores(
    graph: SparseOperand,
    x: tf.Tensor2D,
    outputs: readonly tf.Tensor2D[],
  ): tf.Tensor2D {
    const { sigma } = this.params;
    return this.graphLayers.reduce((input, layer, i) => {
      const scores = layer.apply(graph, input);
      const encoded = outputs[i];
      if (encoded === undefined) return scores;
      return tf.add(tf.mul(tf.relu(scores), 1 - sigma), tf.mul(encoded, sigma));
    }, x);
  }
}
