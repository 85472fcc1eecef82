import { BLOCK_DRAWS, drawWords } from './random';
import { element, FLOAT, VECTOR } from './simd';

/**
 * Dropout mask: an element is 0 where the next draw of xoshiro128** is below `threshold` (0 to
 * 2^32), else `scale`. `state` are the generator's four words, which go on by `count` draws.
 */
export function dropoutMask(
  count: i32,
  state: usize,
  threshold: f64,
  scale: f32,
  out: usize,
): void {
  // 32 bits do not hold 2^32, the threshold of rate 1; there a kept element is 0, too.
  const drops = threshold > <f64>u32.MAX_VALUE;
  const limit = drops ? u32.MAX_VALUE : <u32>threshold;
  const kept: u32 = drops ? 0 : reinterpret<u32>(scale);
  for (let left = count; left > 0; left -= BLOCK_DRAWS) {
    const n = min(left, BLOCK_DRAWS);
    drawWords(n, state, out);
    maskDraws(n, limit, kept, out);
    out = element(out, n);
  }
}

/** Draws become elements of the mask, in place. */
function maskDraws(count: i32, limit: u32, kept: u32, out: usize): void {
  const limits = i32x4.splat(limit);
  const scales = i32x4.splat(kept);
  const end = element(out, count);
  const vectorEnd = element(out, count & ~3);
  for (; out < vectorEnd; out += VECTOR) {
    v128.store(out, v128.andnot(scales, i32x4.lt_u(v128.load(out), limits)));
  }
  for (; out < end; out += FLOAT) {
    const below = i32x4.lt_u(v128.load32_zero(out), limits);
    v128.store_lane<i32>(out, v128.andnot(scales, below), 0);
  }
}
