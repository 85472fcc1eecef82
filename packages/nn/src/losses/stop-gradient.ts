import * as tf from '@tensorflow/tfjs';

/** The same values, treated as a constant: their gradient is 0. */
export function stopGradient<T extends tf.Tensor>(x: T): T {
  const op = tf.customGrad((value) => ({
    value: (value as tf.Tensor).clone(),
    gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy),
  }));
  return op(x) as T;
}
