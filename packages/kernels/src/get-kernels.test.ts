import { expect, test } from '@jest/globals';
import { BackendError } from '@dance-ts/core';
import { getKernels } from './get-kernels.js';
import { instantiateOnMemory } from './wasm/on-memory.js';
import { plainKernels } from './plain/plain-kernels.js';
import { VARIANTS } from './testing/variants.js';
import { ScratchMemory } from './wasm/scratch-memory.js';
import { createMemory, isVariantSupported } from './web-assembly.js';

/** Runs with `WebAssembly` replaced. */
async function withWebAssembly(value: unknown, run: () => Promise<void>): Promise<void> {
  const original = Object.getOwnPropertyDescriptor(globalThis, 'WebAssembly');
  if (original === undefined) throw new Error('These tests need WebAssembly.');
  Object.defineProperty(globalThis, 'WebAssembly', { ...original, value });
  try {
    await run();
  } finally {
    Object.defineProperty(globalThis, 'WebAssembly', original);
  }
}

test('the default is the baseline binary, one object for all', async () => {
  const kernels = await getKernels();
  expect(kernels.id).toBe('wasm-baseline');
  expect(await getKernels({ variant: 'auto' })).toBe(kernels);
  expect(await getKernels({ variant: 'wasm-baseline' })).toBe(kernels);
});

test.each(VARIANTS)('%s can be asked for by name', async (variant) => {
  expect((await getKernels({ variant })).id).toBe(variant);
});

test('without WebAssembly the default is plain', async () => {
  await withWebAssembly(undefined, async () => {
    expect(await getKernels()).toBe(plainKernels);
    expect(isVariantSupported('wasm-baseline')).toBe(false);
  });
});

test('an engine that refuses the binary gets an error that says so', async () => {
  await withWebAssembly({ validate: () => false }, async () => {
    expect(await getKernels()).toBe(plainKernels);
    const memory = { buffer: new ArrayBuffer(0), grow: () => 0 };
    const allocator = { malloc: () => 0, free: () => undefined };
    const attempt = instantiateOnMemory(memory, allocator, { variant: 'wasm-relaxed' });
    await expect(attempt).rejects.toThrow(BackendError);
  });
});

test('a call that needs more than WebAssembly memory can hold is refused by name', () => {
  const scratch = new ScratchMemory(createMemory('wasm-baseline'));
  expect(() => scratch.layout(2 ** 32)).toThrow(BackendError);
  expect(scratch.layout(10, 100, 1)).toEqual([64, 128, 256]);
});
