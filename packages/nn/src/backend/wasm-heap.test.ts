import { expect, test } from '@jest/globals';
import { BackendError } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { selectBackend } from './select-backend.js';
import { memoryOf, refuseFullHeap, type WasmBackend } from './wasm-heap.js';

const memory = { buffer: new ArrayBuffer(0), grow: () => 0 };
const backendWith = (wasm: object): WasmBackend => ({ wasm }) as unknown as WasmBackend;

test.each([
  ['the build for one thread', { asm: { memory } }],
  ['the build for threads', { asm: {}, wasmMemory: memory }],
])('the memory of %s is found', (_, wasm) => {
  expect(memoryOf(backendWith(wasm))).toBe(memory);
});

test('a backend of another version is refused', () => {
  expect(() => memoryOf(backendWith({ asm: {} }))).toThrow('4.22.0');
});

test('a full heap is an error before anything is written, address 0 of nothing is none', () => {
  const heap = backendWith({
    _malloc: (bytes: number) => (bytes === 1 ? 16 : 0),
    _free: () => undefined,
  });
  refuseFullHeap(heap);
  expect(() => heap.wasm._malloc(4e6)).toThrow(BackendError);
  expect(() => heap.wasm._malloc(4e6)).toThrow('4000000 more bytes');
  expect(heap.wasm._malloc(0)).toBe(0);
});

test.each([
  ['is left', 20_000],
  ['has addresses', 70_000],
])(
  'an operation of TensorFlow.js that asks for more than %s fails, the rest stays',
  async (_, n) => {
    await selectBackend('wasm');
    const { wasm } = tf.backend() as unknown as WasmBackend;
    const taken = wasm._malloc(3e9); // Never written to, so it takes no memory of the machine.
    const numbers = tf.range(0, n);
    const [row, column] = [numbers.reshape([1, n]), numbers.reshape([n, 1])];
    expect(() => tf.mul(row, column)).toThrow(`heap is full: got ${4 * n * n} more bytes`);
    expect([...numbers.dataSync()]).toEqual(Array.from({ length: n }, (_, i) => i));
    tf.dispose([numbers, row, column]);
    wasm._free(taken);
  },
);
