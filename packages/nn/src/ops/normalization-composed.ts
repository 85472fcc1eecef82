import * as tf from '@tensorflow/tfjs';

/** Inputs of a normalization by name. */
type Inputs = Readonly<Record<string, tf.Tensor>>;

interface Epsilon {
  readonly epsilon: number;
}

/** Normalization by stock operations, for devices our kernels cannot work on. */
export const composedBatchNorm = (inputs: Inputs, { epsilon }: Epsilon): tf.Tensor[] =>
  normalize(inputs, epsilon, 0);

/** Layer normalization by stock operations. */
export const composedLayerNorm = (inputs: Inputs, { epsilon }: Epsilon): tf.Tensor[] =>
  normalize(inputs, epsilon, 1);

/** Batch normalization by given statistics and stock operations. */
export function composedBatchNormFixed(inputs: Inputs, { epsilon }: Epsilon): tf.Tensor[] {
  const { x, gamma, beta, mean, variance } = named(inputs);
  const scale = tf.mul(gamma, tf.rsqrt(tf.add(variance, epsilon)));
  return [tf.add(tf.mul(tf.sub(x, mean), scale), beta)];
}

/** Gradients of both batch normalizations by stock operations. */
export function composedBatchNormGradient(
  inputs: Inputs,
  { epsilon, training }: Epsilon & { readonly training: boolean },
): tf.Tensor[] {
  const { dy, x, gamma, mean, variance } = named(inputs);
  const inverse = tf.rsqrt(tf.add(variance, epsilon));
  const normalized = tf.mul(tf.sub(x, mean), inverse);
  const dGamma = tf.sum(tf.mul(dy, normalized), 0);
  const scale = tf.mul(gamma, inverse);
  const rest = training ? centered(dy, normalized, 0) : dy;
  return [tf.mul(rest, scale), dGamma, tf.sum(dy, 0)];
}

/** Gradients of the layer normalization by stock operations. */
export function composedLayerNormGradient(inputs: Inputs, { epsilon }: Epsilon): tf.Tensor[] {
  const { dy, x, gamma, mean, variance } = named(inputs);
  const inverse = tf.rsqrt(tf.add(tf.expandDims(variance, 1), epsilon));
  const normalized = tf.mul(tf.sub(x, tf.expandDims(mean, 1)), inverse);
  const dGamma = tf.sum(tf.mul(dy, normalized), 0);
  const dx = tf.mul(centered(tf.mul(dy, gamma), normalized, 1), inverse);
  return [dx, dGamma, tf.sum(dy, 0)];
}

function normalize(inputs: Inputs, epsilon: number, axis: 0 | 1): tf.Tensor[] {
  const { x, gamma, beta } = named(inputs);
  const mean = tf.mean(x, axis, true);
  const difference = tf.sub(x, mean);
  const variance = tf.mean(tf.square(difference), axis, true);
  const normalized = tf.mul(difference, tf.rsqrt(tf.add(variance, epsilon)));
  const out = tf.add(tf.mul(normalized, gamma), beta);
  return [out, tf.squeeze(mean, [axis]), tf.squeeze(variance, [axis])];
}

/** What is left of a gradient without its mean and its part along the normalized values. */
function centered(gradient: tf.Tensor, normalized: tf.Tensor, axis: 0 | 1): tf.Tensor {
  const along = tf.mean(tf.mul(gradient, normalized), axis, true);
  return tf.sub(tf.sub(gradient, tf.mean(gradient, axis, true)), tf.mul(normalized, along));
}

function named(
  inputs: Inputs,
): Record<'dy' | 'x' | 'gamma' | 'beta' | 'mean' | 'variance', tf.Tensor> {
  return inputs as ReturnType<typeof named>;
}
