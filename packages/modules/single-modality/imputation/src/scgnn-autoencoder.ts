import { DenseMatrix, Pacer, type CsrMatrix, type Rng } from '@dance-ts/core';
import { BatchBuffer, Linear, ParameterSet, torchLinear } from '@dance-ts/nn';
import * as tf from '@tensorflow/tfjs';

/** Cells that pass the network at once outside training. */
const CELLS_AT_ONCE = 512;

/** What the autoencoder says of some cells. */
export interface Reconstruction {
  /** [n, latent width] */
  readonly latent: DenseMatrix;
  /** [n, nGenes], \>= 0 */
  readonly output: DenseMatrix;
}

/**
 * The autoencoder of scGNN and scGNN 2.0: genes -\> hidden -\> latent -\> hidden -\> genes with a
 * ReLU after every layer, the last one included. PyTorch's initial values, but output biases start
 * at 0, so that fewer outputs are dead from the beginning.
 */
export class FeatureAutoencoder {
  readonly parameters = new ParameterSet();
  private readonly encoder: readonly Linear[];
  private readonly decoder: readonly Linear[];

  constructor(
    private readonly nGenes: number,
    private readonly widths: { readonly hidden: number; readonly latent: number },
    rng: Rng,
  ) {
    const { hidden, latent } = widths;
    const layer = (name: string, nIn: number, nOut: number): Linear =>
      new Linear(this.parameters, name, nIn, nOut, rng);
    this.encoder = [layer('encoder/0', nGenes, hidden), layer('encoder/1', hidden, latent)];
    const last = new Linear(this.parameters, 'decoder/1', hidden, nGenes, rng, {
      weight: torchLinear(hidden * nGenes, hidden, rng.fork('decoder/1')),
      bias: new Float32Array(nGenes),
    });
    this.decoder = [layer('decoder/0', latent, hidden), last];
  }

  /** [n, nGenes] -\> [n, latent width] */
  encode(x: tf.Tensor2D): tf.Tensor2D {
    return this.encoder.reduce((h, layer) => layer.apply(h, true), x);
  }

  /** [n, latent width] -\> [n, nGenes] */
  decode(z: tf.Tensor2D): tf.Tensor2D {
    return this.decoder.reduce((h, layer) => layer.apply(h, true), z);
  }

  /** Sum of the absolute values of all weights and biases. */
  l1Norm(): tf.Scalar {
    const sums = this.parameters.trainable().map(({ variable }) => tf.sum(tf.abs(variable)));
    return tf.addN(sums) as tf.Scalar;
  }

  /**
   * Latent features and output of cells.
   *
   * @param source - [nCells, nGenes]
   * @param rows - the cells wanted, in this order
   */
  async reconstruct(
    source: CsrMatrix | DenseMatrix,
    rows: Int32Array,
    signal?: AbortSignal,
  ): Promise<Reconstruction> {
    const latent = DenseMatrix.zeros(rows.length, this.widths.latent);
    const output = DenseMatrix.zeros(rows.length, this.nGenes);
    const pacer = new Pacer(signal);
    const buffer = new BatchBuffer(source);
    try {
      for (let start = 0; start < rows.length; start += CELLS_AT_ONCE) {
        await pacer.tick();
        const [z, x] = tf.tidy(() => {
          const code = this.encode(buffer.take(rows.slice(start, start + CELLS_AT_ONCE)));
          return [code, this.decode(code)] as const;
        });
        latent.data.set(await z.data<'float32'>(), start * latent.nCols);
        output.data.set(await x.data<'float32'>(), start * output.nCols);
        tf.dispose([z, x]);
      }
    } finally {
      buffer.dispose();
    }
    return { latent, output };
  }
}
