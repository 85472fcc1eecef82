import * as tf from '@tensorflow/tfjs';

/**
 * max(x, floor); the gradient is 0 where the floor acts. Unlike `tf.maximum` and `tf.clipByValue` it
 * lets NaN through on every backend.
 */
export function floored(x: tf.Tensor, floor: number): tf.Tensor {
  const op = tf.customGrad((values, save) => {
    const given = values as tf.Tensor;
    const isAbove = tf.cast(tf.greater(given, floor), 'float32');
    (save as tf.GradSaveFunc)([isAbove]);
    return {
      value: tf.where(tf.isNaN(given), given, tf.maximum(given, floor)),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(dy, saved[0]!),
    };
  });
  return op(x);
}
