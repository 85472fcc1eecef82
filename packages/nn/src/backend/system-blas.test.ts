import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { BackendError, Rng } from '@dance-ts/core';
import { plainKernels } from '@dance-ts/kernels';
import * as tf from '@tensorflow/tfjs';
import { expectClose } from '../testing/numeric.js';
import { selectBackend } from './select-backend.js';
import { loadSystemBlas, type SystemBlas } from './system-blas.js';

async function find(): Promise<SystemBlas | undefined> {
  try {
    return await loadSystemBlas({ threads: 1 });
  } catch (error) {
    console.warn(`tests of a system BLAS skipped: ${String(error)}`);
    return undefined;
  }
}

const found = await find();
/** Tests of a library that this machine has: skipped, and counted so, where it has none. */
const withBlas = found === undefined ? test.skip : test;
const withOpenBlas = found?.id.startsWith('openblas') === true ? test : test.skip;

function library(): SystemBlas {
  if (found === undefined) throw new Error('no system BLAS');
  return found;
}

function uniform(count: number, seed: number): Float32Array {
  const rng = Rng.fromSeed(seed);
  return Float32Array.from({ length: count }, () => 2 * rng.uniform() - 1);
}

describe('system BLAS', () => {
  withBlas.each([0, 1, 2, 3, 4, 5, 6, 7])('products as in plain code, form %i', (bits) => {
    const blas = library();
    const flags = {
      transposeA: (bits & 1) !== 0,
      transposeB: (bits & 2) !== 0,
      accumulate: (bits & 4) !== 0,
    };
    for (const [m, n, k] of [
      [5, 7, 11],
      [1, 3, 0],
      [0, 2, 3],
      [64, 1, 33],
    ] as const) {
      const [a, b, out] = [uniform(m * k, 1), uniform(k * n, 2), uniform(m * n, 3)];
      const expected = out.slice();
      blas.gemm({ m, n, k, a, b, out, ...flags });
      plainKernels.gemm({ m, n, k, a, b, out: expected, ...flags });
      expectClose(out, expected, 1e-5);
    }
  });

  withBlas(
    'tensors are multiplied where they lie, and wasm gets its own product back',
    async () => {
      const { id } = await selectBackend('blas', { threads: 1 });
      expect(id).toBe(`wasm-baseline+${library().id}`);
      const product = tf.tidy(() =>
        tf.matMul(tf.tensor2d([1, 2, 3, 4], [2, 2]), tf.ones([2, 2]), true).dataSync(),
      );
      expect([...product]).toEqual([4, 4, 6, 6]);
      expect((await selectBackend('wasm')).id).toBe('wasm-baseline');
    },
  );

  withOpenBlas(
    'where it is OpenBLAS, it is named with its version and the processor its code is for',
    () => {
      expect(library().id).toMatch(/^openblas-[\d.]+-[a-z0-9]+\/1t$/);
    },
  );
});

describe('a library that is not there', () => {
  const { env } = process;
  beforeAll(() => {
    process.env = { ...env, DANCE_BLAS: 'no-such-library.so' };
  });
  afterAll(() => {
    process.env = env;
  });

  test('is named in the error, and auto goes on without it', async () => {
    await expect(loadSystemBlas()).rejects.toThrow(BackendError);
    await expect(loadSystemBlas()).rejects.toThrow(/no-such-library\.so|koffi/);
    process.env['DANCE_DEVICE'] = 'auto';
    expect((await selectBackend()).device).toBe('wasm');
  });
});
