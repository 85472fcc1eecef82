import { describe, expect, test } from '@jest/globals';
import { ParamError, Rng } from '@dance-ts/core';
import { kernelsOnSharedHeap } from './testing/shared-heap.js';
import { loadVariant, VARIANTS } from './testing/variants.js';
import { instantiateOnMemory } from './wasm/on-memory.js';
import { createMemory } from './web-assembly.js';

/** The definition: one draw of the generator an element. */
function expectedMask(count: number, rate: number, rng: Rng): Float32Array {
  const threshold = Math.round(rate * 4294967296);
  const scale = 1 / (1 - rate);
  return Float32Array.from({ length: count }, () => (rng.uint32() < threshold ? 0 : scale));
}

/** State of an Rng as a kernel sees it. */
function wordsOf(rng: Rng): Uint32Array {
  return Uint32Array.from(rng.state().words);
}

function bytes(array: Float32Array): Buffer {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength);
}

// Around the 4 elements of a vector, the blocks of a kernel (4096) and those of a heap (16384).
const COUNTS = [0, 1, 3, 4, 5, 1001, 4095, 4096, 4097, 16_383, 16_384, 16_385, 3 * 16_384 + 4099];
const RATES = [0, 2 ** -33, 1e-9, 0.1, 0.3, 0.5, 0.9, 1 - 2 ** -33, 1];

describe.each([...VARIANTS, 'foreign heap'] as const)('dropoutMask, %s', (variant) => {
  const load = async (): ReturnType<typeof loadVariant> =>
    variant === 'foreign heap' ? kernelsOnSharedHeap(1) : loadVariant(variant);

  test.each(COUNTS)('%i elements: the bytes and the state of as many draws', async (count) => {
    const kernels = await load();
    const rng = Rng.fromSeed(count);
    const state = wordsOf(rng);
    const out = new Float32Array(count).fill(NaN);
    kernels.dropoutMask({ state, rate: 0.3, out });
    expect(bytes(out).equals(bytes(expectedMask(count, 0.3, rng)))).toBe(true);
    expect(state).toEqual(wordsOf(rng));
  });

  test.each(RATES)('rate %p', async (rate) => {
    const kernels = await load();
    const rng = Rng.fromSeed(7);
    const state = wordsOf(rng);
    const out = new Float32Array(9001);
    kernels.dropoutMask({ state, rate, out });
    expect(bytes(out).equals(bytes(expectedMask(9001, rate, rng)))).toBe(true);
    expect(state).toEqual(wordsOf(rng));
  });

  test('call after call goes on with the stream, and writes to its array only', async () => {
    const kernels = await load();
    const state = wordsOf(Rng.fromSeed(3));
    const all = new Float32Array(10_000).fill(7);
    kernels.dropoutMask({ state, rate: 0.6, out: all.subarray(1, 17) });
    kernels.dropoutMask({ state, rate: 0.6, out: all.subarray(17, 9999) });
    const expected = [7, ...expectedMask(9998, 0.6, Rng.fromSeed(3)), 7];
    expect([...all]).toEqual(expected);
  });

  test.each([-0.1, 1.1, NaN])('rate %p is refused', async (rate) => {
    const kernels = await load();
    const [state, out] = [new Uint32Array(4), new Float32Array(1)];
    expect(() => {
      kernels.dropoutMask({ state, rate, out });
    }).toThrow(ParamError);
  });

  test('a generator of less than four words is refused', async () => {
    const kernels = await load();
    expect(() => {
      kernels.dropoutMask({ state: new Uint32Array(3), rate: 0.5, out: new Float32Array(1) });
    }).toThrow('Kernel array state is too short');
  });
});

test('a view is filled to its end even if the memory grows meanwhile', async () => {
  const memory = createMemory('wasm-baseline');
  memory.grow(4);
  const allocator = {
    // What is asked for lies in new pages, so that each call detaches all views.
    malloc: (size: number) => 65536 * memory.grow(Math.ceil(size / 65536)),
    free: () => undefined,
  };
  const kernels = await instantiateOnMemory(memory, allocator);
  const count = 40_000;
  const rng = Rng.fromSeed(5);
  const state = wordsOf(rng);
  kernels.dropoutMask({ state, rate: 0.3, out: new Float32Array(memory.buffer, 64, count) });
  const out = new Float32Array(memory.buffer, 64, count);
  expect(bytes(out).equals(bytes(expectedMask(count, 0.3, rng)))).toBe(true);
  expect(state).toEqual(wordsOf(rng));
});
