import * as tf from '@tensorflow/tfjs';
import { checkSameShape } from './check-shapes.js';
import { floored } from './floored.js';
import { reduceCells, type ReductionOptions } from './reduction.js';

/** Least probability of sharing a cluster that is told apart from 0. */
const LEAST_TOGETHER = 1e-10;

/** Least probability of not sharing a cluster; float32 tells no less apart from 1 - 1. */
const LEAST_APART = 1e-7;

/**
 * Must-link loss: -ln of the probability that both cells of a pair are in the same cluster,
 * sum over clusters of q_a q_b (Tian et al., 2021, https://doi.org/10.1038/s41467-021-22008-3).
 * Probabilities below 1e-10 cost no more than 1e-10.
 *
 * @param logQA - ln q of the first cell of each pair, [m, K]
 * @param logQB - ln q of the second, [m, K]
 * @returns scalar, or [m] without reduction
 * @throws ParamError if the shapes differ
 */
export function mustLinkLoss(
  logQA: tf.Tensor2D,
  logQB: tf.Tensor2D,
  { reduction }: ReductionOptions = {},
): tf.Tensor {
  const logTogether = logSameCluster('mustLinkLoss', logQA, logQB);
  const perPair = tf.neg(floored(logTogether, Math.log(LEAST_TOGETHER)));
  return reduceCells(perPair as tf.Tensor1D, reduction);
}

/**
 * Cannot-link loss: -ln of the probability that the cells of a pair are in different clusters; see
 * {@link mustLinkLoss}. Probabilities below 1e-7 cost no more than 1e-7.
 *
 * @param logQA - ln q of the first cell of each pair, [m, K]
 * @param logQB - ln q of the second, [m, K]
 * @returns scalar, or [m] without reduction
 * @throws ParamError if the shapes differ
 */
export function cannotLinkLoss(
  logQA: tf.Tensor2D,
  logQB: tf.Tensor2D,
  { reduction }: ReductionOptions = {},
): tf.Tensor {
  const apart = tf.neg(tf.expm1(logSameCluster('cannotLinkLoss', logQA, logQB)));
  const perPair = tf.neg(tf.log(floored(apart, LEAST_APART)));
  return reduceCells(perPair as tf.Tensor1D, reduction);
}

/** ln of the sum over clusters of q_a q_b, [m]. */
function logSameCluster(loss: string, logQA: tf.Tensor2D, logQB: tf.Tensor2D): tf.Tensor {
  checkSameShape(loss, [logQA, logQB]);
  return tf.logSumExp(tf.add(logQA, logQB), -1);
}
