import { beforeAll, describe, expect, test } from '@jest/globals';
import { CsrMatrix, DenseMatrix } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { currentHost } from '../backend/host.js';
import { selectBackend } from '../backend/select-backend.js';
import { TESTED_DEVICES } from '../testing/numeric.js';
import { BatchBuffer } from './batch-buffer.js';

const dense = new DenseMatrix(3, 4, Float32Array.of(1, 0, 2, 0, 0, 0, 0, 0, 0, 3, 0, 4));
const sparse = new CsrMatrix(
  3,
  4,
  Int32Array.of(0, 2, 2, 4),
  Int32Array.of(0, 2, 1, 3),
  Float32Array.of(1, 2, 3, 4),
);

describe.each(TESTED_DEVICES)('batches on %s', (device) => {
  beforeAll(async () => {
    await selectBackend(device);
  });

  test.each([
    ['dense', dense],
    ['sparse', sparse],
  ])('rows of a %s matrix, in one tensor for each batch size', (_, source) => {
    const before = tf.memory();
    const batches = new BatchBuffer(source);
    const first = batches.take(Int32Array.of(2, 0));
    expect(first.shape).toEqual([2, 4]);
    expect([...first.dataSync()]).toEqual([0, 3, 0, 4, 1, 0, 2, 0]);
    const second = batches.take(Int32Array.of(1, 1));
    expect([...second.dataSync()]).toEqual(new Array(8).fill(0));
    // Where our kernels reach the backend's memory it is the same tensor, overwritten.
    expect(second === first).toBe(currentHost() !== undefined);
    expect([...batches.take(Int32Array.of(0)).dataSync()]).toEqual([1, 0, 2, 0]);
    expect(tf.memory().numTensors).toBe(before.numTensors + 2);
    batches.dispose();
    expect(tf.memory().numTensors).toBe(before.numTensors);
  });

  test('survives a tidy around it', () => {
    const batches = new BatchBuffer(sparse);
    tf.tidy(() => batches.take(Int32Array.of(0)));
    expect([...batches.take(Int32Array.of(2)).dataSync()]).toEqual([0, 3, 0, 4]);
    batches.dispose();
  });
});
