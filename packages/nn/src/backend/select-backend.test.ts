import { afterEach, describe, expect, test } from '@jest/globals';
import { BackendError, ParamError } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { currentBackend, selectBackend, type Device } from './select-backend.js';

const { env } = process;
afterEach(() => {
  process.env = env;
});

describe('selectBackend', () => {
  test.each([
    ['cpu', 'cpu', /^cpu-tfjs4/],
    ['wasm', 'wasm', /^wasm-baseline$/],
  ] as const)('makes %s current and names its rounding', async (device, name, id) => {
    const backend = await selectBackend(device);
    expect(tf.getBackend()).toBe(name);
    expect(backend.id).toMatch(id);
    expect(currentBackend()).toEqual(backend);
  });

  test('going back and forth between backends leaves their kernels in place', async () => {
    for (const device of ['wasm', 'cpu', 'wasm'] as const) {
      await selectBackend(device);
      const product = tf.tidy(() => tf.matMul(tf.ones([2, 3]), tf.ones([2, 3]), true).dataSync());
      expect([...product]).toEqual(new Array(9).fill(2));
    }
  });

  test('DANCE_DEVICE stands in for auto, and only for auto', async () => {
    process.env = { ...env, DANCE_DEVICE: 'cpu' };
    expect((await selectBackend()).device).toBe('cpu');
    expect((await selectBackend('wasm')).device).toBe('wasm');
  });

  test('a wrong name in the environment is refused with the names there are', async () => {
    process.env = { ...env, DANCE_DEVICE: 'quantum' };
    await expect(selectBackend()).rejects.toThrow(ParamError);
    await expect(selectBackend()).rejects.toThrow('"quantum"');
    process.env = { ...env, DANCE_DEVICE: 'blas', DANCE_THREADS: 'many' };
    await expect(selectBackend()).rejects.toThrow(/DANCE_THREADS|koffi/);
  });

  test('deterministic allows what gives the same bytes everywhere', async () => {
    process.env = { ...env, DANCE_DEVICE: '' };
    expect((await selectBackend('auto', { deterministic: true })).device).toBe('wasm');
    for (const device of ['node', 'gpu', 'blas'] satisfies Device[]) {
      const attempt = selectBackend(device, { deterministic: true });
      await expect(attempt).rejects.toThrow(BackendError);
    }
  });

  test('an accelerator that is not installed says what to install', async () => {
    await expect(selectBackend('gpu')).rejects.toThrow('npm install @tensorflow/tfjs-node-gpu');
  });
});
