import { Lanes } from './math';
import { FLOAT, VECTOR, element } from './simd';

// Negative log-likelihood of counts under the zero-inflated negative binomial (Eraslan et al.,
// 2019) with mean m, dispersion t and dropout probability p, and its gradients. Counts are mostly
// zero and the zero branch is cheap, so it is evaluated for all; the others are listed and then
// evaluated four at a time. With y = x + 8, b = y + t and Stirling's series
// log Γ(z) = (z - 1/2) log z - z + log(2π) / 2 + c(z), the large terms of the loss cancel by hand:
//   log Γ(t) - log Γ(x+t) + log Γ(x+1) + t log(1 + m/t) + x log(1 + t/m)
//     = x log1p(t (y-m) / (m b)) + t log1p((m-y) / b) + [log Γ(t) + t - t log t]
//       + 7.5 log(y/b) + c(y) - c(b) + log[(x+t) ... (x+t+7) / ((x+1) ... (x+7))].

const EPSILON: f32 = 1e-10;
const ZERO_LIMIT: f32 = 1e-8;
const MIN_MEAN: f32 = 1e-5;
const MAX_MEAN: f32 = 1e6;
const MIN_DISPERSION: f32 = 1e-4;
const MAX_DISPERSION: f32 = 1e4;

/** Columns that are worked on at once; what they need fits the first-level cache. */
const CHUNK: i32 = 256;
const CHUNK_BYTES: usize = <usize>CHUNK * FLOAT;

// Workspace: activated values and the derivatives of the activations, then the list of columns.
const MEAN: usize = 0;
const DISPERSION: usize = CHUNK_BYTES;
const DROPOUT: usize = 2 * CHUNK_BYTES;
const MEAN_SLOPE: usize = 3 * CHUNK_BYTES;
const DISPERSION_SLOPE: usize = 4 * CHUNK_BYTES;
const DROPOUT_SLOPE: usize = 5 * CHUNK_BYTES;
const LIST: usize = 6 * CHUNK_BYTES;

/** Scratch bytes that {@link zinb} needs. */
export function likelihoodWorkspaceBytes(): usize {
  return 7 * CHUNK_BYTES + VECTOR;
}

/**
 * `rowLoss[rows]`: sum over the columns of the negative log-likelihood, with the gradients of each
 * row's sum. Without `dropout` (0) the plain negative binomial.
 *
 * @param sizeFactors - address of a factor on the mean of each row, or 0
 * @param activate - mean, dispersion and dropout are given before exp, softplus and sigmoid, with
 * clamping, and so are the gradients
 * @param ridge - weight of the penalty p^2
 */
export function zinb(
  rows: i32,
  columns: i32,
  counts: usize,
  mean: usize,
  dispersion: usize,
  dropout: usize,
  sizeFactors: usize,
  activate: bool,
  ridge: f32,
  rowLoss: usize,
  meanGradient: usize,
  dispersionGradient: usize,
  dropoutGradient: usize,
  workspace: usize,
): void {
  for (let row = 0; row < rows; row++) {
    const factor = sizeFactors == 0 ? <f32>1 : load<f32>(element(sizeFactors, row));
    let sum: f64 = 0;
    for (let column = 0; column < columns; column += CHUNK) {
      const offset = (<usize>row * <usize>columns + <usize>column) * FLOAT;
      const count = min(CHUNK, columns - column);
      prepare(
        count,
        mean + offset,
        dispersion + offset,
        dropout == 0 ? 0 : dropout + offset,
        factor,
        activate,
        workspace,
      );
      sum += zeroBranch(
        count,
        counts + offset,
        dropout != 0,
        ridge,
        meanGradient + offset,
        dispersionGradient + offset,
        dropoutGradient + offset,
        workspace,
      );
      const listed = listNonzero(count, counts + offset, workspace + LIST);
      sum += countBranch(
        listed,
        counts + offset,
        dropout != 0,
        ridge,
        meanGradient + offset,
        dispersionGradient + offset,
        dropoutGradient + offset,
        workspace,
      );
    }
    store<f32>(element(rowLoss, row), <f32>sum);
  }
}

/** Fills the workspace with means, dispersions, dropout probabilities and their slopes. */
function prepare(
  count: i32,
  mean: usize,
  dispersion: usize,
  dropout: usize,
  factor: f32,
  activate: bool,
  workspace: usize,
): void {
  const scale = f32x4.splat(factor);
  const one = f32x4.splat(1);
  const epsilon = f32x4.splat(EPSILON);
  const end = <usize>count * FLOAT;
  for (let at: usize = 0; at < end; at += VECTOR) {
    const left = end - at;
    const target = workspace + at;
    const a = Some.load(mean + at, left);
    const b = Some.load(dispersion + at, left);
    if (activate) {
      const raw = Lanes.exp(a);
      const m = f32x4.pmin(f32x4.pmax(raw, f32x4.splat(MIN_MEAN)), f32x4.splat(MAX_MEAN));
      v128.store(target, f32x4.add(f32x4.mul(m, scale), epsilon), MEAN);
      v128.store(target, f32x4.mul(v128.and(raw, f32x4.eq(m, raw)), scale), MEAN_SLOPE);
      const e = Lanes.expNegative(f32x4.neg(f32x4.abs(b)));
      const whole = f32x4.add(one, e);
      const soft = f32x4.add(f32x4.max(b, f32x4.splat(0)), Lanes.log1pFinite(e));
      const t = f32x4.pmin(
        f32x4.pmax(soft, f32x4.splat(MIN_DISPERSION)),
        f32x4.splat(MAX_DISPERSION),
      );
      const slope = f32x4.div(v128.bitselect(e, one, f32x4.lt(b, f32x4.splat(0))), whole);
      v128.store(target, f32x4.add(t, epsilon), DISPERSION);
      v128.store(target, v128.and(slope, f32x4.eq(t, soft)), DISPERSION_SLOPE);
    } else {
      v128.store(target, f32x4.add(f32x4.mul(a, scale), epsilon), MEAN);
      v128.store(target, scale, MEAN_SLOPE);
      v128.store(target, f32x4.add(b, epsilon), DISPERSION);
      v128.store(target, one, DISPERSION_SLOPE);
    }
    if (dropout != 0) {
      const c = Some.load(dropout + at, left);
      if (activate) {
        const p = Lanes.sigmoid(c);
        v128.store(target, p, DROPOUT);
        v128.store(target, f32x4.mul(p, f32x4.sub(one, p)), DROPOUT_SLOPE);
      } else {
        v128.store(target, c, DROPOUT);
        v128.store(target, one, DROPOUT_SLOPE);
      }
    }
  }
}

/** All columns as if their count were 0; returns the loss of those where it is. */
function zeroBranch(
  count: i32,
  counts: usize,
  inflated: bool,
  ridge: f32,
  meanGradient: usize,
  dispersionGradient: usize,
  dropoutGradient: usize,
  workspace: usize,
): f64 {
  const one = f32x4.splat(1);
  const end = <usize>count * FLOAT;
  let sum = f32x4.splat(0);
  for (let at: usize = 0; at < end; at += VECTOR) {
    const left = end - at;
    const source = workspace + at;
    const m = v128.load(source, MEAN);
    const t = v128.load(source, DISPERSION);
    const ratio = f32x4.div(m, t);
    // log(1 + ratio) and 1 / (1 + ratio) share a quotient.
    const whole = f32x4.add(one, ratio);
    const share = f32x4.div(one, whole);
    const lost = f32x4.sub(ratio, f32x4.sub(whole, one));
    const logRatio = f32x4.add(Lanes.logNormal(whole), f32x4.mul(lost, share));
    let loss = f32x4.mul(t, logRatio);
    let weight = one;
    if (inflated) {
      const p = v128.load(source, DROPOUT);
      const zero = Lanes.expNegative(f32x4.neg(loss)); // probability of 0 without inflation
      const kept = f32x4.mul(f32x4.sub(one, p), zero);
      const total = f32x4.add(f32x4.add(p, kept), f32x4.splat(EPSILON));
      const inverse = f32x4.div(one, total);
      weight = f32x4.mul(kept, inverse);
      loss = f32x4.neg(Lanes.logNormal(total));
      let dp = f32x4.mul(f32x4.sub(zero, one), inverse);
      const penalty = f32x4.mul(f32x4.splat(ridge), p);
      loss = f32x4.add(loss, f32x4.mul(penalty, p));
      dp = f32x4.add(dp, f32x4.add(penalty, penalty));
      Some.store(dropoutGradient + at, f32x4.mul(dp, v128.load(source, DROPOUT_SLOPE)), left);
    }
    const dm = f32x4.mul(f32x4.mul(weight, share), v128.load(source, MEAN_SLOPE));
    Some.store(meanGradient + at, dm, left);
    const dt = f32x4.mul(weight, logMinusShare(ratio, logRatio, f32x4.mul(share, ratio)));
    Some.store(dispersionGradient + at, f32x4.mul(dt, v128.load(source, DISPERSION_SLOPE)), left);
    const isZero = f32x4.le(Some.load(counts + at, left), f32x4.splat(ZERO_LIMIT));
    sum = f32x4.add(sum, Some.keep(v128.and(loss, isZero), left));
  }
  return total(sum);
}

/** log(1 + r) - r / (1 + r), by its series where the difference would cancel. */
function logMinusShare(r: v128, logRatio: v128, share: v128): v128 {
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

/** Writes the columns with a count to the list, filled up to a multiple of 4 with the last one. */
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

/** The listed columns, whose counts are not 0; returns their loss. */
function countBranch(
  listed: i32,
  counts: usize,
  inflated: bool,
  ridge: f32,
  meanGradient: usize,
  dispersionGradient: usize,
  dropoutGradient: usize,
  workspace: usize,
): f64 {
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
    sum = f32x4.add(sum, Some.keep(loss, <usize>(listed - i) * FLOAT));
  }
  return total(sum);
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

/** Ones in the lanes that exist when fewer than {@link VECTOR} bytes are left. */
function present(bytes: usize): v128 {
  const lanes = <i32>(bytes / FLOAT);
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(lanes));
}

/** Up to four elements, as many as `left` bytes hold; the common case is inlined. */
class Some {
  @inline
  static load(address: usize, left: usize): v128 {
    return left >= VECTOR ? v128.load(address) : loadTail(address, left);
  }

  @inline
  static store(address: usize, lanes: v128, left: usize): void {
    if (left >= VECTOR) v128.store(address, lanes);
    else storeTail(address, lanes, left);
  }

  /** Zeros in the lanes that do not exist. */
  @inline
  static keep(lanes: v128, left: usize): v128 {
    return left >= VECTOR ? lanes : v128.and(lanes, present(left));
  }
}

/** The other lanes are 0. */
function loadTail(address: usize, left: usize): v128 {
  let lanes = v128.load32_zero(address);
  if (left > FLOAT) lanes = v128.load_lane<f32>(address + FLOAT, lanes, 1);
  if (left > 2 * FLOAT) lanes = v128.load_lane<f32>(address + 2 * FLOAT, lanes, 2);
  return lanes;
}

function storeTail(address: usize, lanes: v128, left: usize): void {
  v128.store_lane<f32>(address, lanes, 0);
  if (left > FLOAT) v128.store_lane<f32>(address + FLOAT, lanes, 1);
  if (left > 2 * FLOAT) v128.store_lane<f32>(address + 2 * FLOAT, lanes, 2);
}

function total(lanes: v128): f64 {
  return (
    <f64>f32x4.extract_lane(lanes, 0) +
    <f64>f32x4.extract_lane(lanes, 1) +
    <f64>f32x4.extract_lane(lanes, 2) +
    <f64>f32x4.extract_lane(lanes, 3)
  );
}
