import * as tf from '@tensorflow/tfjs';

type Inputs = Readonly<Record<string, tf.Tensor>>;

interface Alpha {
  readonly alpha: number;
}

/** Soft assignment by stock operations, for devices our kernels cannot work on. */
export function composedSoftAssign(inputs: Inputs, { alpha }: Alpha): tf.Tensor[] {
  const { distances } = pairsOf(inputs);
  const logDensities = tf.mul(tf.log1p(tf.div(distances, alpha)), -(alpha + 1) / 2);
  return [tf.softmax(logDensities)];
}

/** Its gradients by points and centers, and the weights of the pairs. */
export function composedSoftAssignGradient(inputs: Inputs, { alpha }: Alpha): tf.Tensor[] {
  const { dq, q } = inputs as Record<'dq' | 'q', tf.Tensor>;
  const { differences, distances } = pairsOf(inputs);
  const passed = tf.mul(q, tf.sub(dq, tf.sum(tf.mul(dq, q), 1, true)));
  const weights = tf.div(tf.mul(passed, -(alpha + 1)), tf.add(distances, alpha));
  const pulls = tf.mul(tf.expandDims(weights, 2), differences);
  return [tf.sum(pulls, 1), tf.neg(tf.sum(pulls, 0)), weights];
}

/** Differences [n, K, d] and squared distances [n, K] of points and centers. */
function pairsOf(inputs: Readonly<Record<string, tf.Tensor>>): {
  readonly differences: tf.Tensor;
  readonly distances: tf.Tensor;
} {
  const { z, centers } = inputs as Record<'z' | 'centers', tf.Tensor>;
  const differences = tf.sub(tf.expandDims(z, 1), tf.expandDims(centers, 0));
  return { differences, distances: tf.sum(tf.square(differences), 2) };
}
