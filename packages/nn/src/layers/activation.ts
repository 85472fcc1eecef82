import * as tf from '@tensorflow/tfjs';
import type { ParameterSet } from '../parameters.js';

/** Names of the activations a model may offer. */
export const ACTIVATIONS = ['relu', 'leaky_relu', 'gelu', 'prelu'] as const;

/** An activation by PyTorch's name. */
export type ActivationName = (typeof ACTIVATIONS)[number];

/** An element-wise function of a matrix. */
export type Activation = (x: tf.Tensor2D) => tf.Tensor2D;

/**
 * The activation with PyTorch's constants: leaky slope 0.01, exact (erf) GELU, PReLU with one
 * learnable slope that starts at 0.25.
 */
export function activation(
  name: ActivationName,
  parameters: ParameterSet,
  layer: string,
): Activation {
  switch (name) {
    case 'relu':
      return (x) => tf.relu(x);
    case 'leaky_relu':
      return (x) => tf.leakyRelu(x, 0.01);
    case 'gelu':
      return (x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));
    case 'prelu': {
      const slope = parameters.add(`${layer}/slope`, [1], Float32Array.of(0.25));
      return (x) => tf.sub(tf.relu(x), tf.mul(slope.variable, tf.relu(tf.neg(x))));
    }
  }
}
