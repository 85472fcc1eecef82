import { describe, expect, test } from '@jest/globals';
import { MemorySource, MemoryStorage, readBytes } from './byte-storage.js';

describe('MemoryStorage', () => {
  test('grows when it is written to beyond its end, filling the gap with zeros', () => {
    const storage = new MemoryStorage('m', Uint8Array.of(1, 2));
    storage.write(Uint8Array.of(9), 4);
    expect([...storage.toBytes()]).toEqual([1, 2, 0, 0, 9]);
  });

  test('shows zeros where it was cut off and extended again', () => {
    const storage = new MemoryStorage('m', Uint8Array.of(1, 2, 3));
    storage.truncate(1);
    storage.truncate(3);
    expect([...storage.toBytes()]).toEqual([1, 0, 0]);
  });

  test('does not change the array it started with', () => {
    const initial = Uint8Array.of(1, 2);
    new MemoryStorage('m', initial).write(Uint8Array.of(7), 0);
    expect([...initial]).toEqual([1, 2]);
  });
});

describe('readBytes', () => {
  test('gives fewer bytes at the end and none behind it', () => {
    const source = new MemorySource('m', Uint8Array.of(1, 2, 3));
    expect([...readBytes(source, 1, 10)]).toEqual([2, 3]);
    expect(readBytes(source, 5, 10)).toHaveLength(0);
  });
});
