import type { Rng } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { normalNoise } from '../ops/random.js';
import type { ParameterSet } from '../parameters.js';
import { CountHeads, type CountLogits } from './heads.js';
import { Linear } from './linear.js';

/** Hidden activations of a {@link ZinbAutoencoder}. */
export const ZINB_ACTIVATIONS = ['relu', 'sigmoid'] as const;

/** Options of {@link ZinbAutoencoder}. */
export interface ZinbAutoencoderOptions {
  readonly nGenes: number;
  /** Units of the encoder's hidden layers. */
  readonly encoder: readonly number[];
  /** Units of the embedding. */
  readonly latent: number;
  /** Units of the decoder's hidden layers. */
  readonly decoder: readonly number[];
  /** Of all hidden layers, default relu. */
  readonly activation?: (typeof ZINB_ACTIVATIONS)[number];
  readonly rng: Rng;
}

/** Gaussian noise of a denoising autoencoder. */
export interface EncoderNoise {
  /** Standard deviation. */
  readonly sigma: number;
  readonly rng: Rng;
  /** Also before the activation of each hidden layer, not only at the input; default false. */
  readonly hidden?: boolean;
}

/**
 * Denoising autoencoder of counts (Eraslan et al., 2019, https://doi.org/10.1038/s41467-018-07931-2):
 * an encoder of normalized expression with a linear embedding, and a decoder that gives mean,
 * dispersion and dropout of a zero-inflated negative binomial. PyTorch's initial values.
 */
export class ZinbAutoencoder {
  private readonly encoder: readonly Linear[];
  private readonly latent: Linear;
  private readonly decoder: readonly Linear[];
  private readonly heads: CountHeads;
  private readonly isRelu: boolean;

  constructor(parameters: ParameterSet, name: string, options: ZinbAutoencoderOptions) {
    const { nGenes, encoder, latent, decoder, activation = 'relu', rng } = options;
    const stack = (part: string, nIn: number, widths: readonly number[]): Linear[] =>
      widths.map((nOut, i) => {
        const before = widths[i - 1] ?? nIn;
        return new Linear(parameters, `${name}/${part}/${i}`, before, nOut, rng);
      });
    this.encoder = stack('encoder', nGenes, encoder);
    this.latent = new Linear(parameters, `${name}/latent`, encoder.at(-1) ?? nGenes, latent, rng);
    this.decoder = stack('decoder', latent, decoder);
    const nHidden = decoder.at(-1) ?? latent;
    this.heads = new CountHeads(parameters, `${name}/heads`, nHidden, nGenes, rng);
    this.isRelu = activation === 'relu';
  }

  /**
   * Embedding of normalized expression, with noise for the reconstruction path.
   *
   * @param x - [n, nGenes]
   * @returns [n, latent]
   */
  encode(x: tf.Tensor2D, noise?: EncoderNoise): tf.Tensor2D {
    let h = noise === undefined ? x : withNoise(x, noise, 'input');
    for (const [i, layer] of this.encoder.entries()) {
      h = noise?.hidden
        ? this.activate(withNoise(layer.apply(h), noise, `hidden-${i}`))
        : this.hidden(layer, h);
    }
    return this.latent.apply(h);
  }

  /**
   * Parameters of the counts before their activations; give them to `countNll` with `activate`.
   *
   * @param z - [n, latent]
   * @returns [n, nGenes] each
   */
  decode(z: tf.Tensor2D): CountLogits {
    let h = z;
    for (const layer of this.decoder) h = this.hidden(layer, h);
    return this.heads.apply(h);
  }

  private hidden(layer: Linear, x: tf.Tensor2D): tf.Tensor2D {
    return this.isRelu ? layer.apply(x, true) : tf.sigmoid(layer.apply(x)); // a ReLU is fused
  }

  private activate(x: tf.Tensor2D): tf.Tensor2D {
    return this.isRelu ? tf.relu(x) : tf.sigmoid(x);
  }
}

function withNoise(x: tf.Tensor2D, { sigma, rng }: EncoderNoise, place: string): tf.Tensor2D {
  if (sigma === 0) return x;
  return tf.add(x, normalNoise(x.shape, sigma, rng.fork(place)));
}
