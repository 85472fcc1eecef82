import { beforeAll, describe, expect, test } from '@jest/globals';
import { DataError } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { selectBackend } from '../backend/select-backend.js';
import { Parameter } from '../parameters.js';
import {
  expectClose,
  expectGradients,
  gradientsOf,
  TESTED_DEVICES,
  valuesOf,
  variableOf,
} from '../testing/numeric.js';
import { cosineEmbeddingLoss, cosineLoss, cosineSimilarity, normalizeRows } from './cosine.js';

const matrixOf = ({ variable }: Parameter): tf.Tensor2D => variable as tf.Tensor as tf.Tensor2D;

function parameter(rows: readonly (readonly number[])[]): Parameter {
  return new Parameter('x', [rows.length, rows[0]!.length], Float32Array.from(rows.flat()), true);
}

const norm = (x: readonly number[]): number => Math.hypot(...x);
const cosine = (x: readonly number[], y: readonly number[]): number =>
  x.reduce((sum, value, i) => sum + value * y[i]!, 0) / (norm(x) * norm(y));

const A = [
  [1, 2, -1],
  [0.5, -1, 2],
  [3, 0.1, 0.2],
];
const B = [
  [0.5, 1, 1],
  [1, -2, 1],
  [-1, 0.4, 0.3],
];
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

describe.each(TESTED_DEVICES)('cosine on %s', (device) => {
  beforeAll(async () => {
    await selectBackend(device);
  });

  const cosines = A.map((row, i) => cosine(row, B[i]!));

  test('of pairs of rows, as similarity and as loss', () => {
    const [a, b] = [tf.tensor2d(A), tf.tensor2d(B)];
    expectClose(
      valuesOf(() => cosineSimilarity(a, b)),
      cosines,
      1e-6,
    );
    expectClose(
      valuesOf(() => cosineLoss(a, b)),
      [1 - mean(cosines)],
      1e-6,
    );
  });

  test('embedding loss pulls pairs together and pushes others below the margin', () => {
    const losses = valuesOf(() =>
      cosineEmbeddingLoss(tf.tensor2d(A), tf.tensor2d(B), [1, -1, -1], {
        margin: 0.1,
        reduction: 'none',
      }),
    );
    expect(cosines[1]!).toBeGreaterThan(0.1);
    expect(cosines[2]!).toBeLessThan(0.1);
    expectClose(losses, [1 - cosines[0]!, cosines[1]! - 0.1, 0], 1e-6);
  });

  test('gradients are those of finite differences', () => {
    const [a, b] = [parameter(A), parameter(B)];
    const loss = (): tf.Tensor =>
      cosineEmbeddingLoss(matrixOf(a), matrixOf(b), [1, -1, -1], { margin: 0.1 });
    expectGradients(loss, [a, b]);
    expectGradients(() => normalizeRows(matrixOf(a)), [a], { step: 3e-3 });
  });

  test('of a row of zeros is 0 with a gradient of 0', () => {
    const zero = variableOf([1, 2]);
    zero.set(Float32Array.of(0, 0));
    const similarity = (): tf.Tensor => cosineSimilarity(matrixOf(zero), tf.ones([1, 2]));
    expect(valuesOf(similarity)).toEqual([0]);
    expect(gradientsOf(similarity, [zero], [1]).flat().map(Math.abs)).toEqual([0, 0]);
  });

  test('refuses labels other than 1 and -1', () => {
    tf.tidy(() => {
      const x = tf.ones<tf.Rank.R2>([2, 3]);
      expect(() => cosineEmbeddingLoss(x, x, [1, 0])).toThrow(DataError);
      expect(() => cosineEmbeddingLoss(x, x, [1])).toThrow(DataError);
    });
  });
});
