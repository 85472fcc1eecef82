import {
  DISPERSION,
  DISPERSION_SLOPE,
  DROPOUT,
  DROPOUT_SLOPE,
  LIST,
  MEAN,
  MEAN_SLOPE,
  total,
} from './likelihood-workspace';
import { Lanes } from './math';
import { element } from './simd';

// With y = x + 8, b = y + t and Stirling's series
// log Γ(z) = (z - 1/2) log z - z + log(2π) / 2 + c(z), the large terms of the loss cancel by hand:
//   log Γ(t) - log Γ(x+t) + log Γ(x+1) + t log(1 + m/t) + x log(1 + t/m)
//     = x log1p(t (y-m) / (m b)) + t log1p((m-y) / b) + [log Γ(t) + t - t log t]
//       + 7.5 log(y/b) + c(y) - c(b) + log[(x+t) ... (x+t+7) / ((x+1) ... (x+7))].

const EPSILON: f32 = 1e-10;
const ZERO_LIMIT: f32 = 1e-8;

/**
 * Gradients of the columns whose count is not 0; returns their loss.
 *
 * @param dropoutGradient - 0: no zero inflation
 * @param ridge - weight of the penalty on the dropout probability
 */
export function countBranch(
  count: i32,
  counts: usize,
  ridge: f32,
  meanGradient: usize,
  dispersionGradient: usize,
  dropoutGradient: usize,
  workspace: usize,
): f64 {
  const inflated = dropoutGradient != 0;
  const listed = listNonzero(count, counts, workspace + LIST);
  const one = f32x4.splat(1);
  let sum = f32x4.splat(0);
  for (let i = 0; i < listed; i += 4) {
    const list = element(workspace + LIST, i);
    const x = gather(counts, list);
    const m = gather(workspace + MEAN, list);
    const t = gather(workspace + DISPERSION, list);
    const both = f32x4.add(t, m);
    const y = f32x4.add(x, f32x4.splat(8));
    const b = f32x4.add(y, t);
    const inverseB = f32x4.div(one, b);
    const logRatio = Lanes.log1p(f32x4.div(m, t));
    const ratio = f32x4.div(f32x4.mul(t, f32x4.sub(y, m)), f32x4.mul(m, b));
    let loss = f32x4.mul(x, Lanes.log1p(ratio));
    const shortfall = f32x4.mul(f32x4.sub(m, y), inverseB);
    loss = f32x4.add(loss, f32x4.mul(t, Lanes.log1p(shortfall)));
    loss = f32x4.add(loss, gammaRemainder(t));
    const quotient = Lanes.logNormal(f32x4.mul(y, inverseB));
    loss = f32x4.add(loss, f32x4.mul(f32x4.splat(7.5), quotient));
    const tails = f32x4.sub(stirlingTail(f32x4.div(one, y)), stirlingTail(inverseB));
    loss = f32x4.add(loss, tails);
    loss = f32x4.add(loss, Lanes.logNormal(risingRatio(f32x4.add(x, t), x)));
    // ψ(x + t) - ψ(t), shifted by 8.
    const inverseA = f32x4.div(one, f32x4.add(t, f32x4.splat(8)));
    const growth = Lanes.log1pFinite(f32x4.mul(x, inverseA));
    let psi = f32x4.add(growth, f32x4.sub(digammaTail(inverseA), digammaTail(inverseB)));
    psi = f32x4.add(psi, f32x4.add(shiftSum(t, x, 0), shiftSum(t, x, 4)));
    const slopeM = gather(workspace + MEAN_SLOPE, list);
    const dm = f32x4.div(f32x4.mul(t, f32x4.sub(m, x)), f32x4.mul(m, both));
    scatter(meanGradient, list, f32x4.mul(dm, slopeM));
    let dt = f32x4.sub(logRatio, psi);
    dt = f32x4.add(dt, f32x4.div(f32x4.sub(x, m), both));
    scatter(dispersionGradient, list, f32x4.mul(dt, gather(workspace + DISPERSION_SLOPE, list)));
    if (inflated) {
      const p = gather(workspace + DROPOUT, list);
      const kept = f32x4.add(f32x4.sub(one, p), f32x4.splat(EPSILON));
      const penalty = f32x4.mul(f32x4.splat(ridge), p);
      loss = f32x4.sub(loss, Lanes.log(kept));
      loss = f32x4.add(loss, f32x4.mul(penalty, p));
      const dp = f32x4.add(f32x4.div(one, kept), f32x4.add(penalty, penalty));
      scatter(dropoutGradient, list, f32x4.mul(dp, gather(workspace + DROPOUT_SLOPE, list)));
    }
    const isListed = i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(listed - i));
    sum = f32x4.add(sum, v128.and(loss, isListed));
  }
  return total(sum);
}

/** Writes the columns with a count to the list, filled up to whole vectors with the last one. */
function listNonzero(count: i32, counts: usize, list: usize): i32 {
  let listed = 0;
  for (let column = 0; column < count; column++) {
    // Always written and counted only if wanted: no branch to mispredict. NaN is listed.
    store<i32>(element(list, listed), column);
    listed += <i32>!(load<f32>(element(counts, column)) <= ZERO_LIMIT);
  }
  for (let i = listed; i < ((listed + 3) & ~3); i++) {
    store<i32>(element(list, i), load<i32>(element(list, listed - 1)));
  }
  return listed;
}

/** s (s+1) ... (s+7) / ((x+1) ... (x+7)), in an order that does not overflow. */
function risingRatio(s: v128, x: v128): v128 {
  let ratio = s;
  for (let k: f32 = 1; k < 8; k += 2) {
    const next = f32x4.add(s, f32x4.splat(k));
    const below = f32x4.add(x, f32x4.splat(k));
    if (k == 7) {
      ratio = f32x4.div(f32x4.mul(ratio, next), below);
    } else {
      const above = f32x4.mul(next, f32x4.add(next, f32x4.splat(1)));
      const pair = f32x4.mul(below, f32x4.add(below, f32x4.splat(1)));
      ratio = f32x4.mul(ratio, f32x4.div(above, pair));
    }
  }
  return ratio;
}

/** Sum over four k of x / ((t + k) (t + k + x)). */
function shiftSum(t: v128, x: v128, first: f32): v128 {
  let sum = f32x4.splat(0);
  for (let k: f32 = first; k < first + 4; k++) {
    const shifted = f32x4.add(t, f32x4.splat(k));
    const part = f32x4.div(f32x4.div(x, f32x4.add(shifted, x)), shifted);
    sum = f32x4.add(sum, part);
  }
  return sum;
}

/** log Γ(a) - ((a - 1/2) log a - a + log(2π) / 2) of 1/a, for a above 8. */
function stirlingTail(inverse: v128): v128 {
  const square = f32x4.mul(inverse, inverse);
  let series = f32x4.splat(7.936507937e-4);
  series = Lanes.mulAdd(series, square, -2.777777778e-3);
  series = Lanes.mulAdd(series, square, 8.333333333e-2);
  return f32x4.mul(series, inverse);
}

/** log a - ψ(a) of 1/a, for a above 8. */
function digammaTail(inverse: v128): v128 {
  const square = f32x4.mul(inverse, inverse);
  let series = f32x4.splat(3.968253968e-3);
  series = Lanes.mulAdd(series, square, -8.333333333e-3);
  series = Lanes.mulAdd(series, square, 8.333333333e-2);
  return f32x4.add(f32x4.mul(series, square), f32x4.mul(inverse, f32x4.splat(0.5)));
}

/** log Γ(t) + t - t log t, without the cancellation of large t. */
function gammaRemainder(t: v128): v128 {
  const logT = Lanes.logNormal(t);
  const isLarge = f32x4.gt(t, f32x4.splat(8));
  const shifted = f32x4.add(t, v128.andnot(f32x4.splat(4), isLarge));
  const tail = f32x4.add(
    stirlingTail(f32x4.div(f32x4.splat(1), shifted)),
    f32x4.splat(0.9189385332046727),
  );
  const large = f32x4.sub(tail, f32x4.mul(f32x4.splat(0.5), logT));
  if (i32x4.all_true(isLarge)) return large;
  let product = f32x4.mul(f32x4.add(t, f32x4.splat(1)), f32x4.add(t, f32x4.splat(2)));
  product = f32x4.mul(product, f32x4.add(t, f32x4.splat(3)));
  let small = f32x4.mul(f32x4.sub(shifted, f32x4.splat(0.5)), Lanes.logNormal(shifted));
  small = f32x4.sub(small, f32x4.splat(4)); // t - shifted
  small = f32x4.sub(f32x4.add(small, tail), f32x4.mul(t, logT));
  small = f32x4.sub(small, f32x4.add(logT, Lanes.logNormal(product)));
  return v128.bitselect(large, small, isLarge);
}

function gather(array: usize, list: usize): v128 {
  let lanes = v128.load32_zero(element(array, load<i32>(list)));
  lanes = v128.load_lane<f32>(element(array, load<i32>(list, 4)), lanes, 1);
  lanes = v128.load_lane<f32>(element(array, load<i32>(list, 8)), lanes, 2);
  return v128.load_lane<f32>(element(array, load<i32>(list, 12)), lanes, 3);
}

function scatter(array: usize, list: usize, lanes: v128): void {
  v128.store_lane<f32>(element(array, load<i32>(list)), lanes, 0);
  v128.store_lane<f32>(element(array, load<i32>(list, 4)), lanes, 1);
  v128.store_lane<f32>(element(array, load<i32>(list, 8)), lanes, 2);
  v128.store_lane<f32>(element(array, load<i32>(list, 12)), lanes, 3);
}
