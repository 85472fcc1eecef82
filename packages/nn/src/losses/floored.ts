import * as tf from '@tensorflow/tfjs';

/**
 * max(x, floor); the gradient is 0 where the floor acts. Unlike `tf.maximum` and `tf.clipByValue` it
 * lets NaN through on every backend.
 */
export function floored(x: tf.Tensor, floor: number): tf.Tensor {
  return tf.add(x, tf.relu(tf.sub(floor, x)));
}
