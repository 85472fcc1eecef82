import * as tf from '@tensorflow/tfjs';

/** Keeps the gradient of a root finite where nothing is left to explain. */
const ROOT_FLOOR = 1e-12;

/**
 * Sum over cells and genes of weight x (x - output)².
 *
 * A regularizer sum(A E) of scGNN, with A cells x cells and E the squared errors, is such a sum
 * with the column sums of A as the weights of the cells: no cells x cells matrix is needed.
 *
 * @param weight - one for all, of each cell [n, 1] or of each entry [n, nGenes]
 */
export function weightedSquaredError(
  x: tf.Tensor2D,
  output: tf.Tensor2D,
  weight: number | tf.Tensor2D,
): tf.Scalar {
  return tf.sum(tf.mul(tf.squaredDifference(x, output), weight));
}

/** Length of the vector of errors at positive entries: || (observed - output) [observed > 0] ||. */
export function observedErrorNorm(observed: tf.Tensor2D, output: tf.Tensor2D): tf.Scalar {
  const errors = tf.mul(tf.squaredDifference(observed, output), tf.step(observed));
  return tf.sqrt(tf.add(tf.sum(errors), ROOT_FLOOR));
}

/** Values of some cells as a column [n, 1]. */
export function columnOf(values: ArrayLike<number>, cells: Int32Array): tf.Tensor2D {
  return tf.tensor2d(
    Float32Array.from(cells, (cell) => values[cell]!),
    [cells.length, 1],
  );
}
