import { element, FLOAT } from './simd';

/** Draws of a lane in a block of four lanes. */
const LANE_DRAWS: i32 = 1024;
/** Draws of a block: what is done with them finds them in the processor's cache. */
export const BLOCK_DRAWS: i32 = 4 * LANE_DRAWS;

/**
 * The next `count` numbers of xoshiro128**, each 32 random bits. `state` are the generator's four
 * words, which go on by `count` draws.
 */
export function drawWords(count: i32, state: usize, out: usize): void {
  const end = element(out, count);
  const block = element(0, BLOCK_DRAWS);
  for (; end - out >= block; out += block) drawBlock(state, out);
  drawRest(state, out, end);
}

/** One draw after the other. */
function drawRest(state: usize, out: usize, end: usize): void {
  let a = load<u32>(state);
  let b = load<u32>(state, 4);
  let c = load<u32>(state, 8);
  let d = load<u32>(state, 12);
  for (; out < end; out += FLOAT) {
    store<u32>(out, rotl<u32>(b * 5, 7) * 9);
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

/**
 * Four lanes, each a quarter of the block: lane j starts {@link LANE_DRAWS} j draws further on in
 * the same sequence, so that the numbers are those of one draw after the other.
 */
function drawBlock(state: usize, out: usize): void {
  let a = v128.load32_splat(state);
  let b = v128.load32_splat(state, 4);
  let c = v128.load32_splat(state, 8);
  let d = v128.load32_splat(state, 12);
  let jumpedA = i32x4.splat(0);
  let jumpedB = i32x4.splat(0);
  let jumpedC = i32x4.splat(0);
  let jumpedD = i32x4.splat(0);
  for (let power = 0; power < 128; power++) {
    const chosen = i32x4.shr_s(i32x4.shl(jumpWord(power >> 5), 31 - (power & 31)), 31);
    jumpedA = v128.xor(jumpedA, v128.and(a, chosen));
    jumpedB = v128.xor(jumpedB, v128.and(b, chosen));
    jumpedC = v128.xor(jumpedC, v128.and(c, chosen));
    jumpedD = v128.xor(jumpedD, v128.and(d, chosen));
    const t = i32x4.shl(b, 9);
    c = v128.xor(c, a);
    d = v128.xor(d, b);
    b = v128.xor(b, c);
    a = v128.xor(a, d);
    c = v128.xor(c, t);
    d = rotate(d, 11);
  }
  a = jumpedA;
  b = jumpedB;
  c = jumpedC;
  d = jumpedD;
  const end = element(out, LANE_DRAWS);
  for (; out < end; out += FLOAT) {
    const scaled = rotate(i32x4.add(b, i32x4.shl(b, 2)), 7);
    const draw = i32x4.add(scaled, i32x4.shl(scaled, 3));
    v128.store_lane<i32>(out, draw, 0);
    v128.store_lane<i32>(out, draw, 1, LANE_DRAWS * 4);
    v128.store_lane<i32>(out, draw, 2, LANE_DRAWS * 8);
    v128.store_lane<i32>(out, draw, 3, LANE_DRAWS * 12);
    const t = i32x4.shl(b, 9);
    c = v128.xor(c, a);
    d = v128.xor(d, b);
    b = v128.xor(b, c);
    a = v128.xor(a, d);
    c = v128.xor(c, t);
    d = rotate(d, 11);
  }
  v128.store_lane<i32>(state, a, 3);
  v128.store_lane<i32>(state, b, 3, 4);
  v128.store_lane<i32>(state, c, 3, 8);
  v128.store_lane<i32>(state, d, 3, 12);
}

function rotate(x: v128, by: i32): v128 {
  return v128.or(i32x4.shl(x, by), i32x4.shr_u(x, 32 - by));
}

/**
 * 32 coefficients of the polynomials x^(1024 j), one in each lane, modulo the characteristic
 * polynomial of the generator over GF(2): the sum of the states at the powers they name is the
 * state 1024 j draws further on (Haramoto et al., 2008).
 */
function jumpWord(index: i32): v128 {
  if (index == 0) return i32x4(1, 0x845a09b1, 0x0a1f06b6, 0xc756cef5);
  if (index == 1) return i32x4(0, 0x94b54ba1, 0xece7bc8e, 0x79da2f1d);
  if (index == 2) return i32x4(0, 0x503a9ae6, 0x9ab5cf0e, 0x8730cb12);
  return i32x4(0, 0x5f7aa4ff, 0x780f1aed, 0x4bbef276);
}
