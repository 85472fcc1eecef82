import { checkDropoutMask, dropoutConstants } from '../checks/dropout.js';
import type { DropoutMaskArgs } from '../contract/dropout.js';

const { imul } = Math;
const LARGEST = 0xffffffff;

/** A dropout mask; the generator's words are kept in local variables in between. */
export function plainDropoutMask(args: DropoutMaskArgs): void {
  checkDropoutMask(args);
  const { state, rate, out } = args;
  const [threshold, scale] = dropoutConstants(rate);
  // 32 bits do not hold 2^32, the threshold of rate 1; there a kept element is 0, too.
  const limit = Math.min(threshold, LARGEST) | 0;
  const kept = bitsOf(threshold > LARGEST ? 0 : scale);
  const bits = new Int32Array(out.buffer, out.byteOffset, out.length);
  let [a = 0, b = 0, c = 0, d = 0] = Int32Array.from(state.subarray(0, 4));
  for (let i = 0; i < bits.length; i++) {
    const scaled = imul(b, 5);
    const draw = imul((scaled << 7) | (scaled >>> 25), 9);
    // Whether draw < limit without signs: the borrow of their difference, as a mask. A processor
    // would guess a branch wrong as often as an element is dropped.
    const dropped = ((~draw & limit) | ((~draw | limit) & (draw - limit))) >> 31;
    bits[i] = kept & ~dropped;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = (d << 11) | (d >>> 21);
  }
  state.set([a, b, c, d]);
}

function bitsOf(value: number): number {
  return new Int32Array(Float32Array.of(value).buffer)[0]!;
}
