import { ParamError } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { checkClasses, checkSameShape } from './check-shapes.js';
import { reduceCells, sumRows, type ReductionOptions } from './reduction.js';
import { stopGradient } from './stop-gradient.js';

/** Options of {@link softmaxCrossEntropy}. */
export interface CrossEntropyOptions extends ReductionOptions {
  /**
   * [nClasses] weight of the cells of each class, above 0; the mean is then divided by the sum of
   * the cells' weights. Default 1.
   */
  readonly classWeights?: ArrayLike<number>;
  /** Share of each target that is spread evenly over all classes, 0 (default) up to 1. */
  readonly labelSmoothing?: number;
}

/**
 * Softmax cross entropy -ln softmax(logits)[class] of each cell (PyTorch's `cross_entropy`, with its
 * class weights and label smoothing).
 *
 * @param logits - [n, nClasses]
 * @param codes - [n] class of each cell, in 0..nClasses-1
 * @returns scalar, or [n] without reduction
 * @throws DataError if a class does not exist or the lengths differ; ParamError for options out of
 * range
 */
export function softmaxCrossEntropy(
  logits: tf.Tensor2D,
  codes: ArrayLike<number>,
  { reduction, classWeights, labelSmoothing = 0 }: CrossEntropyOptions = {},
): tf.Tensor {
  const [n, nClasses] = logits.shape;
  checkClasses('softmaxCrossEntropy', codes, n, nClasses);
  checkOptions(nClasses, classWeights, labelSmoothing);
  const weightOf = (c: number): number => classWeights?.[c] ?? 1;
  const targets = new Float32Array(n * nClasses);
  let totalWeight = 0;
  for (let i = 0; i < n; i++) {
    const own = codes[i]!;
    totalWeight += weightOf(own);
    for (let c = 0; c < nClasses; c++) {
      const target = (c === own ? 1 - labelSmoothing : 0) + labelSmoothing / nClasses;
      targets[i * nClasses + c] = weightOf(c) * target;
    }
  }
  const perCell = crossEntropies(logits, tf.tensor2d(targets, [n, nClasses]));
  if (classWeights === undefined || n === 0 || (reduction ?? 'mean') !== 'mean') {
    return reduceCells(perCell, reduction);
  }
  return tf.div(tf.sum(perCell), totalWeight);
}

/**
 * Softmax cross entropy -sum over classes of t ln softmax(logits) of each cell with targets t that
 * are shares, such as the probabilities of a teacher. The targets are constants.
 *
 * @param logits - [n, nClasses]
 * @param targets - [n, nClasses], not negative; rows that sum to 1
 * @returns scalar, or [n] without reduction
 * @throws ParamError if the shapes differ
 */
export function softTargetCrossEntropy(
  logits: tf.Tensor2D,
  targets: tf.Tensor2D,
  { reduction }: ReductionOptions = {},
): tf.Tensor {
  checkSameShape('softTargetCrossEntropy', [logits, targets]);
  return reduceCells(crossEntropies(logits, stopGradient(targets)), reduction);
}

/** -sum over classes of t ln softmax(logits), [n]. */
function crossEntropies(logits: tf.Tensor2D, targets: tf.Tensor2D): tf.Tensor1D {
  return tf.neg(sumRows(tf.mul(tf.logSoftmax(logits), targets)));
}

function checkOptions(
  nClasses: number,
  classWeights: ArrayLike<number> | undefined,
  labelSmoothing: number,
): void {
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new ParamError('softmaxCrossEntropy: labelSmoothing', {
      got: String(labelSmoothing),
      expected: 'a number from 0 to 1',
    });
  }
  if (classWeights === undefined) return;
  const weights = Array.from(classWeights);
  if (weights.length === nClasses && weights.every((w) => w > 0 && w < Infinity)) return;
  throw new ParamError('softmaxCrossEntropy: classWeights', {
    got: weights.join(', '),
    expected: `${nClasses} numbers above 0, one a class`,
  });
}
