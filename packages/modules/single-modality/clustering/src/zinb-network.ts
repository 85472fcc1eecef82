import { DataError, DenseMatrix, Pacer, type Rng, type RunContext } from '@dance-ts/core';
import {
  BatchBuffer,
  logSoftAssign,
  meanCountNll,
  ParameterSet,
  ZinbAutoencoder,
  type EncoderNoise,
  type Parameter,
  type ZinbAutoencoderOptions,
} from '@dance-ts/nn';
import * as tf from '@tensorflow/tfjs';
import type { SoftAssignment } from './cluster-training.js';
import type { CountInput } from './count-input.js';

/** Constructor parameters a network is built from. */
export interface ZinbNetworkParams {
  readonly zDim: number;
  readonly encodeLayer: readonly number[];
  readonly decodeLayer?: readonly number[] | undefined;
  readonly activation: NonNullable<ZinbAutoencoderOptions['activation']>;
  readonly sigma: number;
  readonly hiddenNoise: boolean;
  readonly alpha: number;
}

/** Some cells on the backend; the matrices belong to their buffers. */
export interface CellBatch {
  readonly x: tf.Tensor2D; // [n, nGenes]
  readonly counts: tf.Tensor2D; // [n, nGenes]
  readonly sizeFactors: Float32Array; // [n]
}

/** Batches of cells in memory that is used again; one at a time. */
export class CellBuffer {
  private readonly x: BatchBuffer;
  private readonly counts: BatchBuffer;

  constructor(private readonly input: CountInput) {
    this.x = new BatchBuffer(input.x);
    this.counts = new BatchBuffer(input.counts);
  }

  /** The next batch takes the place of this one. */
  take(cells: Int32Array): CellBatch {
    const { sizeFactors } = this.input;
    return {
      x: this.x.take(cells),
      counts: this.counts.take(cells),
      sizeFactors: Float32Array.from(cells, (cell) => sizeFactors[cell]!),
    };
  }

  /** Expression only, [n, nGenes]. */
  takeExpression(cells: Int32Array): tf.Tensor2D {
    return this.x.take(cells);
  }

  /** Frees the tensors. */
  dispose(): void {
    this.x.dispose();
    this.counts.dispose();
  }
}

/** A ZINB autoencoder with cluster centers in its embedding, and the cells it is trained on. */
export class ZinbClusterNetwork {
  readonly parameters = new ParameterSet();
  readonly cells: CellBuffer;
  /** Second cells of pairs, in memory of their own. */
  readonly partners: CellBuffer;
  readonly nCells: number;
  private readonly autoencoder: ZinbAutoencoder;
  private centers: Parameter | undefined;

  constructor(
    private readonly params: ZinbNetworkParams,
    input: CountInput,
    rng: Rng,
  ) {
    const { encodeLayer, decodeLayer = encodeLayer.toReversed(), zDim, activation } = params;
    this.cells = new CellBuffer(input);
    this.partners = new CellBuffer(input);
    this.nCells = input.x.nRows;
    this.autoencoder = new ZinbAutoencoder(this.parameters, 'autoencoder', {
      ...{ nGenes: input.x.nCols, encoder: encodeLayer, latent: zDim, decoder: decodeLayer },
      ...{ activation, rng: rng.fork('init') },
    });
  }

  /** Makes the cluster centers a trainable part of the network. */
  addCenters(centers: DenseMatrix): void {
    this.centers = this.parameters.add('centers', centers.shape, centers.data);
  }

  /** Embedding of expression without noise, [n, nGenes] -\> [n, zDim] */
  encode(x: tf.Tensor2D): tf.Tensor2D {
    return this.autoencoder.encode(x);
  }

  /** Denoising loss of a batch: mean ZINB negative log-likelihood over cells and genes. */
  zinb({ x, counts, sizeFactors }: CellBatch, rng: Rng): tf.Scalar {
    const { sigma, hiddenNoise } = this.params;
    const noise: EncoderNoise = { sigma, hidden: hiddenNoise, rng };
    const logits = this.autoencoder.decode(this.autoencoder.encode(x, noise));
    return meanCountNll(
      { ...logits, counts, sizeFactors: tf.tensor1d(sizeFactors) },
      { activate: true },
    );
  }

  /** ln q of embedded cells, [n, zDim] -\> [n, K] */
  logQ(latent: tf.Tensor2D): tf.Tensor2D {
    if (this.centers === undefined) throw new DataError('the network has no cluster centers');
    const { alpha } = this.params;
    return logSoftAssign(latent, this.centers.variable as tf.Variable<tf.Rank.R2>, { alpha });
  }

  /** Embedding of all cells without noise, [nCells, zDim]. */
  async embed(batchSize: number, { signal }: RunContext): Promise<DenseMatrix> {
    const latent = DenseMatrix.zeros(this.nCells, this.params.zDim);
    const pacer = new Pacer(signal);
    for (const cells of sequentialBatches(this.nCells, batchSize)) {
      await pacer.tick();
      const embedded = tf.tidy(() => this.encode(this.cells.takeExpression(cells)));
      latent.data.set(await embedded.data<'float32'>(), cells[0]! * latent.nCols);
      embedded.dispose();
    }
    return latent;
  }

  /** Embedding and soft clusters of all cells. */
  async assign(batchSize: number, context: RunContext): Promise<SoftAssignment> {
    const latent = await this.embed(batchSize, context);
    const logQ = tf.tidy(() => this.logQ(tf.tensor2d(latent.data, [this.nCells, latent.nCols])));
    const values = (await logQ.data<'float32'>()).slice();
    logQ.dispose();
    return { latent, logQ: new DenseMatrix(this.nCells, logQ.shape[1], values) };
  }

  /** Frees the tensors. */
  dispose(): void {
    this.parameters.dispose();
    this.cells.dispose();
    this.partners.dispose();
  }
}

/** Items 0..n-1 in order, cut into batches; the last one may be smaller. */
export function sequentialBatches(n: number, batchSize: number): Int32Array[] {
  return Array.from({ length: Math.ceil(n / batchSize) }, (_, b) => {
    const start = b * batchSize;
    return Int32Array.from({ length: Math.min(batchSize, n - start) }, (__, i) => start + i);
  });
}
