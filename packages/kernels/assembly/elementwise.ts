import { Lanes } from './math';
import { element, FLOAT, loadLanes, storeLanes, VECTOR } from './simd';

// Numbers of the functions: their places in UNARY_FUNCTIONS of the contract.
const EXP: i32 = 0;
const EXPM1: i32 = 1;
const LOG: i32 = 2;
const LOG1P: i32 = 3;
const SOFTPLUS: i32 = 4;
const SIGMOID: i32 = 5;
const TANH: i32 = 6;
const ELU: i32 = 7;
const GELU: i32 = 8;
const ERF: i32 = 9;
const LGAMMA: i32 = 10;
const DIGAMMA: i32 = 11;

/** `out[i] = f(x[i])` for `count` float32; `out` may be `x`. */
export function unary(f: i32, count: i32, x: usize, out: usize): void {
  // A loop for each function, chosen once: inlined, the number of the function is a constant.
  if (f == EXP) Loops.unary(EXP, count, x, out);
  else if (f == EXPM1) Loops.unary(EXPM1, count, x, out);
  else if (f == LOG) Loops.unary(LOG, count, x, out);
  else if (f == LOG1P) Loops.unary(LOG1P, count, x, out);
  else if (f == SOFTPLUS) Loops.unary(SOFTPLUS, count, x, out);
  else if (f == SIGMOID) Loops.unary(SIGMOID, count, x, out);
  else if (f == TANH) Loops.unary(TANH, count, x, out);
  else if (f == ELU) Loops.unary(ELU, count, x, out);
  else if (f == GELU) Loops.unary(GELU, count, x, out);
  else if (f == ERF) Loops.unary(ERF, count, x, out);
  else if (f == LGAMMA) Loops.unary(LGAMMA, count, x, out);
  else Loops.unary(DIGAMMA, count, x, out);
}

/** `out[i] = x[i]^exponent` with the rules of C's pow. */
export function power(count: i32, x: usize, exponent: f32, out: usize): void {
  const whole = nearest(exponent) == exponent;
  const odd = whole && abs(exponent) < 16777216 && ((<i32>exponent) & 1) == 1;
  const e = f32x4.splat(exponent);
  const end = element(x, count);
  const vectorEnd = element(x, count & ~3);
  while (x < end) {
    const lanes = x < vectorEnd ? VECTOR : FLOAT;
    const base = loadLanes(x, lanes);
    storeLanes(out, powerOf(base, exponent, e, whole, odd), lanes);
    x += lanes;
    out += lanes;
  }
}

function powerOf(base: v128, exponent: f32, e: v128, whole: bool, odd: bool): v128 {
  if (exponent == 2) return f32x4.mul(base, base);
  if (exponent == 0.5) return f32x4.sqrt(f32x4.add(base, f32x4.splat(0)));
  if (exponent == 0) return f32x4.splat(1);
  const size = f32x4.abs(base);
  let y = Lanes.exp(f32x4.mul(e, Lanes.log(size)));
  const isNegative = f32x4.lt(base, f32x4.splat(0));
  if (!whole) return v128.bitselect(f32x4.splat(NaN), y, isNegative);
  if (odd) y = v128.or(y, v128.and(base, f32x4.splat(-0.0)));
  return y;
}

class Loops {
  @inline
  static unary(f: i32, count: i32, x: usize, out: usize): void {
    const end = element(x, count);
    const vectorEnd = element(x, count & ~3);
    for (; x < vectorEnd; x += VECTOR, out += VECTOR) {
      v128.store(out, Loops.evaluate(f, v128.load(x)));
    }
    for (; x < end; x += FLOAT, out += FLOAT) {
      v128.store_lane<f32>(out, Loops.evaluate(f, v128.load32_zero(x)), 0);
    }
  }

  @inline
  static evaluate(f: i32, x: v128): v128 {
    if (f == EXP) return Lanes.exp(x);
    if (f == EXPM1) return Lanes.expm1(x);
    if (f == LOG) return Lanes.log(x);
    if (f == LOG1P) return Lanes.log1p(x);
    if (f == SOFTPLUS) return Lanes.softplus(x);
    if (f == SIGMOID) return Lanes.sigmoid(x);
    if (f == TANH) return Lanes.tanh(x);
    if (f == ELU) return v128.bitselect(x, Lanes.expm1(x), f32x4.gt(x, f32x4.splat(0)));
    if (f == GELU) return Lanes.gelu(x);
    if (f == ERF) return Lanes.erf(x);
    if (f == LGAMMA) return Lanes.lgamma(x);
    return Lanes.digamma(x);
  }
}
