import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ParamError } from '@dance-ts/core';
import { getKernels } from '../get-kernels.js';
import type { Kernels } from '../kernels.js';
import { uniform } from '../testing/variants.js';
import { compileFor, createMemory, instantiateVariant } from '../web-assembly.js';
import { ThreadPool } from './thread-pool.js';

const variant = 'wasm-baseline';

describe('getKernels', () => {
  test.each([2, 3])('gives the same bytes on %d threads as on one', async (threads) => {
    const call = (kernels: Kernels): Float32Array => {
      const [m, n, k] = [333, 41, 157];
      const out = new Float32Array(m * n);
      kernels.gemm({ m, n, k, a: uniform(m * k, 1), b: uniform(k * n, 2), out });
      return out;
    };
    const one = call(await getKernels({ variant, threads: 1 }));
    expect(call(await getKernels({ variant, threads }))).toEqual(one);
  });

  test.each([0, 1.5, NaN])('%d threads are refused', (threads) => {
    expect(() => getKernels({ variant, threads })).toThrow(ParamError);
  });

  test('a wrong number in the environment is refused by its name', () => {
    const { env } = process;
    process.env = { ...env, DANCE_THREADS: 'many' };
    expect(() => getKernels({ variant })).toThrow('variable DANCE_THREADS');
    process.env = env;
  });
});

describe('a pool', () => {
  let pool: ThreadPool;
  const memory = createMemory(variant, true);

  beforeAll(async () => {
    const exports = (await instantiateVariant(variant, memory)) as object;
    const module = await compileFor(memory, variant);
    pool = await ThreadPool.start({ module, memory, exports, workspaces: [64, 64, 64] });
  });
  afterAll(() => pool.close());

  test('runs every job once, however many there are and however often', () => {
    const counters = new Float32Array(memory.buffer, 1024, 1000);
    // scaleRows of one element by a factor next to it: 1 becomes 2, 2 becomes 4, ...
    const factor = 512;
    new Float32Array(memory.buffer, factor, 1)[0] = 2;
    counters.fill(1);
    const jobs = Array.from({ length: 1000 }, (_, i) => ({
      name: 'scaleRows',
      args: [1, 1, 1024 + 4 * i, factor, 1024 + 4 * i],
    }));
    for (let run = 1; run <= 5; run++) {
      pool.run(jobs);
      expect(counters.every((value) => value === 2 ** run)).toBe(true);
    }
    expect(pool.size).toBe(3);
    expect(pool.run([])).toEqual([]);
  });

  test('hands back what the jobs return', () => {
    // squaredError of one element: the square of the difference.
    const [zero, numbers, gradient] = [8192, 8196, 16384];
    new Float32Array(memory.buffer, zero, 1001).forEach((_, i, all) => (all[i] = i));
    const jobs = Array.from({ length: 1000 }, (_, i) => ({
      name: 'squaredError',
      args: [1, numbers + 4 * i, zero, 1, gradient + 4 * i],
    }));
    expect(pool.run(jobs)).toEqual(jobs.map((_, i) => (i + 1) ** 2));
  });

  test('tells that a job failed in a thread, and works on', () => {
    const out = 4 * 1024;
    // Far beyond the memory: a trap.
    const bad = { name: 'scaleRows', args: [1, 1, 2 ** 31, 2 ** 31, 2 ** 31] };
    expect(() => {
      pool.run(Array.from({ length: 200 }, () => bad));
    }).toThrow();
    new Float32Array(memory.buffer, out, 1)[0] = 3;
    new Float32Array(memory.buffer, 512, 1)[0] = 2;
    pool.run([{ name: 'scaleRows', args: [1, 1, out, 512, out] }]);
    expect(new Float32Array(memory.buffer, out, 1)[0]).toBe(6);
  });

  test('works on after the memory has grown', () => {
    for (let growth = 0; growth < 20; growth++) {
      const first = memory.grow(16) * 65536;
      const numbers = new Float32Array(memory.buffer, first, 16 * 16384);
      numbers.fill(1);
      new Float32Array(memory.buffer, 512, 1)[0] = 3;
      const rows = numbers.length / 16;
      const jobs = Array.from({ length: 16 }, (_, i) => {
        const at = first + 4 * i * rows;
        return { name: 'scaleRows', args: [1, rows, at, 512, at] };
      });
      pool.run(jobs);
      expect(numbers.every((value) => value === 3)).toBe(true);
    }
  });
});
