import * as tf from '@tensorflow/tfjs';

/** How the losses of the cells (or pairs) become one: `none` leaves them, [n]. */
export type Reduction = 'mean' | 'sum' | 'none';

/** Options of losses that have one value per cell. */
export interface ReductionOptions {
  /** Over cells, default `mean`. */
  readonly reduction?: Reduction;
}

/**
 * Mean or sum over cells, or the values as they are. Over no cells both are 0, a constant.
 *
 * @param perCell - [n]
 * @returns scalar, or [n] with `none`
 */
export function reduceCells(perCell: tf.Tensor1D, reduction: Reduction = 'mean'): tf.Tensor {
  if (reduction === 'none') return perCell;
  // The sum of nothing is undefined memory on stock wasm.
  if (perCell.size === 0) return tf.scalar(0);
  const sum = tf.sum(perCell);
  return reduction === 'sum' ? sum : tf.div(sum, perCell.size);
}

/** Sum over the last axis of a matrix, [n, d] -> [n]. */
export function sumRows(x: tf.Tensor): tf.Tensor1D {
  return tf.sum(x, -1);
}

/** Mean over rows of the mean over columns: one float32 accumulator loses digits on wasm. */
export function meanOfRows(x: tf.Tensor): tf.Scalar {
  return tf.mean(tf.mean(x, -1));
}
