import { expect, test } from '@jest/globals';
import { BackendError } from '@dance-ts/core';
import { WASM_HOST } from './host.js';

test('a tensor that finds no room on the heap is refused before anything is written', () => {
  const dataId = {};
  const full = {
    dataIdMap: { get: () => ({ memoryOffset: 0 }) },
    makeOutput: (shape: number[], dtype: string) => ({ dataId, shape, dtype }),
  };
  const make = (shape: number[]): unknown => WASM_HOST.make(full, shape, 'float32');
  expect(() => make([1000, 1000])).toThrow(BackendError);
  expect(() => make([1000, 1000])).toThrow('4000000 more bytes');
  expect(make([0, 5])).toEqual({ dataId, shape: [0, 5], dtype: 'float32' });
});
