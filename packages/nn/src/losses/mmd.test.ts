import { beforeAll, describe, expect, test } from '@jest/globals';
import { ParamError, Rng } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { selectBackend } from '../backend/select-backend.js';
import { Parameter } from '../parameters.js';
import { goldenCase } from '../testing/golden.js';
import {
  expectClose,
  expectGradients,
  gradientsOf,
  TESTED_DEVICES,
  valuesOf,
  variableOf,
} from '../testing/numeric.js';
import { mmd, MMD_SCALES } from './mmd.js';

const matrixOf = ({ variable }: Parameter): tf.Tensor2D => variable as tf.Tensor as tf.Tensor2D;

const squaredDistance = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0);

/** Mean of the kernel over pairs of rows, written out; without equal indices if `unbiased`. */
function meanKernel(
  a: readonly number[][],
  b: readonly number[][],
  rate: number,
  unbiased = false,
): number {
  const values = a.flatMap((x, i) =>
    b.flatMap((y, j) => (unbiased && i === j ? [] : [Math.exp(-rate * squaredDistance(x, y))])),
  );
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe.each(TESTED_DEVICES)('maximum mean discrepancy on %s', (device) => {
  beforeAll(async () => {
    await selectBackend(device);
  });

  const golden = goldenCase('layers_losses', 'mmd_rbf');
  const [x, y] = [golden.rows('X'), golden.rows('Y')];
  const samples = (): [tf.Tensor2D, tf.Tensor2D] => [tf.tensor2d(x), tf.tensor2d(y)];

  test('each bandwidth of the stored case, and their mean', () => {
    const stored = ['0.5', '1.0', '2.0'].map((key) => golden.number(`mmd2_biased_sigma${key}`));
    for (const [i, sigma] of [0.5, 1, 2].entries()) {
      expectClose(
        valuesOf(() => mmd(...samples(), { bandwidths: [sigma] })),
        [stored[i]!],
        1e-6,
      );
    }
    expectClose(
      valuesOf(() => mmd(...samples(), { bandwidths: [0.5, 1, 2] })),
      [stored.reduce((sum, value) => sum + value, 0) / 3],
      1e-6,
    );
  });

  test('the default bandwidths follow the mean squared distance', () => {
    const all = [...x, ...y];
    const total = all.flatMap((a) => all.map((b) => squaredDistance(a, b)));
    const meanSquare =
      total.reduce((sum, value) => sum + value, 0) / (all.length * (all.length - 1));
    const bandwidths = MMD_SCALES.map((scale) => Math.sqrt((scale * meanSquare) / 2));
    expectClose(
      valuesOf(() => mmd(...samples())),
      valuesOf(() => mmd(...samples(), { bandwidths })),
      1e-6,
    );
  });

  test('the unbiased form leaves out similarities to oneself', () => {
    const expected =
      meanKernel(x, x, 0.5, true) + meanKernel(y, y, 0.5, true) - 2 * meanKernel(x, y, 0.5);
    expectClose(
      valuesOf(() => mmd(...samples(), { bandwidths: [1], unbiased: true })),
      [expected],
      1e-6,
    );
  });

  test('has the gradients of finite differences', () => {
    const [a, b] = [variableOf([4, 2]), variableOf([3, 2], 1)];
    const loss = (): tf.Tensor => mmd(matrixOf(a), matrixOf(b), { bandwidths: [0.5, 1, 2] });
    expectGradients(loss, [a, b]);
  });

  test('tells a shift from none', () => {
    const rng = Rng.fromSeed(3);
    const normal = (shift: number): tf.Tensor2D =>
      tf.tensor2d(
        Float32Array.from({ length: 400 }, () => rng.normal() + shift),
        [200, 2],
      );
    const [same = NaN] = valuesOf(() => mmd(normal(0), normal(0)));
    const [shifted = NaN] = valuesOf(() => mmd(normal(0), normal(1)));
    expect(shifted).toBeGreaterThan(10 * same);
  });

  test.each([0, 1e-20, 1e15])('stays finite for points of size %p', (size) => {
    const [a, b] = [variableOf([3, 2]), variableOf([3, 2], 1)];
    for (const sample of [a, b]) sample.set(sample.values.map((value) => value * size));
    const loss = (): tf.Tensor => mmd(matrixOf(a), matrixOf(b));
    const all = [...valuesOf(loss), ...gradientsOf(loss, [a, b], [1]).flat()];
    expect(all.every(Number.isFinite)).toBe(true);
  });

  test('keeps no tensor and refuses what does not fit', () => {
    const before = tf.memory().numTensors;
    valuesOf(() => mmd(...samples()));
    tf.tidy(() => {
      const two = tf.ones<tf.Rank.R2>([2, 3]);
      const one = tf.ones<tf.Rank.R2>([1, 3]);
      expect(() => mmd(two, tf.ones([2, 4]))).toThrow(ParamError);
      expect(() => mmd(two, tf.ones([0, 3]))).toThrow(ParamError);
      expect(() => mmd(two, one, { unbiased: true })).toThrow(ParamError);
      expect(() => mmd(two, two, { bandwidths: [] })).toThrow(ParamError);
      expect(() => mmd(two, two, { bandwidths: [1, 0] })).toThrow(ParamError);
    });
    expect(tf.memory().numTensors).toBe(before);
  });
});
