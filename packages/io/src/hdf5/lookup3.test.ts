import { describe, expect, test } from '@jest/globals';
import { lookup3 } from './lookup3.js';

describe('lookup3', () => {
  // Values that Jenkins' own driver5() prints for hashlittle with initial value 0.
  test.each([
    ['', 0xdeadbeef],
    ['Four score and seven years ago', 0x17770551],
  ])('hashes %j as the original does', (text, hash) => {
    expect(lookup3(new TextEncoder().encode(text))).toBe(hash);
  });

  test('hashes the superblock of an HDF5 file as the library did', () => {
    // The first 48 bytes of a file with superblock version 2, whose last four are the checksum.
    const superblock = Uint8Array.from(
      '894844460d0a1a0a020808000000000000000000ffffffffffffffff08540000000000003000000000000000'.match(
        /../g,
      ) ?? [],
      (byte) => parseInt(byte, 16),
    );
    expect(lookup3(superblock)).toBe(0x9f16c9c6);
  });
});
