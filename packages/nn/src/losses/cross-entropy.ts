import * as tf from '@tensorflow/tfjs';
import { checkClasses } from './check-shapes.js';
import { reduceCells, sumRows, type ReductionOptions } from './reduction.js';

/**
 * Softmax cross entropy -ln softmax(logits)[class] of each cell (PyTorch's `cross_entropy`).
 *
 * @param logits - [n, nClasses]
 * @param codes - [n] class of each cell, in 0..nClasses-1
 * @returns scalar, or [n] without reduction
 * @throws DataError if a class does not exist or the lengths differ
 */
export function softmaxCrossEntropy(
  logits: tf.Tensor2D,
  codes: ArrayLike<number>,
  { reduction }: ReductionOptions = {},
): tf.Tensor {
  const [n, nClasses] = logits.shape;
  checkClasses('softmaxCrossEntropy', codes, n, nClasses);
  const own = tf.oneHot(tf.tensor1d(Int32Array.from(codes), 'int32'), nClasses);
  return reduceCells(
    tf.neg(sumRows(tf.mul(tf.logSoftmax(logits), tf.cast(own, 'float32')))),
    reduction,
  );
}
