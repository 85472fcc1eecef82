import { element, FLOAT } from './simd';

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
  const limit = <i64>threshold;
  const kept = reinterpret<u32>(scale);
  let a = load<u32>(state);
  let b = load<u32>(state, 4);
  let c = load<u32>(state, 8);
  let d = load<u32>(state, 12);
  const end = element(out, count);
  for (; out < end; out += FLOAT) {
    const draw = rotl<u32>(b * 5, 7) * 9;
    // The sign as a mask, because an engine may make a branch of a select: one that is guessed
    // wrong as often as an element is dropped.
    store<u32>(out, kept & ~(<u32>((<i64>draw - limit) >> 63)));
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = rotl<u32>(d, 11);
  }
  store<u32>(state, a);
  store<u32>(state, b, 4);
  store<u32>(state, c, 8);
  store<u32>(state, d, 12);
}
