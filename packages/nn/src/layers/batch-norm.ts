import * as tf from '@tensorflow/tfjs';
import type { Parameter, ParameterSet } from '../parameters.js';

/**
 * Batch normalisation of columns with PyTorch's semantics (`BatchNorm1d`): biased variance for
 * normalising, unbiased for the running value, running <- 0.9 running + 0.1 batch, eps 1e-5.
 */
export class BatchNorm {
  private readonly gamma: Parameter; // [n]
  private readonly beta: Parameter; // [n]
  private readonly runningMean: Parameter; // [n]
  private readonly runningVariance: Parameter; // [n]

  constructor(
    parameters: ParameterSet,
    name: string,
    size: number,
    private readonly momentum = 0.1,
    private readonly epsilon = 1e-5,
  ) {
    const ones = new Float32Array(size).fill(1);
    const zeros = new Float32Array(size);
    this.gamma = parameters.add(`${name}/gamma`, [size], ones);
    this.beta = parameters.add(`${name}/beta`, [size], zeros);
    this.runningMean = parameters.add(`${name}/runningMean`, [size], zeros, false);
    this.runningVariance = parameters.add(`${name}/runningVariance`, [size], ones, false);
  }

  /** [batch, n] -\> [batch, n]; in training mode it also updates the running statistics. */
  apply(x: tf.Tensor2D, training: boolean): tf.Tensor2D {
    if (!training) {
      return this.normalize(x, this.runningMean.variable, this.runningVariance.variable);
    }
    const mean = tf.mean(x, 0);
    const variance = tf.mean(tf.square(tf.sub(x, mean)), 0);
    this.track(mean, variance, x.shape[0]);
    return this.normalize(x, mean, variance);
  }

  private normalize(x: tf.Tensor2D, mean: tf.Tensor, variance: tf.Tensor): tf.Tensor2D {
    const scale = tf.mul(this.gamma.variable, tf.rsqrt(tf.add(variance, this.epsilon)));
    return tf.add(tf.mul(tf.sub(x, mean), scale), this.beta.variable);
  }

  private track(mean: tf.Tensor, variance: tf.Tensor, batchSize: number): void {
    const unbiased = batchSize / Math.max(1, batchSize - 1);
    const blend = (parameter: Parameter, batch: Float32Array, factor: number): void => {
      const { values } = parameter;
      for (let j = 0; j < values.length; j++) {
        values[j] = (1 - this.momentum) * values[j]! + this.momentum * factor * batch[j]!;
      }
      parameter.set(values);
    };
    blend(this.runningMean, mean.dataSync<'float32'>(), 1);
    blend(this.runningVariance, variance.dataSync<'float32'>(), unbiased);
  }
}
