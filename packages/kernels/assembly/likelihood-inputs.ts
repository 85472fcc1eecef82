import {
  DISPERSION,
  DISPERSION_SLOPE,
  DROPOUT,
  DROPOUT_SLOPE,
  MEAN,
  MEAN_SLOPE,
  PAIR_BYTES,
} from './likelihood-workspace';
import { Lanes } from './math';
import { FLOAT, VECTOR } from './simd';

const EPSILON: f32 = 1e-10;
const MIN_MEAN: f32 = 1e-5;
const MAX_MEAN: f32 = 1e6;
const MIN_DISPERSION: f32 = 1e-4;
const MAX_DISPERSION: f32 = 1e4;

/**
 * Fills the workspace with means, dispersions, dropout probabilities and their slopes.
 *
 * @param count - columns, a multiple of a group
 * @param dropout - 0: none
 * @param factor - of the means
 * @param activate - the values are given before exp, softplus and sigmoid, with clamping
 */
export function prepare(
  count: i32,
  mean: usize,
  dispersion: usize,
  dropout: usize,
  factor: f32,
  activate: bool,
  workspace: usize,
): void {
  if (activate) {
    activateMeans(count, mean, factor, workspace);
    activateDispersions(count, dispersion, workspace);
    if (dropout != 0) activateDropouts(count, dropout, workspace);
    return;
  }
  fill(count, workspace + MEAN_SLOPE, factor);
  fill(count, workspace + DISPERSION_SLOPE, 1);
  takeMeans(count, mean, factor, workspace);
  takeDispersions(count, dispersion, workspace);
  if (dropout == 0) return;
  fill(count, workspace + DROPOUT_SLOPE, 1);
  memory.copy(workspace + DROPOUT, dropout, <usize>count * FLOAT);
}

function fill(count: i32, target: usize, value: f32): void {
  const lanes = f32x4.splat(value);
  const end = target + <usize>count * FLOAT;
  do {
    v128.store(target, lanes);
    target += VECTOR;
  } while (target < end);
}

function takeMeans(count: i32, mean: usize, factor: f32, workspace: usize): void {
  const scale = f32x4.splat(factor);
  const end = mean + <usize>count * FLOAT;
  do {
    const scaled = f32x4.mul(v128.load(mean), scale);
    v128.store(workspace, f32x4.add(scaled, f32x4.splat(EPSILON)), MEAN);
    mean += VECTOR;
    workspace += VECTOR;
  } while (mean < end);
}

function takeDispersions(count: i32, dispersion: usize, workspace: usize): void {
  const end = dispersion + <usize>count * FLOAT;
  do {
    const t = f32x4.add(v128.load(dispersion), f32x4.splat(EPSILON));
    v128.store(workspace, t, DISPERSION);
    dispersion += VECTOR;
    workspace += VECTOR;
  } while (dispersion < end);
}

function activateMeans(count: i32, mean: usize, factor: f32, workspace: usize): void {
  const end = mean + <usize>count * FLOAT;
  do {
    const first = Lanes.exp(v128.load(mean));
    const second = Lanes.exp(v128.load(mean, VECTOR));
    Activated.storeMean(workspace, first, factor);
    Activated.storeMean(workspace + VECTOR, second, factor);
    mean += PAIR_BYTES;
    workspace += PAIR_BYTES;
  } while (mean < end);
}

function activateDispersions(count: i32, dispersion: usize, workspace: usize): void {
  const end = dispersion + <usize>count * FLOAT;
  do {
    const first = v128.load(dispersion);
    const second = v128.load(dispersion, VECTOR);
    const e1 = Lanes.expNegative(f32x4.neg(f32x4.abs(first)));
    const e2 = Lanes.expNegative(f32x4.neg(f32x4.abs(second)));
    const log1 = Lanes.log1pFinite(e1);
    const log2 = Lanes.log1pFinite(e2);
    Activated.storeDispersion(workspace, first, e1, log1);
    Activated.storeDispersion(workspace + VECTOR, second, e2, log2);
    dispersion += PAIR_BYTES;
    workspace += PAIR_BYTES;
  } while (dispersion < end);
}

function activateDropouts(count: i32, dropout: usize, workspace: usize): void {
  const end = dropout + <usize>count * FLOAT;
  do {
    const first = Lanes.sigmoid(v128.load(dropout));
    const second = Lanes.sigmoid(v128.load(dropout, VECTOR));
    Activated.storeDropout(workspace, first);
    Activated.storeDropout(workspace + VECTOR, second);
    dropout += PAIR_BYTES;
    workspace += PAIR_BYTES;
  } while (dropout < end);
}

/** Activated values and their slopes, which are 0 where clamped. */
class Activated {
  @inline
  static storeMean(target: usize, raw: v128, factor: f32): void {
    const scale = f32x4.splat(factor);
    const m = f32x4.pmin(f32x4.pmax(raw, f32x4.splat(MIN_MEAN)), f32x4.splat(MAX_MEAN));
    v128.store(target, f32x4.add(f32x4.mul(m, scale), f32x4.splat(EPSILON)), MEAN);
    v128.store(target, f32x4.mul(v128.and(raw, f32x4.eq(m, raw)), scale), MEAN_SLOPE);
  }

  /** Softplus of b from e = e^-|b| and log(1 + e). */
  @inline
  static storeDispersion(target: usize, b: v128, e: v128, logarithm: v128): void {
    const one = f32x4.splat(1);
    const soft = f32x4.add(f32x4.max(b, f32x4.splat(0)), logarithm);
    const t = f32x4.pmin(
      f32x4.pmax(soft, f32x4.splat(MIN_DISPERSION)),
      f32x4.splat(MAX_DISPERSION),
    );
    const numerator = v128.bitselect(e, one, f32x4.lt(b, f32x4.splat(0)));
    const slope = f32x4.div(numerator, f32x4.add(one, e));
    v128.store(target, f32x4.add(t, f32x4.splat(EPSILON)), DISPERSION);
    v128.store(target, v128.and(slope, f32x4.eq(t, soft)), DISPERSION_SLOPE);
  }

  @inline
  static storeDropout(target: usize, p: v128): void {
    v128.store(target, p, DROPOUT);
    v128.store(target, f32x4.mul(p, f32x4.sub(f32x4.splat(1), p)), DROPOUT_SLOPE);
  }
}
