// Transcendental functions of four float32 lanes. Only additions, multiplications, divisions and
// square roots are used, so the results are the same bytes on every machine; they are never fused,
// not even with relaxed SIMD, so that both binaries agree on them. Polynomials: Cephes (Moshier).

const ONE: f32 = 1;
const SMALLEST_NORMAL: f32 = 1.17549435e-38;

/** Functions of four float32 lanes at once; static methods, because those can be inlined. */
export class Lanes {
  @inline
  static mulAdd(a: v128, b: v128, c: f32): v128 {
    return f32x4.add(f32x4.mul(a, b), f32x4.splat(c));
  }

  /** `2^n` for whole n in -126 .. 127. */
  @inline
  static powerOfTwo(n: v128): v128 {
    return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
  }

  /** e^x, relative error below 1e-7; 0 and infinity beyond the range of float32. */
  @inline
  static exp(argument: v128): v128 {
    // The faster minimum and maximum, in the order that keeps NaN.
    const x = f32x4.pmin(f32x4.pmax(argument, f32x4.splat(-104)), f32x4.splat(89));
    const whole = f32x4.nearest(f32x4.mul(x, f32x4.splat(1.44269504088896341)));
    const y = Lanes.expReduced(x, whole);
    // In two factors, so that results up to the largest number and down to denormals are reached.
    const n = i32x4.trunc_sat_f32x4_s(whole);
    const half = i32x4.shr_s(n, 1);
    return f32x4.mul(f32x4.mul(y, Lanes.powerOfTwo(half)), Lanes.powerOfTwo(i32x4.sub(n, half)));
  }

  /** e^x for x at most 0, no less than 1e-38. */
  @inline
  static expNegative(argument: v128): v128 {
    const x = f32x4.pmax(argument, f32x4.splat(-87));
    const whole = f32x4.nearest(f32x4.mul(x, f32x4.splat(1.44269504088896341)));
    const n = i32x4.trunc_sat_f32x4_s(whole);
    return f32x4.mul(Lanes.expReduced(x, whole), Lanes.powerOfTwo(n));
  }

  /** e^x / 2^whole for `whole` next to x / log 2. */
  @inline
  static expReduced(argument: v128, whole: v128): v128 {
    let x = f32x4.sub(argument, f32x4.mul(whole, f32x4.splat(0.693359375)));
    x = f32x4.sub(x, f32x4.mul(whole, f32x4.splat(-2.1219444e-4)));
    let y = f32x4.splat(1.98756915e-4);
    y = Lanes.mulAdd(y, x, 1.3981999507e-3);
    y = Lanes.mulAdd(y, x, 8.3334519073e-3);
    y = Lanes.mulAdd(y, x, 4.1665795894e-2);
    y = Lanes.mulAdd(y, x, 1.6666665459e-1);
    y = Lanes.mulAdd(y, x, 5.0000001201e-1);
    return f32x4.add(f32x4.mul(f32x4.mul(y, x), x), f32x4.add(x, f32x4.splat(ONE)));
  }

  /** Natural logarithm of a positive normal number, relative error below 1e-7; else undefined. */
  @inline
  static logNormal(argument: v128): v128 {
    let exponent = f32x4.convert_i32x4_s(i32x4.sub(i32x4.shr_u(argument, 23), i32x4.splat(126)));
    let x = v128.or(v128.and(argument, i32x4.splat(0x007fffff)), f32x4.splat(0.5));
    const below = f32x4.lt(x, f32x4.splat(0.707106781186547524));
    exponent = f32x4.sub(exponent, v128.and(f32x4.splat(ONE), below));
    x = f32x4.add(f32x4.sub(x, f32x4.splat(ONE)), v128.and(x, below));
    const square = f32x4.mul(x, x);
    let y = f32x4.splat(7.0376836292e-2);
    y = Lanes.mulAdd(y, x, -1.151461031e-1);
    y = Lanes.mulAdd(y, x, 1.167699874e-1);
    y = Lanes.mulAdd(y, x, -1.2420140846e-1);
    y = Lanes.mulAdd(y, x, 1.4249322787e-1);
    y = Lanes.mulAdd(y, x, -1.6668057665e-1);
    y = Lanes.mulAdd(y, x, 2.0000714765e-1);
    y = Lanes.mulAdd(y, x, -2.4999993993e-1);
    y = Lanes.mulAdd(y, x, 3.3333331174e-1);
    y = f32x4.mul(f32x4.mul(y, x), square);
    y = f32x4.add(y, f32x4.mul(exponent, f32x4.splat(-2.1219444e-4)));
    y = f32x4.sub(y, f32x4.mul(square, f32x4.splat(0.5)));
    return f32x4.add(f32x4.add(x, y), f32x4.mul(exponent, f32x4.splat(0.693359375)));
  }

  /** Sine of x in -pi/4 .. pi/4. */
  @inline
  static sinQuarter(x: v128): v128 {
    const square = f32x4.mul(x, x);
    let y = f32x4.splat(-1.9515295891e-4);
    y = Lanes.mulAdd(y, square, 8.3321608736e-3);
    y = Lanes.mulAdd(y, square, -1.6666654611e-1);
    return f32x4.add(f32x4.mul(f32x4.mul(y, square), x), x);
  }

  /** Cosine of x in -pi/4 .. pi/4. */
  @inline
  static cosQuarter(x: v128): v128 {
    const square = f32x4.mul(x, x);
    let y = f32x4.splat(2.443315711809948e-5);
    y = Lanes.mulAdd(y, square, -1.388731625493765e-3);
    y = Lanes.mulAdd(y, square, 4.166664568298827e-2);
    y = f32x4.sub(f32x4.mul(f32x4.mul(y, square), square), f32x4.mul(square, f32x4.splat(0.5)));
    return f32x4.add(y, f32x4.splat(ONE));
  }

  /** Natural logarithm: -infinity at 0, NaN below, right for denormals and infinity. */
  @inline
  static log(x: v128): v128 {
    const tiny = f32x4.lt(x, f32x4.splat(SMALLEST_NORMAL));
    const scaled = v128.bitselect(f32x4.mul(x, f32x4.splat(8388608)), x, tiny);
    const shift = v128.and(tiny, f32x4.splat(15.942385152878742)); // log 2^23
    let y = f32x4.sub(Lanes.logNormal(scaled), shift);
    y = v128.bitselect(f32x4.splat(-Infinity), y, f32x4.eq(x, f32x4.splat(0)));
    // Infinity stays; what is negative or NaN becomes NaN.
    y = v128.bitselect(x, y, f32x4.eq(x, f32x4.splat(Infinity)));
    return v128.bitselect(y, f32x4.splat(NaN), f32x4.ge(x, f32x4.splat(0)));
  }

  /** Lanes.log(1 + x) for finite x > -0.99, accurate near 0: the rounding of 1 + x is corrected for. */
  @inline
  static log1pFinite(x: v128): v128 {
    const one = f32x4.splat(ONE);
    const sum = f32x4.add(one, x);
    const lost = f32x4.sub(x, f32x4.sub(sum, one));
    return f32x4.add(Lanes.logNormal(sum), f32x4.div(lost, sum));
  }

  /** Lanes.log(1 + x): -infinity at -1, NaN below. */
  @inline
  static log1p(x: v128): v128 {
    const one = f32x4.splat(ONE);
    const sum = f32x4.add(one, x);
    const lost = f32x4.sub(x, f32x4.sub(sum, one));
    const correction = f32x4.div(lost, sum);
    const isPlain = v128.and(f32x4.gt(sum, f32x4.splat(0)), f32x4.lt(sum, f32x4.splat(Infinity)));
    return f32x4.add(Lanes.log(sum), v128.and(correction, isPlain));
  }

  /** e^x - 1, accurate near 0 (Kahan's quotient). */
  @inline
  static expm1(x: v128): v128 {
    const one = f32x4.splat(ONE);
    const power = Lanes.exp(x);
    const minusOne = f32x4.sub(power, one);
    const isSmall = f32x4.lt(f32x4.abs(x), f32x4.splat(0.5));
    const refined = f32x4.div(f32x4.mul(minusOne, x), Lanes.logNormal(power));
    let y = v128.bitselect(refined, minusOne, isSmall);
    y = v128.bitselect(x, y, f32x4.eq(power, one));
    return v128.bitselect(y, x, f32x4.eq(x, x));
  }

  /** 1 / (1 + e^-x), accurate in both tails. */
  @inline
  static sigmoid(x: v128): v128 {
    const one = f32x4.splat(ONE);
    const e = Lanes.exp(f32x4.neg(f32x4.abs(x)));
    const numerator = v128.bitselect(e, one, f32x4.lt(x, f32x4.splat(0)));
    return f32x4.div(numerator, f32x4.add(one, e));
  }

  /** Lanes.log(1 + e^x), which neither overflows nor loses small values. */
  @inline
  static softplus(x: v128): v128 {
    const tail = Lanes.log1pFinite(Lanes.exp(f32x4.neg(f32x4.abs(x))));
    return f32x4.add(f32x4.max(x, f32x4.splat(0)), tail);
  }

  /** Hyperbolic tangent. */
  @inline
  static tanh(x: v128): v128 {
    const one = f32x4.splat(ONE);
    const size = f32x4.abs(x);
    const square = f32x4.mul(x, x);
    let y = f32x4.splat(-5.70498872745e-3);
    y = Lanes.mulAdd(y, square, 2.06390887954e-2);
    y = Lanes.mulAdd(y, square, -5.37397155531e-2);
    y = Lanes.mulAdd(y, square, 1.33314422036e-1);
    y = Lanes.mulAdd(y, square, -3.33332819422e-1);
    const near = f32x4.add(f32x4.mul(f32x4.mul(y, square), x), x);
    const power = Lanes.exp(f32x4.add(size, size));
    const far = f32x4.sub(one, f32x4.div(f32x4.splat(2), f32x4.add(power, one)));
    const signed = v128.or(far, v128.and(x, f32x4.splat(-0.0)));
    return v128.bitselect(near, signed, f32x4.lt(size, f32x4.splat(0.625)));
  }

  /** Error function. */
  @inline
  static erf(x: v128): v128 {
    const one = f32x4.splat(ONE);
    const size = f32x4.abs(x);
    const square = f32x4.mul(x, x);
    let near = f32x4.splat(7.853861353153693e-5);
    near = Lanes.mulAdd(near, square, -8.010193625184903e-4);
    near = Lanes.mulAdd(near, square, 5.188327685732524e-3);
    near = Lanes.mulAdd(near, square, -2.685381193529856e-2);
    near = Lanes.mulAdd(near, square, 1.128358514861418e-1);
    near = Lanes.mulAdd(near, square, -3.7612625824233e-1);
    near = Lanes.mulAdd(near, square, 1.12837916572671);
    near = f32x4.mul(near, x);
    const isNear = f32x4.lt(size, one);
    if (i32x4.all_true(isNear)) return near;
    const inverse = f32x4.div(one, f32x4.max(size, one));
    const q = f32x4.mul(inverse, inverse);
    let middle = f32x4.splat(2.326819970068386e-2);
    middle = Lanes.mulAdd(middle, q, -1.387039388740657e-1);
    middle = Lanes.mulAdd(middle, q, 3.687424674597105e-1);
    middle = Lanes.mulAdd(middle, q, -5.824733027278666e-1);
    middle = Lanes.mulAdd(middle, q, 6.210004621745983e-1);
    middle = Lanes.mulAdd(middle, q, -4.944515323274145e-1);
    middle = Lanes.mulAdd(middle, q, 3.40487993766587e-1);
    middle = Lanes.mulAdd(middle, q, -2.741127028184656e-1);
    middle = Lanes.mulAdd(middle, q, 5.638259427386472e-1);
    let far = f32x4.splat(-1.04776639993625e1);
    far = Lanes.mulAdd(far, q, 1.29771995537252e1);
    far = Lanes.mulAdd(far, q, -7.495518717768503);
    far = Lanes.mulAdd(far, q, 2.921019019210786);
    far = Lanes.mulAdd(far, q, -1.0152652792027);
    far = Lanes.mulAdd(far, q, 4.218463358204948e-1);
    far = Lanes.mulAdd(far, q, -2.820767439740514e-1);
    far = Lanes.mulAdd(far, q, 5.641895067754075e-1);
    const tail = v128.bitselect(middle, far, f32x4.lt(size, f32x4.splat(2)));
    const complement = f32x4.mul(f32x4.mul(Lanes.exp(f32x4.neg(square)), inverse), tail);
    const outer = v128.or(f32x4.sub(one, complement), v128.and(x, f32x4.splat(-0.0)));
    return v128.bitselect(near, outer, isNear);
  }

  /** x Φ(x) with the normal distribution function Φ. */
  @inline
  static gelu(x: v128): v128 {
    const half = f32x4.mul(x, f32x4.splat(0.5));
    const scaled = f32x4.mul(x, f32x4.splat(0.7071067811865476));
    return f32x4.mul(half, f32x4.add(Lanes.erf(scaled), f32x4.splat(1)));
  }

  /** log Γ(x) for x > 0 (infinity at 0, NaN below): Stirling's series after a shift by four. */
  @inline
  static lgamma(x: v128): v128 {
    const one = f32x4.splat(ONE);
    const isSmall = f32x4.lt(x, f32x4.splat(8)); // the product of larger ones may overflow
    let product = f32x4.mul(x, f32x4.add(x, one));
    product = f32x4.mul(product, f32x4.add(x, f32x4.splat(2)));
    product = f32x4.mul(product, f32x4.add(x, f32x4.splat(3)));
    const shifted = f32x4.add(x, v128.and(isSmall, f32x4.splat(4)));
    const inverse = f32x4.div(one, shifted);
    const square = f32x4.mul(inverse, inverse);
    let series = f32x4.splat(-5.952380952e-4);
    series = Lanes.mulAdd(series, square, 7.9365079365e-4);
    series = Lanes.mulAdd(series, square, -2.7777777778e-3);
    series = Lanes.mulAdd(series, square, 8.3333333333e-2);
    series = f32x4.mul(series, inverse);
    const logShifted = Lanes.logNormal(shifted);
    // (y - 1/2) log y - y written so that the two large terms are subtracted once.
    const main = f32x4.sub(f32x4.mul(f32x4.sub(shifted, f32x4.splat(0.5)), logShifted), shifted);
    let y = f32x4.add(f32x4.add(main, f32x4.splat(0.9189385332046727)), series);
    y = f32x4.sub(y, v128.and(isSmall, Lanes.log(product)));
    y = v128.bitselect(x, y, f32x4.eq(x, f32x4.splat(Infinity)));
    y = v128.bitselect(f32x4.splat(Infinity), y, f32x4.eq(x, f32x4.splat(0)));
    return v128.bitselect(y, f32x4.splat(NaN), f32x4.ge(x, f32x4.splat(0)));
  }

  /** The digamma function for x > 0 (-infinity at 0, NaN below). */
  @inline
  static digamma(x: v128): v128 {
    const one = f32x4.splat(ONE);
    const isSmall = f32x4.lt(x, f32x4.splat(8));
    // 1/x + 1/(x+3) and 1/(x+1) + 1/(x+2), the first part of 1/x apart: it dominates near 0.
    const three = f32x4.add(x, f32x4.splat(3));
    const outer = f32x4.div(one, three);
    const pair = f32x4.mul(f32x4.add(x, one), f32x4.add(x, f32x4.splat(2)));
    const inner = f32x4.div(f32x4.add(f32x4.add(x, x), f32x4.splat(3)), pair);
    const sums = f32x4.add(f32x4.div(one, x), f32x4.add(outer, inner));
    const shifted = f32x4.add(x, v128.and(isSmall, f32x4.splat(4)));
    const inverse = f32x4.div(one, shifted);
    const square = f32x4.mul(inverse, inverse);
    let series = f32x4.splat(-4.166666667e-3);
    series = Lanes.mulAdd(series, square, 3.968253968e-3);
    series = Lanes.mulAdd(series, square, -8.333333333e-3);
    series = Lanes.mulAdd(series, square, 8.333333333e-2);
    series = f32x4.mul(series, square);
    let y = f32x4.sub(Lanes.logNormal(shifted), f32x4.mul(inverse, f32x4.splat(0.5)));
    y = f32x4.sub(f32x4.sub(y, series), v128.and(isSmall, sums));
    y = v128.bitselect(x, y, f32x4.eq(x, f32x4.splat(Infinity)));
    return v128.bitselect(y, f32x4.splat(NaN), f32x4.ge(x, f32x4.splat(0)));
  }
}
