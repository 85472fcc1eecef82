import type * as tf from '@tensorflow/tfjs';
import { defineOp, type Call, type Op } from '../backend/define-op.js';
import {
  composedBatchNorm,
  composedBatchNormFixed,
  composedBatchNormGradient,
  composedLayerNorm,
  composedLayerNormGradient,
} from './normalization-composed.js';

interface Epsilon {
  readonly epsilon: number;
}

/** A normalized matrix and what it was normalized by; the statistics carry no gradient. */
export interface Normalized {
  /** [n, d]. */
  readonly out: tf.Tensor2D;
  readonly mean: tf.Tensor1D;
  /** Biased. */
  readonly variance: tf.Tensor1D;
}

const batchForward: Op<Epsilon> = defineOp({
  name: 'DanceBatchNorm',
  webgpu: composedBatchNorm,
  outputs: (shapes) => {
    const [rows = 0, columns = 0] = shapes['x']!;
    return [[rows, columns], [columns], [columns]];
  },
  run: (call) => {
    const [out, mean, variance] = call.outputs as [Float32Array, Float32Array, Float32Array];
    call.kernels.batchNorm({ ...normalizationArgs(call), mean, variance, out });
  },
  gradient: {
    inputs: ['x', 'gamma'],
    outputs: [1, 2],
    of: ([dy], saved, { epsilon }) => {
      const [x, gamma, mean, variance] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      const inputs = { dy, x, gamma, mean, variance };
      return byInput(batchBackward(inputs, { epsilon, training: true }));
    },
  },
});

const batchFixed: Op<Epsilon> = defineOp({
  name: 'DanceBatchNormFixed',
  webgpu: composedBatchNormFixed,
  outputs: (shapes) => [shapes['x']!],
  run: (call) => {
    const { inputs, outputs } = call;
    const [mean, variance] = [inputs['mean'] as Float32Array, inputs['variance'] as Float32Array];
    call.kernels.batchNormFixed({ ...normalizationArgs(call), mean, variance, out: outputs[0]! });
  },
  gradient: {
    inputs: ['x', 'gamma', 'mean', 'variance'],
    of: ([dy], saved, { epsilon }) => {
      const [x, gamma, mean, variance] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      const inputs = { dy, x, gamma, mean, variance };
      return byInput(batchBackward(inputs, { epsilon, training: false }));
    },
  },
});

const batchBackward: Op<Epsilon & { readonly training: boolean }> = defineOp({
  name: 'DanceBatchNormGradient',
  webgpu: composedBatchNormGradient,
  outputs: (shapes) => [shapes['x']!, shapes['gamma']!, shapes['gamma']!],
  run: (call) => {
    const { training } = call.attributes;
    call.kernels.batchNormGradient({ ...gradientArgs(call), training });
  },
});

const layerForward: Op<Epsilon> = defineOp({
  name: 'DanceLayerNorm',
  webgpu: composedLayerNorm,
  outputs: (shapes) => {
    const [rows = 0, columns = 0] = shapes['x']!;
    return [[rows, columns], [rows], [rows]];
  },
  run: (call) => {
    const [out, mean, variance] = call.outputs as [Float32Array, Float32Array, Float32Array];
    call.kernels.layerNorm({ ...normalizationArgs(call), mean, variance, out });
  },
  gradient: {
    inputs: ['x', 'gamma'],
    outputs: [1, 2],
    of: ([dy], saved, { epsilon }) => {
      const [x, gamma, mean, variance] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      return byInput(layerBackward({ dy, x, gamma, mean, variance }, { epsilon }));
    },
  },
});

const layerBackward: Op<Epsilon> = defineOp({
  name: 'DanceLayerNormGradient',
  webgpu: composedLayerNormGradient,
  outputs: (shapes) => [shapes['x']!, shapes['gamma']!, shapes['gamma']!],
  run: (call) => {
    call.kernels.layerNormGradient(gradientArgs(call));
  },
});

function normalizationArgs({ inputs, shapes, attributes }: Call<Epsilon>): {
  readonly rows: number;
  readonly columns: number;
  readonly x: Float32Array;
  readonly gamma: Float32Array;
  readonly beta: Float32Array;
  readonly epsilon: number;
} {
  const [rows = 0, columns = 0] = shapes['x']!;
  return {
    ...{ rows, columns, epsilon: attributes.epsilon, x: inputs['x'] as Float32Array },
    ...{ gamma: inputs['gamma'] as Float32Array, beta: inputs['beta'] as Float32Array },
  };
}

function gradientArgs({
  inputs,
  shapes,
  outputs,
  attributes,
}: Call<Epsilon>): Parameters<Call<Epsilon>['kernels']['layerNormGradient']>[0] {
  const [rows = 0, columns = 0] = shapes['x']!;
  const [dx, dGamma, dBeta] = outputs as [Float32Array, Float32Array, Float32Array];
  const given = inputs as Readonly<Record<string, Float32Array>>;
  return {
    ...{ rows, columns, epsilon: attributes.epsilon, dx, dGamma, dBeta },
    ...{ dy: given['dy']!, x: given['x']!, gamma: given['gamma']! },
    ...{ mean: given['mean']!, variance: given['variance']! },
  };
}

/** One kernel gives all gradients; it runs first, as what is made inside a getter is freed by it. */
function byInput(gradients: tf.Tensor[]): Record<string, () => tf.Tensor> {
  return { x: () => gradients[0]!, gamma: () => gradients[1]!, beta: () => gradients[2]! };
}

/**
 * Batch normalization in training (Ioffe and Szegedy, 2015): each column by its own mean and biased
 * variance, then scaled and shifted: (x - mean) / sqrt(variance + epsilon) gamma + beta. Statistics
 * are formed in float64; a batch of one gives beta.
 *
 * @param x - [n, d]
 * @param gamma - [d]
 * @param beta - [d]
 * @param epsilon - default 1e-5, as in PyTorch
 */
export function batchNorm(
  x: tf.Tensor2D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  epsilon = 1e-5,
): Normalized {
  return normalized(batchForward({ x, gamma, beta }, { epsilon }));
}

/**
 * Batch normalization in evaluation: columns by given statistics, which get no gradient.
 *
 * @param x - [n, d]
 * @param gamma - [d]
 * @param beta - [d]
 * @param statistics - mean [d] and variance [d], such as running ones
 * @param epsilon - default 1e-5, as in PyTorch
 * @returns [n, d]
 */
export function batchNormFixed(
  x: tf.Tensor2D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  { mean, variance }: Pick<Normalized, 'mean' | 'variance'>,
  epsilon = 1e-5,
): tf.Tensor2D {
  return batchFixed({ x, gamma, beta, mean, variance }, { epsilon })[0] as tf.Tensor2D;
}

/**
 * Layer normalization (Ba, Kiros and Hinton, 2016): each row by its own mean and biased variance,
 * then columns scaled and shifted. Statistics are formed in float64.
 *
 * @param x - [n, d]
 * @param gamma - [d]
 * @param beta - [d]
 * @param epsilon - default 1e-5, as in PyTorch
 * @returns `out` [n, d], `mean` [n] and `variance` [n]
 */
export function layerNorm(
  x: tf.Tensor2D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  epsilon = 1e-5,
): Normalized {
  return normalized(layerForward({ x, gamma, beta }, { epsilon }));
}

function normalized([out, mean, variance]: tf.Tensor[]): Normalized {
  return {
    ...{ out: out as tf.Tensor2D, mean: mean as tf.Tensor1D },
    variance: variance as tf.Tensor1D,
  };
}
