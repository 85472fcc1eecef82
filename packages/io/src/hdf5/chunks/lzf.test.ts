import { describe, expect, test } from '@jest/globals';
import { decompressLzf } from './lzf.js';

function unpack(input: readonly number[], size: number): string {
  const output = new Uint8Array(size);
  decompressLzf(Uint8Array.from(input), output);
  return new TextDecoder().decode(output);
}

const codes = (text: string): number[] => [...new TextEncoder().encode(text)];

describe('decompressLzf', () => {
  test('literal bytes, copies, overlapping copies and long copies', () => {
    expect(unpack([4, ...codes('hello')], 5)).toBe('hello');
    // 3 bytes from 3 back, twice: the length in the upper bits counts from 2.
    expect(unpack([2, ...codes('abc'), 0x20, 2, 0x20, 2], 9)).toBe('abcabcabc');
    expect(unpack([0, ...codes('x'), 0x80, 0], 7)).toBe('xxxxxxx');
    // 7 in the upper bits: a further byte of length, 7 + 255 + 2 = 264 bytes.
    expect(unpack([1, ...codes('ab'), 0xe0, 255, 1], 266)).toBe('ab'.repeat(133));
    const far = Array.from({ length: 300 }, (_, i) => 97 + (i % 26));
    const runs = Array.from({ length: 10 }, (_, i) => [29, ...far.slice(30 * i, 30 * i + 30)]);
    // 300 back: 299 is 1 in the lower five bits and 43 in the next byte.
    expect(unpack([...runs.flat(), 0x21, 43], 303).slice(300)).toBe('abc');
  });

  test.each([
    ['no bytes at all', [], 1, /stand for 0 bytes instead of 1/],
    ['literals that are cut off', [4, ...codes('hel')], 5, /end too early/],
    ['a copy without its distance', [0, 97, 0x20], 4, /end too early/],
    ['a long copy without its length', [0, 97, 0xe0], 20, /end too early/],
    ['a long copy without its distance', [0, 97, 0xe0, 3], 20, /end too early/],
    ['a copy from before the start', [0, 97, 0x20, 1], 4, /before their start/],
    ['a copy at the very start', [0x20, 0], 3, /before their start/],
    ['too many literals', [4, ...codes('hello')], 4, /stand for more than 4 bytes/],
    ['a copy over the end', [0, 97, 0x80, 0], 6, /stand for more than 6 bytes/],
    ['too little', [0, 97, 0x20, 0], 6, /stand for 4 bytes instead of 6/],
  ])('refuses %s', (_what, input, size, message) => {
    expect(() => unpack(input, size)).toThrow(message);
  });
});
