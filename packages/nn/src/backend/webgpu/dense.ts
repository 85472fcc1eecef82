import * as tf from '@tensorflow/tfjs';

type Inputs = Readonly<Record<string, tf.Tensor | undefined>>;

/** A fully connected layer on WebGPU. */
export function denseWebGpu(
  { x, weight, bias }: Inputs,
  { relu }: { readonly relu: boolean },
): tf.Tensor[] {
  const layer = { a: x as tf.Tensor2D, b: weight as tf.Tensor2D, ...(bias && { bias }) };
  return [tf.fused.matMul({ ...layer, activation: relu ? 'relu' : 'linear' })];
}

/** Its gradients by weight and bias and, with a ReLU, what passes it. */
export function denseGradientWebGpu({ dy, x, y }: Inputs): tf.Tensor[] {
  const upstream = dy as tf.Tensor;
  const passed = y && tf.mul(upstream, tf.step(y));
  const byOutput = passed ?? upstream;
  const byWeight = tf.matMul(x as tf.Tensor, byOutput, true);
  return [byWeight, tf.sum(byOutput, 0), ...(passed ? [passed] : [])];
}
