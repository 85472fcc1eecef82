import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { CsrMatrix, ParamError, Rng } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { Mlp } from '../layers/mlp.js';
import { meanSquaredError } from '../losses/squared-error.js';
import { SparseOperand, spmm } from '../ops/spmm.js';
import { Adam } from '../optim/adam.js';
import { ParameterSet } from '../parameters.js';
import { selectBackend } from './select-backend.js';

const CELLS = 301;
const GENES = 217;

afterEach(() => {
  jest.restoreAllMocks();
});

function uniform(count: number, seed: number): Float32Array {
  const rng = Rng.fromSeed(seed);
  return Float32Array.from({ length: count }, () => 2 * rng.uniform() - 1);
}

/** Each cell and its next neighbors. */
function graph(): CsrMatrix {
  const perRow = 9;
  const indptr = Int32Array.from({ length: CELLS + 1 }, (_, row) => row * perRow);
  const indices = Int32Array.from({ length: CELLS * perRow }, (_, entry) => {
    const [row, k] = [Math.floor(entry / perRow), entry % perRow];
    return (row + k) % CELLS;
  });
  for (let row = 0; row < CELLS; row++) indices.subarray(row * perRow, (row + 1) * perRow).sort();
  return new CsrMatrix(CELLS, CELLS, indptr, indices, uniform(indices.length, 1));
}

/** Losses and parameters of a few steps of an autoencoder of smoothed data, as text. */
async function train(): Promise<string> {
  const parameters = new ParameterSet();
  const rng = Rng.fromSeed(1);
  const encoder = new Mlp(parameters, 'encoder', [GENES, 131, 67], rng, { activation: 'gelu' });
  const decoder = new Mlp(parameters, 'decoder', [67, 131, GENES], rng, { activateLast: false });
  const adjacency = new SparseOperand(graph());
  const x = tf.tensor2d(uniform(CELLS * GENES, 2), [CELLS, GENES]);
  const optimizer = new Adam(parameters.trainable(), { learningRate: 1e-2 });
  const results: number[] = [];
  for (let step = 0; step < 3; step++) {
    const loss = await optimizer.minimize(() => {
      const h = encoder.apply(spmm(adjacency, x), { training: true, rng });
      return meanSquaredError(decoder.apply(h, { training: true, rng }), x);
    });
    results.push(loss);
  }
  for (const { variable } of parameters.trainable()) results.push(...variable.dataSync());
  optimizer.dispose();
  parameters.dispose();
  x.dispose();
  return Buffer.from(Float64Array.from(results).buffer).toString('base64');
}

describe('threads on the heap of TensorFlow.js', () => {
  test('a training gives the same bytes on 3, 2 and 1 threads', async () => {
    const calls = jest.spyOn(Atomics, 'notify');
    const results: string[] = [];
    for (const threads of [3, 2, 1]) {
      calls.mockClear();
      const backend = await selectBackend('wasm', { threads });
      expect(backend).toEqual({ device: 'wasm', id: 'wasm-baseline', threads });
      calls.mockClear();
      results.push(await train());
      expect(calls.mock.calls.length > 20).toBe(threads > 1);
    }
    expect(results[1] === results[0]).toBe(true);
    expect(results[2] === results[0]).toBe(true);
    expect(tf.memory().numTensors).toBe(0);
  });

  test('work on while the heap grows', async () => {
    await selectBackend('wasm', { threads: 2 });
    const heap = (tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } }).wasm;
    const before = heap.HEAPU8.length;
    const a = tf.fill<tf.Rank.R2>([512, 512], 2);
    for (let i = 0; i < 40; i++) {
      const product = tf.matMul(a, a, true);
      expect(product.dataSync().every((value) => value === 2048)).toBe(true);
      if (i % 2 === 0) product.dispose();
    }
    expect(heap.HEAPU8.length).toBeGreaterThan(before);
    tf.disposeVariables();
  });

  test('a BLAS works on the shared heap', async () => {
    try {
      await selectBackend('blas', { threads: 2 });
    } catch (error) {
      console.warn(`test of a BLAS on a shared heap skipped: ${String(error)}`);
      return;
    }
    const product = tf.tidy(() => tf.matMul([[1, 2]], [[3], [4]]).dataSync());
    expect([...product]).toEqual([11]);
  });

  test.each([0, 1.5])('%d threads are refused', async (threads) => {
    await expect(selectBackend('wasm', { threads })).rejects.toThrow(ParamError);
  });
});
