import * as tf from '@tensorflow/tfjs';
import { batchNorm, batchNormFixed } from '../ops/normalization.js';
import type { Parameter, ParameterSet } from '../parameters.js';

/**
 * Batch normalization of columns with PyTorch's semantics (`BatchNorm1d`): biased variance for
 * normalizing, unbiased for the running value, running \<- 0.9 running + 0.1 batch, eps 1e-5. The
 * parameters are `<name>/gamma`, `<name>/beta`, `<name>/runningMean` and `<name>/runningVariance`.
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

  /**
   * [batch, n] -\> [batch, n]; in training mode it also updates the running statistics, unless
   * `track` is false. A batch of one gives beta, and counts as one of variance 0.
   */
  apply(x: tf.Tensor2D, training: boolean, track = training): tf.Tensor2D {
    const gamma = vector(this.gamma);
    const beta = vector(this.beta);
    if (!training) {
      const running = { mean: vector(this.runningMean), variance: vector(this.runningVariance) };
      return batchNormFixed(x, gamma, beta, running, this.epsilon);
    }
    const { out, mean, variance } = batchNorm(x, gamma, beta, this.epsilon);
    const batchSize = x.shape[0];
    if (track) {
      this.track(this.runningMean, mean, 1);
      this.track(this.runningVariance, variance, batchSize / Math.max(1, batchSize - 1));
    }
    mean.dispose();
    variance.dispose();
    return out;
  }

  /** Blends a statistic of the batch, times a factor, into its running value. */
  private track({ variable }: Parameter, batch: tf.Tensor1D, factor: number): void {
    tf.tidy(() => {
      const kept = tf.mul(variable, 1 - this.momentum);
      variable.assign(tf.add(kept, tf.mul(batch, this.momentum * factor)));
    });
  }
}

function vector({ variable }: Parameter): tf.Tensor1D {
  return variable as unknown as tf.Tensor1D;
}
