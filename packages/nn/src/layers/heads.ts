import * as tf from '@tensorflow/tfjs';
import type { Rng } from '@dance-ts/core';
import { countNllGradients, type CountModel } from '../losses/count-likelihood.js';
import { blockedHeadLoss, type RowBlock } from '../losses/head-losses.js';
import { normalNoise } from '../ops/random.js';
import type { ParameterSet } from '../parameters.js';
import { Linear } from './linear.js';

/** Outputs of a {@link CountHeads} before their activations, each [n, nGenes]. */
export type CountLogits = Pick<CountModel, 'mean' | 'dispersion' | 'dropout'>;

/**
 * The last layer of a decoder of counts: mean, dispersion and (unless `inflated` is false) dropout
 * of a (zero-inflated) negative binomial. Give what {@link apply} returns to `countNll` with
 * `activate`.
 */
export class CountHeads {
  private readonly mean: Linear;
  private readonly dispersion: Linear;
  private readonly dropout: Linear | undefined;

  constructor(
    parameters: ParameterSet,
    name: string,
    nIn: number,
    nGenes: number,
    rng: Rng,
    inflated = true,
  ) {
    const head = (part: string): Linear =>
      new Linear(parameters, `${name}/${part}`, nIn, nGenes, rng);
    this.mean = head('mean');
    this.dispersion = head('dispersion');
    this.dropout = inflated ? head('dropout') : undefined;
  }

  /** [n, nIn] -\> logits, [n, nGenes] each */
  apply(h: tf.Tensor2D): CountLogits {
    const logits = { mean: this.mean.apply(h), dispersion: this.dispersion.apply(h) };
    return this.dropout === undefined ? logits : { ...logits, dropout: this.dropout.apply(h) };
  }

  /**
   * Mean negative log-likelihood of counts, with less memory than {@link apply} and `meanCountNll`:
   * logits and their gradients are held for a block of cells only.
   *
   * @param h - [n, nIn]
   * @param countsOf - counts of a block of cells, [nRows, nGenes]; freed with everything else
   * @param sizeFactors - [n]
   */
  meanNll(
    h: tf.Tensor2D,
    countsOf: (block: RowBlock) => tf.Tensor2D,
    sizeFactors?: tf.Tensor1D,
  ): tf.Scalar {
    const heads = [this.mean, this.dispersion, ...(this.dropout ? [this.dropout] : [])];
    const sum = blockedHeadLoss(h, heads, (outputs, block) => {
      const [mean, dispersion, dropout] = outputs as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D?];
      const factors = sizeFactors && tf.slice(sizeFactors, block.start, block.nRows);
      return countNllGradients({
        ...{ counts: countsOf(block), mean, dispersion, ...(dropout && { dropout }) },
        ...(factors && { sizeFactors: factors }),
      });
    });
    const nElements = h.shape[0] * (this.mean.weight.shape[1] ?? 1);
    return tf.div(sum, Math.max(1, nElements));
  }

  /** Means exp(.) clamped to [1e-5, 1e6], [n, nIn] -\> [n, nGenes]; times the size factor yourself. */
  means(h: tf.Tensor2D): tf.Tensor2D {
    return tf.clipByValue(tf.exp(this.mean.apply(h)), 1e-5, 1e6);
  }
}

/** A normal distribution with independent dimensions, each [n, d]. */
export interface Gaussian {
  readonly mean: tf.Tensor2D;
  /** Logarithm of the variance. */
  readonly logVariance: tf.Tensor2D;
}

/** The last layer of a variational encoder (Kingma and Welling, 2014). */
export class GaussianHead {
  private readonly mean: Linear;
  private readonly logVariance: Linear;

  constructor(parameters: ParameterSet, name: string, nIn: number, nOut: number, rng: Rng) {
    this.mean = new Linear(parameters, `${name}/mean`, nIn, nOut, rng);
    this.logVariance = new Linear(parameters, `${name}/logVariance`, nIn, nOut, rng);
  }

  /** [n, nIn] -\> [n, nOut] each */
  apply(h: tf.Tensor2D): Gaussian {
    return { mean: this.mean.apply(h), logVariance: this.logVariance.apply(h) };
  }
}

/** mean + exp(logVariance / 2) x noise, with standard normal noise of a stream of ours. */
export function sampleGaussian({ mean, logVariance }: Gaussian, rng: Rng): tf.Tensor2D {
  const noise = normalNoise(mean.shape, 1, rng);
  return tf.add(mean, tf.mul(tf.exp(tf.mul(logVariance, 0.5)), noise));
}
