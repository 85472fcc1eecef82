import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ParamError } from '@dance-ts/core';
import { getKernels } from '../get-kernels.js';
import type { Kernels } from '../kernels.js';
import { integers, uniform } from '../testing/variants.js';
import { compileShared, createMemory, instantiate } from '../web-assembly.js';
import { ThreadPool } from './thread-pool.js';

const POINTS = 700;
const DIM = 20;

/** Every kernel that is spread over threads, on sizes that no number of threads divides. */
const CALLS: Readonly<Record<string, (kernels: Kernels) => (Float32Array | Int32Array)[]>> = {
  gemm: (kernels) => {
    const [m, n, k] = [333, 41, 57];
    const out = uniform(m * n, 3);
    const args = { m, n, k, a: uniform(m * k, 1), b: uniform(k * n, 2), out };
    kernels.gemm({ ...args, accumulate: true });
    kernels.gemm({ ...args, b: uniform(n * k, 2), transposeB: true, accumulate: true });
    kernels.gemm({ ...args, a: uniform(k * m, 1), transposeA: true, accumulate: true });
    return [out];
  },
  spmm: (kernels) => {
    const nRows = 1001;
    const indptr = Int32Array.from({ length: nRows + 1 }, (_, row) => row * 7);
    const x = uniform(nRows * 30, 1);
    const out = new Float32Array(nRows * 30);
    const entries = { indices: integers(nRows * 7, nRows, 2), values: uniform(nRows * 7, 3) };
    kernels.spmm({ nRows, indptr, ...entries, x, width: 30, out });
    return [out];
  },
  squaredDistances: (kernels) => {
    const [a, b] = [uniform(POINTS * DIM, 1), uniform(99 * DIM, 2)];
    const out = new Float32Array(POINTS * 99);
    kernels.squaredDistances({ a, nA: POINTS, b, nB: 99, dim: DIM, out });
    return [out];
  },
  nearest: (kernels) => {
    const points = uniform(POINTS * DIM, 1);
    const outIndices = new Int32Array(POINTS * 5);
    const outDistances = new Float32Array(POINTS * 5);
    const sizes = { nQueries: POINTS, nPoints: POINTS, dim: DIM, k: 5, firstQuery: 0 };
    kernels.nearest({ queries: points, points, ...sizes, outIndices, outDistances });
    return [outIndices, outDistances];
  },
};

describe('threads', () => {
  test.each(Object.keys(CALLS))('%s gives the same bytes on 1, 2 and 3 threads', async (name) => {
    const call = CALLS[name]!;
    const one = call(await getKernels({ variant: 'wasm-baseline', threads: 1 }));
    for (const threads of [2, 3]) {
      const kernels = await getKernels({ variant: 'wasm-baseline', threads });
      for (let repeat = 0; repeat < 3; repeat++) expect(call(kernels)).toEqual(one);
    }
  });

  test.each([0, 1.5, NaN])('%d threads are refused', (threads) => {
    expect(() => getKernels({ variant: 'wasm-baseline', threads })).toThrow(ParamError);
  });

  test('a wrong number in the environment is refused by its name', () => {
    const { env } = process;
    process.env = { ...env, DANCE_THREADS: 'many' };
    expect(() => getKernels({ variant: 'wasm-baseline' })).toThrow('variable DANCE_THREADS');
    process.env = env;
  });
});

describe('a pool', () => {
  const variant = 'wasm-baseline';
  let pool: ThreadPool;
  const memory = createMemory(variant, true);

  beforeAll(async () => {
    const module = await compileShared(variant);
    const exports = (await instantiate(variant, module, memory)) as object;
    pool = await ThreadPool.start(3, module, memory, exports);
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
    pool.run([]);
  });
});
