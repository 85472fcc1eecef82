import { Lanes } from './math';
import { BLOCK_DRAWS, drawWords } from './random';
import { element, FLOAT, VECTOR } from './simd';

/** Bytes of the two draws, or values, of a pair. */
const PAIR: usize = 2 * FLOAT;

/**
 * Normal noise of mean 0 (Box & Muller, 1958): the draws 2i and 2i + 1 of xoshiro128** become the
 * values 2i and 2i + 1; a last value without a partner takes two draws, too. `state` are the
 * generator's four words.
 */
export function normalNoise(count: i32, state: usize, deviation: f32, out: usize): void {
  const scale = f32x4.splat(deviation);
  for (let left = count & ~1; left > 0; left -= BLOCK_DRAWS) {
    const n = min(left, BLOCK_DRAWS);
    drawWords(n, state, out);
    transformPairs(n, scale, out);
    out = element(out, n);
  }
  if ((count & 1) == 0) return;
  drawWords(1, state, out);
  const radius = Polar.radius(v128.load32_zero(out), scale);
  drawWords(1, state, out);
  v128.store_lane<f32>(out, Polar.first(radius, v128.load32_zero(out)), 0);
}

/** Draws become values in place, four pairs at once. */
function transformPairs(count: i32, scale: v128, out: usize): void {
  const end = element(out, count);
  const vectorEnd = element(out, count & ~7);
  for (; out < vectorEnd; out += 2 * VECTOR) {
    const low = v128.load(out);
    const high = v128.load(out, VECTOR);
    const radius = Polar.radius(v128.shuffle<f32>(low, high, 0, 2, 4, 6), scale);
    const angle = v128.shuffle<f32>(low, high, 1, 3, 5, 7);
    const first = Polar.first(radius, angle);
    const second = Polar.second(radius, angle);
    v128.store(out, v128.shuffle<f32>(first, second, 0, 4, 1, 5));
    v128.store(out, v128.shuffle<f32>(first, second, 2, 6, 3, 7), VECTOR);
  }
  for (; out < end; out += PAIR) {
    const radius = Polar.radius(v128.load32_zero(out), scale);
    const angle = v128.load32_zero(out, FLOAT);
    v128.store_lane<f32>(out, Polar.first(radius, angle), 0);
    v128.store_lane<f32>(out, Polar.second(radius, angle), 0, FLOAT);
  }
}

/**
 * Points of a plane from draws. The angle is one in -pi/4 .. pi/4 from 24 bits; the two uppermost
 * bits reflect it into the other three quarters of the circle.
 */
class Polar {
  /** `scale sqrt(-2 log u)` for u in (0, 1] from 24 bits of a draw: at most 5.77 deviations. */
  @inline
  static radius(draw: v128, scale: v128): v128 {
    const whole = i32x4.add(i32x4.shr_u(draw, 8), i32x4.splat(1));
    const u = f32x4.mul(f32x4.convert_i32x4_s(whole), f32x4.splat(5.9604644775390625e-8)); // 2^-24
    return f32x4.mul(scale, f32x4.sqrt(f32x4.mul(f32x4.splat(-2), Lanes.logNormal(u))));
  }

  @inline
  static first(radius: v128, draw: v128): v128 {
    const x = Polar.angle(draw);
    const direction = v128.bitselect(Lanes.sinQuarter(x), Lanes.cosQuarter(x), Polar.swaps(draw));
    return f32x4.mul(Polar.signed(radius, draw), direction);
  }

  @inline
  static second(radius: v128, draw: v128): v128 {
    const x = Polar.angle(draw);
    const direction = v128.bitselect(Lanes.cosQuarter(x), Lanes.sinQuarter(x), Polar.swaps(draw));
    return f32x4.mul(Polar.signed(radius, draw), direction);
  }

  @inline
  static angle(draw: v128): v128 {
    const signed = i32x4.shr_s(i32x4.shl(draw, 2), 8);
    return f32x4.mul(f32x4.convert_i32x4_s(signed), f32x4.splat(9.362675707309822e-8)); // pi / 2^25
  }

  @inline
  static swaps(draw: v128): v128 {
    return i32x4.shr_s(i32x4.shl(draw, 1), 31);
  }

  @inline
  static signed(radius: v128, draw: v128): v128 {
    return v128.xor(radius, v128.and(draw, f32x4.splat(-0.0)));
  }
}
