import type * as tf from '@tensorflow/tfjs';
import { layerNorm } from '../ops/normalization.js';
import type { Parameter, ParameterSet } from '../parameters.js';

/**
 * Layer normalization of rows with PyTorch's semantics (`LayerNorm`): biased variance, eps 1e-5,
 * a scale and a shift per column. The parameters are `<name>/gamma` and `<name>/beta`.
 */
export class LayerNorm {
  private readonly gamma: Parameter; // [n]
  private readonly beta: Parameter; // [n]

  constructor(
    parameters: ParameterSet,
    name: string,
    size: number,
    private readonly epsilon = 1e-5,
  ) {
    this.gamma = parameters.add(`${name}/gamma`, [size], new Float32Array(size).fill(1));
    this.beta = parameters.add(`${name}/beta`, [size], new Float32Array(size));
  }

  /** [batch, n] -\> [batch, n]. */
  apply(x: tf.Tensor2D): tf.Tensor2D {
    const gamma = this.gamma.variable as unknown as tf.Tensor1D;
    const beta = this.beta.variable as unknown as tf.Tensor1D;
    const { out, mean, variance } = layerNorm(x, gamma, beta, this.epsilon);
    mean.dispose();
    variance.dispose();
    return out;
  }
}
