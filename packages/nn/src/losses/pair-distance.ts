import * as tf from '@tensorflow/tfjs';
import { squaredDistances } from './squared-distances.js';

/** Options of {@link pairDistanceLoss}. */
export interface PairDistanceOptions {
  /** Distances below cost exponentially more. */
  readonly minDistance: number;
  /** Distances above cost exponentially more. */
  readonly maxDistance: number;
  /** Distances that are in memory at once, default 2^21. */
  readonly blockSize?: number;
}

/** Under the root of a squared distance, whose slope is infinite at 0. */
const SMALLEST_SQUARE = 1e-10;

/**
 * Mean over all ordered pairs of cells, those with themselves too, of
 * exp(-(d - minDistance)) + exp(d - maxDistance) with d the distance of their embeddings: keeps an
 * embedding from collapsing and from spreading, as DANCE's scTAG can ask for in pre-training. Time
 * grows with n^2, memory with n: the distances are never stored.
 *
 * @param z - embedding, [n, d]
 * @returns scalar
 */
export function pairDistanceLoss(z: tf.Tensor2D, options: PairDistanceOptions): tf.Scalar {
  const op = tf.customGrad((x, save) => {
    const { loss, gradient } = blockwise(x as tf.Tensor2D, options);
    (save as tf.GradSaveFunc)([gradient]);
    return {
      value: loss,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(saved[0]!, dy),
    };
  });
  return op(z);
}

function blockwise(
  z: tf.Tensor2D,
  { minDistance, maxDistance, blockSize = 1 << 21 }: PairDistanceOptions,
): { readonly loss: tf.Scalar; readonly gradient: tf.Tensor } {
  const n = z.shape[0];
  if (n === 0) return { loss: tf.scalar(0), gradient: tf.zerosLike(z) };
  const step = Math.max(1, Math.floor(blockSize / n));
  const losses: tf.Tensor[] = [];
  const gradients: tf.Tensor2D[] = [];
  for (let first = 0; first < n; first += step) {
    const part = tf.tidy(() => {
      const rows = tf.slice(z, [first, 0], [Math.min(step, n - first), -1]);
      const squares = squaredDistances(rows, z); // [block, n]
      const distances = tf.sqrt(tf.add(squares, SMALLEST_SQUARE));
      const near = tf.exp(tf.sub(minDistance, distances));
      const far = tf.exp(tf.sub(distances, maxDistance));
      // Of a pair at distance 0 the slope is 0 times infinity, which is 0.
      const isApart = tf.cast(tf.greater(squares, SMALLEST_SQUARE), 'float32');
      const slopes = tf.mul(tf.div(tf.sub(far, near), distances), isApart);
      const pulled = tf.mul(rows, tf.sum(slopes, 1, true));
      return {
        loss: tf.sum(tf.sum(tf.add(near, far), 1)),
        gradient: tf.sub<tf.Tensor2D>(pulled, tf.matMul(slopes, z)),
      };
    });
    losses.push(part.loss);
    gradients.push(part.gradient);
  }
  return {
    loss: tf.div(tf.sum(tf.stack(losses)), n * n),
    gradient: tf.mul(tf.concat(gradients), 2 / (n * n)),
  };
}
