import { expect, test } from '@jest/globals';
import { memoryOf, type WasmBackend } from './wasm-heap.js';

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
