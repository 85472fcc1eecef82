import * as tf from '@tensorflow/tfjs';

/** Mean squared error and its gradient by the prediction, on WebGPU. */
export function squaredErrorWebGpu(inputs: Readonly<Record<string, tf.Tensor>>): tf.Tensor[] {
  const [prediction, target] = [inputs['prediction'] as tf.Tensor, inputs['target'] as tf.Tensor];
  const difference = tf.sub(prediction, target);
  return [tf.mean(tf.square(difference)), tf.mul(difference, 2 / Math.max(1, difference.size))];
}

/** Rows times factors, on WebGPU. */
export function scaleRowsWebGpu({
  values,
  factors,
}: Readonly<Record<string, tf.Tensor>>): [tf.Tensor] {
  return [tf.mul(values as tf.Tensor, tf.expandDims(factors as tf.Tensor, 1))];
}
