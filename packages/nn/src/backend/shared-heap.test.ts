import { expect, jest, test } from '@jest/globals';
import type { Reporter } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { selectBackend } from './select-backend.js';
import { withSharedMemory } from './shared-heap.js';

interface Api {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { exports: { memory: { buffer: object } } };
  readonly validate: (bytes: Uint8Array) => boolean;
}

const { Module, Instance, validate } = (globalThis as unknown as { WebAssembly: Api }).WebAssembly;

const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const EXPORT = [7, 10, 1, 6, ...Buffer.from('memory'), 2, 0];
// A custom section of 130 bytes, whose length takes two.
const CUSTOM = [0, 0x82, 1, 1, 0x78, ...new Array<number>(128).fill(5)];

test('a module with its own memory gets a shared one', () => {
  const binary = Uint8Array.from([...HEADER, ...CUSTOM, 5, 4, 1, 1, 1, 2, ...EXPORT]);
  expect(validate(binary)).toBe(true);
  const kindOf = (bytes: Uint8Array): string => {
    const { buffer } = new Instance(new Module(bytes)).exports.memory;
    return Object.prototype.toString.call(buffer);
  };
  expect(kindOf(binary)).toBe('[object ArrayBuffer]');
  expect(kindOf(withSharedMemory(binary))).toBe('[object SharedArrayBuffer]');
});

test.each([
  ['no memory', [...HEADER, ...CUSTOM]],
  ['a memory without a maximum', [...HEADER, 5, 3, 1, 0, 1, ...EXPORT]],
])('a module with %s is refused', (_, binary) => {
  expect(() => withSharedMemory(Uint8Array.from(binary))).toThrow('no memory of its own');
});

test('threads come too late once the backend was started for one', async () => {
  const message = jest.fn<Reporter['message']>();
  const reporter: Reporter = { progress: () => undefined, message };
  expect((await selectBackend('wasm', { threads: 1, reporter })).threads).toBe(1);
  expect(message).not.toHaveBeenCalled();
  for (let repeat = 0; repeat < 2; repeat++) {
    expect((await selectBackend('wasm', { threads: 2, reporter })).threads).toBe(1);
    expect(message).toHaveBeenCalledTimes(1);
  }
  expect(message).toHaveBeenCalledWith('warning', expect.stringMatching(/^2 threads .* one is/));
  expect([...tf.tidy(() => tf.matMul([[2]], [[3]]).dataSync())]).toEqual([6]);
});
