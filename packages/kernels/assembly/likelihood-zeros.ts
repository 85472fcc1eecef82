import {
  DISPERSION,
  DISPERSION_SLOPE,
  DROPOUT,
  DROPOUT_SLOPE,
  GROUP_BYTES,
  LOG_RATIO,
  MEAN,
  MEAN_SLOPE,
  PAIR_BYTES,
  RATIO,
  SHARE,
  TOTAL,
  WEIGHT,
  total,
} from './likelihood-workspace';
import { Lanes } from './math';
import { FLOAT, VECTOR } from './simd';

const EPSILON: f32 = 1e-10;
const ZERO_LIMIT: f32 = 1e-8;

/**
 * Gradients of all columns as if their count were 0; returns the loss of those where it is.
 *
 * @param count - columns, a multiple of a group
 * @param ridge - weight of the penalty on the dropout probability
 */
export function inflatedZeros(
  count: i32,
  counts: usize,
  ridge: f32,
  meanGradient: usize,
  dispersionGradient: usize,
  dropoutGradient: usize,
  workspace: usize,
): f64 {
  ratios(count, workspace);
  logRatios(count, workspace);
  zeroProbabilities(count, workspace);
  inflate(count, ridge, dropoutGradient, workspace);
  meanGradients(count, meanGradient, workspace);
  dispersionGradients(count, dispersionGradient, workspace);
  return inflatedLoss(count, counts, ridge, workspace);
}

/** {@link inflatedZeros} of the plain negative binomial. */
export function plainZeros(
  count: i32,
  counts: usize,
  meanGradient: usize,
  dispersionGradient: usize,
  workspace: usize,
): f64 {
  ratios(count, workspace);
  logRatios(count, workspace);
  fillWeights(count, workspace);
  meanGradients(count, meanGradient, workspace);
  dispersionGradients(count, dispersionGradient, workspace);
  return plainLoss(count, counts, workspace);
}

/** r = m / t and 1 / (1 + r). */
function ratios(count: i32, workspace: usize): void {
  const one = f32x4.splat(1);
  const end = workspace + <usize>count * FLOAT;
  do {
    const ratio = f32x4.div(v128.load(workspace, MEAN), v128.load(workspace, DISPERSION));
    v128.store(workspace, ratio, RATIO);
    v128.store(workspace, f32x4.div(one, f32x4.add(one, ratio)), SHARE);
    workspace += VECTOR;
  } while (workspace < end);
}

function logRatios(count: i32, workspace: usize): void {
  const end = workspace + <usize>count * FLOAT;
  do {
    const first = Zeros.logRatio(workspace);
    const second = Zeros.logRatio(workspace + VECTOR);
    const third = Zeros.logRatio(workspace + 2 * VECTOR);
    const fourth = Zeros.logRatio(workspace + 3 * VECTOR);
    v128.store(workspace, first, LOG_RATIO);
    v128.store(workspace, second, LOG_RATIO + VECTOR);
    v128.store(workspace, third, LOG_RATIO + 2 * VECTOR);
    v128.store(workspace, fourth, LOG_RATIO + 3 * VECTOR);
    workspace += GROUP_BYTES;
  } while (workspace < end);
}

/** Probabilities of a zero that is no dropout, for the time being where the weights go. */
function zeroProbabilities(count: i32, workspace: usize): void {
  const end = workspace + <usize>count * FLOAT;
  do {
    const first = Zeros.probability(workspace);
    const second = Zeros.probability(workspace + VECTOR);
    const third = Zeros.probability(workspace + 2 * VECTOR);
    const fourth = Zeros.probability(workspace + 3 * VECTOR);
    v128.store(workspace, first, WEIGHT);
    v128.store(workspace, second, WEIGHT + VECTOR);
    v128.store(workspace, third, WEIGHT + 2 * VECTOR);
    v128.store(workspace, fourth, WEIGHT + 3 * VECTOR);
    workspace += GROUP_BYTES;
  } while (workspace < end);
}

/** Probabilities of any 0, the share in them of those that are no dropouts, dropout gradients. */
function inflate(count: i32, ridge: f32, dropoutGradient: usize, workspace: usize): void {
  const one = f32x4.splat(1);
  const weight = f32x4.splat(ridge);
  const end = workspace + <usize>count * FLOAT;
  do {
    const p = v128.load(workspace, DROPOUT);
    const zero = v128.load(workspace, WEIGHT);
    const kept = f32x4.mul(f32x4.sub(one, p), zero);
    const sum = f32x4.add(f32x4.add(p, kept), f32x4.splat(EPSILON));
    const inverse = f32x4.div(one, sum);
    v128.store(workspace, sum, TOTAL);
    v128.store(workspace, f32x4.mul(kept, inverse), WEIGHT);
    const penalty = f32x4.mul(weight, p);
    const byLoss = f32x4.mul(f32x4.sub(zero, one), inverse);
    const dp = f32x4.add(byLoss, f32x4.add(penalty, penalty));
    v128.store(dropoutGradient, f32x4.mul(dp, v128.load(workspace, DROPOUT_SLOPE)));
    dropoutGradient += VECTOR;
    workspace += VECTOR;
  } while (workspace < end);
}

function fillWeights(count: i32, workspace: usize): void {
  const one = f32x4.splat(1);
  const end = workspace + <usize>count * FLOAT;
  do {
    v128.store(workspace, one, WEIGHT);
    workspace += VECTOR;
  } while (workspace < end);
}

function meanGradients(count: i32, gradient: usize, workspace: usize): void {
  const end = workspace + <usize>count * FLOAT;
  do {
    const dm = f32x4.mul(v128.load(workspace, WEIGHT), v128.load(workspace, SHARE));
    v128.store(gradient, f32x4.mul(dm, v128.load(workspace, MEAN_SLOPE)));
    gradient += VECTOR;
    workspace += VECTOR;
  } while (workspace < end);
}

function dispersionGradients(count: i32, gradient: usize, workspace: usize): void {
  const end = workspace + <usize>count * FLOAT;
  do {
    const ratio = v128.load(workspace, RATIO);
    const share = f32x4.mul(v128.load(workspace, SHARE), ratio);
    const difference = Zeros.logMinusShare(ratio, v128.load(workspace, LOG_RATIO), share);
    const dt = f32x4.mul(v128.load(workspace, WEIGHT), difference);
    v128.store(gradient, f32x4.mul(dt, v128.load(workspace, DISPERSION_SLOPE)));
    gradient += VECTOR;
    workspace += VECTOR;
  } while (workspace < end);
}

function inflatedLoss(count: i32, counts: usize, ridge: f32, workspace: usize): f64 {
  const limit = f32x4.splat(ZERO_LIMIT);
  const weight = f32x4.splat(ridge);
  const end = workspace + <usize>count * FLOAT;
  let sum = f32x4.splat(0);
  do {
    const first = Zeros.inflatedLoss(workspace, weight);
    const second = Zeros.inflatedLoss(workspace + VECTOR, weight);
    sum = f32x4.add(sum, v128.and(first, f32x4.le(v128.load(counts), limit)));
    sum = f32x4.add(sum, v128.and(second, f32x4.le(v128.load(counts, VECTOR), limit)));
    counts += PAIR_BYTES;
    workspace += PAIR_BYTES;
  } while (workspace < end);
  return total(sum);
}

function plainLoss(count: i32, counts: usize, workspace: usize): f64 {
  const limit = f32x4.splat(ZERO_LIMIT);
  const end = workspace + <usize>count * FLOAT;
  let sum = f32x4.splat(0);
  do {
    const loss = f32x4.mul(v128.load(workspace, DISPERSION), v128.load(workspace, LOG_RATIO));
    sum = f32x4.add(sum, v128.and(loss, f32x4.le(v128.load(counts), limit)));
    counts += VECTOR;
    workspace += VECTOR;
  } while (workspace < end);
  return total(sum);
}

/** Of the four columns at an address. */
class Zeros {
  /** log(1 + r). */
  @inline
  static logRatio(at: usize): v128 {
    const one = f32x4.splat(1);
    const ratio = v128.load(at, RATIO);
    const whole = f32x4.add(one, ratio);
    const lost = f32x4.sub(ratio, f32x4.sub(whole, one));
    return f32x4.add(Lanes.logNormal(whole), f32x4.mul(lost, v128.load(at, SHARE)));
  }

  /** (1 + r)^-t. */
  @inline
  static probability(at: usize): v128 {
    const exponent = f32x4.mul(v128.load(at, DISPERSION), v128.load(at, LOG_RATIO));
    return Lanes.expNegative(f32x4.neg(exponent));
  }

  /** Minus the logarithm of the probability of a zero, and the penalty. */
  @inline
  static inflatedLoss(at: usize, ridge: v128): v128 {
    const p = v128.load(at, DROPOUT);
    const loss = f32x4.neg(Lanes.logNormal(v128.load(at, TOTAL)));
    return f32x4.add(loss, f32x4.mul(f32x4.mul(ridge, p), p));
  }

  /** log(1 + r) - r / (1 + r), by its series where the difference would cancel. */
  @inline
  static logMinusShare(r: v128, logRatio: v128, share: v128): v128 {
    let series = f32x4.splat(0.875);
    series = Lanes.mulAdd(series, r, -0.857142857142857);
    series = Lanes.mulAdd(series, r, 0.833333333333333);
    series = Lanes.mulAdd(series, r, -0.8);
    series = Lanes.mulAdd(series, r, 0.75);
    series = Lanes.mulAdd(series, r, -0.666666666666667);
    series = Lanes.mulAdd(series, r, 0.5);
    series = f32x4.mul(f32x4.mul(series, r), r);
    return v128.bitselect(series, f32x4.sub(logRatio, share), f32x4.lt(r, f32x4.splat(0.1)));
  }
}
