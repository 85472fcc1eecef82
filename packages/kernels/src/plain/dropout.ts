import { checkDropoutMask, dropoutConstants } from '../checks/random.js';
import type { DropoutMaskArgs } from '../contract/random.js';
import { drawWords } from './random-words.js';

const LARGEST = 0xffffffff;

/** A dropout mask. */
export function plainDropoutMask(args: DropoutMaskArgs): void {
  checkDropoutMask(args);
  const { state, rate, out } = args;
  const [threshold, scale] = dropoutConstants(rate);
  // 32 bits do not hold 2^32, the threshold of rate 1; there a kept element is 0, too.
  const limit = Math.min(threshold, LARGEST) | 0;
  const kept = bitsOf(threshold > LARGEST ? 0 : scale);
  const bits = new Int32Array(out.buffer, out.byteOffset, out.length);
  drawWords(state, bits);
  for (let i = 0; i < bits.length; i++) {
    const draw = bits[i]!;
    // Whether draw < limit without signs: the borrow of their difference, as a mask. A processor
    // would guess a branch wrong as often as an element is dropped.
    const dropped = ((~draw & limit) | ((~draw | limit) & (draw - limit))) >> 31;
    bits[i] = kept & ~dropped;
  }
}

function bitsOf(value: number): number {
  return new Int32Array(Float32Array.of(value).buffer)[0]!;
}
