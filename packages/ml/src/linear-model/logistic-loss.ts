import { Pacer, type Matrix } from '@dance-ts/core';
import type { Kernels } from '@dance-ts/kernels';
import type { SmoothFunction } from './lbfgs.js';
import { rowBlocks } from './row-blocks.js';

/** What {@link logisticLoss} is a function of. */
export interface LogisticProblem {
  /** [n, p] */
  readonly X: Matrix;
  /** [n] class of each row, from 0 to k - 1 (0 or 1 where k is 1). */
  readonly target: Int32Array;
  /** Number of linear functions: classes, or 1 for two classes. */
  readonly k: number;
  /** Softmax over the k scores, or a logistic function for each. */
  readonly link: 'softmax' | 'logistic';
  /** [n * k] weight of each row for each linear function; all equal in a row under softmax. */
  readonly weight: Float64Array;
  /** Factor of half the squared norm of the coefficients (the intercepts are free). */
  readonly penalty: number;
  readonly fitIntercept: boolean;
  /** [p] added to every row of X. */
  readonly shift?: Float64Array | undefined;
}

/**
 * Mean logistic loss (sum of weight x loss over n) plus L2 penalty, and its gradient, as a function
 * of theta = coefficients [p, k] followed by intercepts [k].
 *
 * Products are taken in float32, losses and sums over blocks in float64.
 *
 * @throws AbortError
 */
export function logisticLoss(
  problem: LogisticProblem,
  kernels: Kernels,
  signal?: AbortSignal,
): SmoothFunction {
  const { X, k, penalty, fitIntercept, shift } = problem;
  const nCoef = X.nCols * k;
  const pacer = new Pacer(signal);
  const blocks = rowBlocks(X, kernels);
  const most = blocks.reduce((rows, block) => Math.max(rows, block.nRows), 0);
  const scores = new Float32Array(most * k);
  const part = new Float32Array(nCoef);
  const residuals = problem.link === 'softmax' ? softmaxResiduals : logisticResiduals;
  return async (theta, gradient) => {
    const weights = Float32Array.from(theta.subarray(0, nCoef));
    const constant = constantScores(theta.slice(nCoef), weights, shift);
    const residualSums = new Float64Array(k);
    gradient.fill(0);
    let loss = 0;
    for (const block of blocks) {
      await pacer.tick();
      block.times(weights, k, scores);
      const nScores = block.nRows * k;
      for (let e = 0; e < nScores; e++) scores[e]! += constant[e % k]!;
      loss += residuals(problem, block.start, scores.subarray(0, nScores));
      block.transposeTimes(scores, k, part);
      for (let e = 0; e < nCoef; e++) gradient[e]! += part[e]!;
      for (let e = 0; e < nScores; e++) residualSums[e % k]! += scores[e]!;
    }
    if (fitIntercept) gradient.set(residualSums, nCoef);
    shift?.forEach((value, j) => {
      for (let c = 0; c < k; c++) gradient[j * k + c]! += value * residualSums[c]!;
    });
    let squares = 0;
    for (let e = 0; e < nCoef; e++) {
      squares += theta[e]! ** 2;
      gradient[e] = gradient[e]! / X.nRows + penalty * theta[e]!;
    }
    for (let e = nCoef; e < gradient.length; e++) gradient[e]! /= X.nRows;
    return loss / X.nRows + 0.5 * penalty * squares;
  };
}

/** [k] intercepts, and what the shift of the rows adds to the scores. */
function constantScores(
  intercept: Float64Array,
  weights: Float32Array,
  shift: Float64Array | undefined,
): Float64Array {
  const k = intercept.length;
  shift?.forEach((value, j) => {
    for (let c = 0; c < k; c++) intercept[c]! += value * weights[j * k + c]!;
  });
  return intercept;
}

/** Replaces scores by weight x (softmax - indicator) and returns the sum of weighted losses. */
function softmaxResiduals(problem: LogisticProblem, start: number, scores: Float32Array): number {
  const { target, k, weight } = problem;
  let loss = 0;
  for (let at = 0, i = start; at < scores.length; at += k, i++) {
    const w = weight[i * k]!;
    let most = -Infinity;
    for (let c = 0; c < k; c++) most = Math.max(most, scores[at + c]!);
    let sum = 0;
    for (let c = 0; c < k; c++) sum += Math.exp(scores[at + c]! - most);
    const own = target[i]!;
    loss += w * (Math.log(sum) + most - scores[at + own]!);
    for (let c = 0; c < k; c++) {
      const probability = Math.exp(scores[at + c]! - most) / sum;
      scores[at + c] = w * (probability - (c === own ? 1 : 0));
    }
  }
  return loss;
}

/** The same for one logistic function a score; with k = 1 class 1 is the positive one. */
function logisticResiduals(problem: LogisticProblem, start: number, scores: Float32Array): number {
  const { target, k, weight } = problem;
  let loss = 0;
  for (let e = 0; e < scores.length; e++) {
    const i = start + Math.floor(e / k);
    const positive = target[i]! === (k === 1 ? 1 : e % k);
    const w = weight[start * k + e]!;
    const margin = positive ? scores[e]! : -scores[e]!;
    loss += w * (Math.max(0, -margin) + Math.log1p(Math.exp(-Math.abs(margin))));
    const slope = w / (1 + Math.exp(margin));
    scores[e] = positive ? -slope : slope;
  }
  return loss;
}
