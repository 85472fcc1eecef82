import { beforeAll, describe, expect, test } from '@jest/globals';
import { ParamError } from '@dance-ts/core';
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
import { bernoulliNll, gaussianNll, poissonNll } from './likelihoods.js';

const matrixOf = ({ variable }: Parameter): tf.Tensor2D => variable as tf.Tensor as tf.Tensor2D;

const COUNTS = [0, 3, 20, 1, 0, 170];
const RATES = [0.5, 2, 25, 1e-3, 30, 150];

/** ln x! by its definition. */
function logFactorial(x: number): number {
  let sum = 0;
  for (let i = 2; i <= x; i++) sum += Math.log(i);
  return sum;
}

describe.each(TESTED_DEVICES)('likelihoods on %s', (device) => {
  beforeAll(async () => {
    await selectBackend(device);
  });

  test('are those of the stored distributions', () => {
    const golden = goldenCase('special_functions', 'log_pmfs');
    const column = (key: string, f = (value: number): number => value): tf.Tensor2D =>
      tf.tensor2d(golden.numbers(key).map(f), [7, 1]);
    const none = { reduction: 'none' } as const;
    const found: [string, () => tf.Tensor][] = [
      ['poisson', () => poissonNll(column('x'), column('mu', Math.log), none)],
      [
        'normal_mu_scale_theta',
        () =>
          gaussianNll(
            column('x'),
            column('mu'),
            column('theta', (s) => 2 * Math.log(s)),
            none,
          ),
      ],
      [
        'bernoulli_p_sigmoid_mu_of_x_gt_0',
        () =>
          bernoulliNll(
            column('x', (x) => Number(x > 0)),
            column('mu'),
            none,
          ),
      ],
    ];
    for (const [key, loss] of found) {
      const expected = golden.numbers(key).map((value) => -value);
      expectClose(valuesOf(loss), expected, 1e-5);
    }
  });

  describe('poissonNll', () => {
    const counts = (): tf.Tensor2D => tf.tensor2d(COUNTS, [2, 3]);
    const logRates = (): tf.Tensor2D => tf.tensor2d(RATES.map(Math.log), [2, 3]);
    const perEntry = COUNTS.map((x, i) => RATES[i]! - x * Math.log(RATES[i]!) + logFactorial(x));
    const rowSums = [0, 3].map((i) => perEntry[i]! + perEntry[i + 1]! + perEntry[i + 2]!);

    test('is the formula written out, with and without ln x!', () => {
      expectClose(
        valuesOf(() => poissonNll(counts(), logRates(), { reduction: 'none' })),
        rowSums,
        5e-6,
      );
      const constant = COUNTS.reduce((sum, x) => sum + logFactorial(x), 0);
      expectClose(
        valuesOf(() => poissonNll(counts(), logRates(), { constant: false, reduction: 'sum' })),
        [rowSums[0]! + rowSums[1]! - constant],
        5e-6,
      );
    });

    test('has the gradients of finite differences', () => {
      const logRate = variableOf([2, 3]);
      expectGradients(() => tf.mul(poissonNll(counts(), matrixOf(logRate)), 0.01), [logRate]);
    });

    test('stays finite at extreme rates', () => {
      const logRate = variableOf([2, 3]);
      logRate.set(Float32Array.of(80, -1e6, -80, 80, -1e6, -80));
      const loss = (): tf.Tensor => poissonNll(counts(), matrixOf(logRate));
      const all = [...valuesOf(loss), ...gradientsOf(loss, [logRate], [1]).flat()];
      expect(all.every(Number.isFinite)).toBe(true);
    });
  });

  describe('bernoulliNll', () => {
    test('is the mean of the stored case times the number of features', () => {
      const golden = goldenCase('layers_losses', 'bce');
      const logits = golden.rows('p').map((row) => row.map((p) => Math.log(p / (1 - p))));
      expectClose(
        valuesOf(() => bernoulliNll(tf.tensor2d(golden.rows('y')), tf.tensor2d(logits))),
        [golden.number('mean') * logits[0]!.length],
        1e-5,
      );
    });

    test('has the gradients of finite differences and is finite at extreme logits', () => {
      const x = (): tf.Tensor2D => tf.tensor2d([0, 1, 0.3, 1, 1, 0], [2, 3]);
      const logits = variableOf([2, 3]);
      const loss = (): tf.Tensor => bernoulliNll(x(), matrixOf(logits), { reduction: 'none' });
      expectGradients(loss, [logits]);
      logits.set(Float32Array.of(-1e6, 1e6, 0, -1e6, 1e6, 1e6));
      const all = [...valuesOf(loss), ...gradientsOf(loss, [logits], [1, 1]).flat()];
      expect(all.every(Number.isFinite)).toBe(true);
    });
  });

  describe('gaussianNll', () => {
    const density = (x: number, mean: number, variance: number): number =>
      Math.exp(-((x - mean) ** 2) / (2 * variance)) / Math.sqrt(2 * Math.PI * variance);

    test('is -ln of the density, with variances of each cell or shared', () => {
      const x = tf.tensor2d([1, 2, -1, 0], [2, 2]);
      const mean = tf.tensor2d([0.5, 2, 0, 1], [2, 2]);
      const expected = [
        -Math.log(density(1, 0.5, 4) * density(2, 2, 0.25)),
        -Math.log(density(-1, 0, 4) * density(0, 1, 0.25)),
      ];
      const shared = tf.tensor1d([Math.log(4), Math.log(0.25)]);
      const own = tf.tile(tf.expandDims(shared, 0), [2, 1]);
      for (const logVariance of [shared, own]) {
        expectClose(
          valuesOf(() => gaussianNll(x, mean, logVariance, { reduction: 'none' })),
          expected,
          1e-6,
        );
      }
    });

    test('has the gradients of finite differences', () => {
      const [mean, shared] = [variableOf([3, 2]), variableOf([2], 1)];
      const x = (): tf.Tensor2D => tf.tensor2d([0, 1, 0.3, -1, 1, 2], [3, 2]);
      expectGradients(() => gaussianNll(x(), matrixOf(mean), shared.variable), [mean, shared]);
    });

    test('stays finite at extreme variances', () => {
      const logVariance = variableOf([1, 2]);
      logVariance.set(Float32Array.of(1e6, -60));
      const loss = (): tf.Tensor =>
        gaussianNll(tf.ones([1, 2]), tf.fill([1, 2], 1e3), logVariance.variable);
      const all = [...valuesOf(loss), ...gradientsOf(loss, [logVariance], [1]).flat()];
      expect(all.every(Number.isFinite)).toBe(true);
    });
  });

  test('keep no tensor and refuse shapes that do not fit', () => {
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const [two, three] = [tf.ones<tf.Rank.R2>([2, 2]), tf.ones<tf.Rank.R2>([2, 3])];
      poissonNll(two, two);
      expect(() => poissonNll(two, three)).toThrow(ParamError);
      expect(() => bernoulliNll(two, three)).toThrow(ParamError);
      expect(() => gaussianNll(two, three, two)).toThrow(ParamError);
      expect(() => gaussianNll(two, two, tf.ones([3]))).toThrow(ParamError);
    });
    expect(tf.memory().numTensors).toBe(before);
  });
});
