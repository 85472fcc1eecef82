import { describe, expect, test } from '@jest/globals';
import { ParamError, Rng } from '@dance-ts/core';
import { plainKernels } from './plain/plain-kernels.js';
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

/** Box and Muller's values of the same draws, in double precision. */
function expectedNoise(count: number, deviation: number, rng: Rng): Float64Array {
  const out = new Float64Array(count + (count % 2));
  for (let i = 0; i < out.length; i += 2) {
    const radius = deviation * Math.sqrt(-2 * Math.log(((rng.uint32() >>> 8) + 1) / 2 ** 24));
    const draw = rng.uint32();
    const angle = (((draw << 2) >> 8) * Math.PI) / 2 ** 25;
    const sign = draw >= 2 ** 31 ? -1 : 1;
    const point = [sign * radius * Math.cos(angle), sign * radius * Math.sin(angle)];
    if (draw & 0x40000000) point.reverse();
    out.set(point, i);
  }
  return out.subarray(0, count);
}

/** Standard normal distribution function, to 1e-7 (Abramowitz and Stegun, 7.1.26). */
function normalCdf(x: number): number {
  const t = 1 / (1 + (0.3275911 * Math.abs(x)) / Math.SQRT2);
  const polynomial =
    t *
    (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const upper = (polynomial * Math.exp((-x * x) / 2)) / 2;
  return x > 0 ? 1 - upper : upper;
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

describe.each([...VARIANTS, 'foreign heap'] as const)('normalNoise, %s', (variant) => {
  const load = async (): ReturnType<typeof loadVariant> =>
    variant === 'foreign heap' ? kernelsOnSharedHeap(1) : loadVariant(variant);

  test.each(COUNTS)('%i elements: the values and the state of their draws', async (count) => {
    const kernels = await load();
    const rng = Rng.fromSeed(count);
    const state = wordsOf(rng);
    const out = new Float32Array(count).fill(NaN);
    kernels.normalNoise({ state, deviation: 2.5, out });
    const expected = expectedNoise(count, 2.5, rng);
    const farthest = out.reduce((far, x, i) => Math.max(far, Math.abs(x - expected[i]!)), 0);
    expect(farthest).toBeLessThan(3e-6);
    expect(out.every((x) => !Number.isNaN(x))).toBe(true);
    expect(state).toEqual(wordsOf(rng));
  });

  test('the same bytes as every other implementation', async () => {
    const draw = (kernels: Awaited<ReturnType<typeof load>>): Float32Array => {
      const out = new Float32Array(100_003);
      kernels.normalNoise({ state: wordsOf(Rng.fromSeed(2)), deviation: 0.7, out });
      return out;
    };
    expect(bytes(draw(await load())).equals(bytes(draw(await loadVariant('plain'))))).toBe(true);
  });

  test('the largest, the smallest and the least likely draws', async () => {
    const kernels = await load();
    const words = [0, 1, 2 ** 31, 2 ** 32 - 1];
    for (const b of words) {
      for (const a of words) {
        const state = Uint32Array.of(a, b, 1, 5);
        const rng = Rng.fromState({ seed: '', words: [a | 0, b | 0, 1, 5] });
        const out = new Float32Array(2);
        kernels.normalNoise({ state, deviation: 1, out });
        const expected = expectedNoise(2, 1, rng);
        expect(Math.abs(out[0]! - expected[0]!)).toBeLessThan(2e-6);
        expect(Math.abs(out[1]! - expected[1]!)).toBeLessThan(2e-6);
      }
    }
  });

  test('call after call goes on with the stream, and writes to its array only', async () => {
    const kernels = await load();
    const [state, whole] = [wordsOf(Rng.fromSeed(3)), new Float32Array(9998)];
    kernels.normalNoise({ state: state.slice(), deviation: 1, out: whole });
    const all = new Float32Array(10_000).fill(7);
    kernels.normalNoise({ state, deviation: 1, out: all.subarray(1, 19) });
    kernels.normalNoise({ state, deviation: 1, out: all.subarray(19, 9999) });
    expect([...all]).toEqual([7, ...whole, 7]);
  });

  test('no deviation: zeros', async () => {
    const out = new Float32Array(11).fill(1);
    (await load()).normalNoise({ state: wordsOf(Rng.fromSeed(1)), deviation: 0, out });
    expect(out.every((x) => x === 0)).toBe(true);
  });

  test.each([-1, Infinity, NaN])('deviation %p is refused', async (deviation) => {
    const kernels = await load();
    expect(() => {
      kernels.normalNoise({ state: new Uint32Array(4), deviation, out: new Float32Array(1) });
    }).toThrow('Kernel argument deviation is not a standard deviation');
  });
});

describe('normalNoise', () => {
  const draw = (count: number): Float32Array => {
    const out = new Float32Array(count);
    plainKernels.normalNoise({ state: wordsOf(Rng.fromSeed(1)), deviation: 1, out });
    return out;
  };

  test('is normal (Kolmogorov-Smirnov)', () => {
    const n = 100_000;
    const sorted = draw(n).sort();
    const distance = sorted.reduce(
      (largest, value, i) => Math.max(largest, Math.abs(normalCdf(value) - (i + 0.5) / n)),
      0,
    );
    expect(distance).toBeLessThan(1.63 / Math.sqrt(n)); // 1 % of samples are farther
  });

  test('has independent neighbors, in value and in square', () => {
    const values = draw(100_000);
    for (const signal of [values, values.map((x) => (x * x - 1) / Math.SQRT2)]) {
      for (const lag of [1, 2]) {
        const products = signal.subarray(lag).map((value, i) => value * signal[i]!);
        const mean = products.reduce((sum, value) => sum + value, 0) / products.length;
        expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(products.length));
      }
    }
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
