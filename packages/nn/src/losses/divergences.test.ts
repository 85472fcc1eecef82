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
import { gaussianKl, laplaceKl } from './gaussian-kl.js';
import { gmmKl, logResponsibilities, type GaussianMixture } from './gmm-kl.js';

const matrixOf = ({ variable }: Parameter): tf.Tensor2D => variable as tf.Tensor as tf.Tensor2D;

const transposed = (rows: readonly number[][]): number[][] =>
  rows[0]!.map((_, column) => rows.map((row) => row[column]!));

describe.each(TESTED_DEVICES)('divergences on %s', (device) => {
  beforeAll(async () => {
    await selectBackend(device);
  });

  describe('gaussianKl', () => {
    const golden = goldenCase('layers_losses', 'gaussian_kl');
    const parameter = (key: string): Parameter =>
      new Parameter(key, [6, 4], Float32Array.from(golden.numbers(key)), true);
    const standard = ({
      mean,
      logVariance,
    }: Record<'mean' | 'logVariance', Parameter>): tf.Tensor =>
      gaussianKl({ mean: matrixOf(mean), logVariance: matrixOf(logVariance) });

    test('loss and gradients of the stored case', () => {
      const [mean, logVariance] = [parameter('mu1'), parameter('logvar1')];
      const loss = (): tf.Tensor => standard({ mean, logVariance });
      expectClose(valuesOf(loss), [golden.number('mean')], 1e-6);
      const gradients = gradientsOf(loss, [mean, logVariance], [1]);
      expectClose(gradients[0]!, golden.numbers('grad_mu'), 1e-6);
      expectClose(gradients[1]!, golden.numbers('grad_logvar'), 1e-6);
    });

    test('per cell, with and without a prior', () => {
      const tensor = (key: string): tf.Tensor2D => tf.tensor2d(golden.rows(key));
      const posterior = { mean: tensor('mu1'), logVariance: tensor('logvar1') };
      const prior = { mean: tensor('mu2'), logVariance: tensor('logvar2') };
      expectClose(
        valuesOf(() => gaussianKl(posterior, { reduction: 'none' })),
        golden.numbers('kl_1_to_standard_sum_over_dims'),
        1e-6,
      );
      expectClose(
        valuesOf(() => gaussianKl(posterior, { prior, reduction: 'none' })),
        golden.numbers('kl_1_to_2_sum_over_dims'),
        1e-6,
      );
    });

    test('the stored variational autoencoder', () => {
      const vae = goldenCase('tiny_models', 'vae_fixed_noise');
      const loss = (): tf.Tensor => {
        const x = tf.tensor2d(vae.rows('X'));
        const head = (name: string): tf.Tensor2D =>
          tf.add(
            tf.matMul(x, tf.tensor2d(vae.rows(`w_${name}`))),
            tf.tensor1d(vae.numbers(`b_${name}`)),
          );
        return gaussianKl({ mean: head('mu'), logVariance: head('logvar') });
      };
      expectClose(valuesOf(loss), [vae.number('kl_mean_rows')], 1e-5);
    });

    test('has the gradients of finite differences, the prior included', () => {
      const [m, v, m0, v0] = [0, 1, 2, 3].map((seed) => variableOf([3, 2], seed)) as [
        Parameter,
        Parameter,
        Parameter,
        Parameter,
      ];
      const loss = (): tf.Tensor =>
        gaussianKl(
          { mean: matrixOf(m), logVariance: matrixOf(v) },
          { prior: { mean: matrixOf(m0), logVariance: matrixOf(v0) }, reduction: 'none' },
        );
      expectGradients(loss, [m, v, m0, v0], { tolerance: 2e-3 });
    });

    test('is 0 for equal distributions and finite at extreme variances', () => {
      const equal = {
        mean: tf.ones<tf.Rank.R2>([1, 2]),
        logVariance: tf.fill<tf.Rank.R2>([1, 2], 5),
      };
      expectClose(
        valuesOf(() => gaussianKl(equal, { prior: equal })),
        [0],
        1e-7,
      );
      const [mean, logVariance] = [variableOf([1, 2]), variableOf([1, 2])];
      mean.set(Float32Array.of(1e6, -1e6));
      logVariance.set(Float32Array.of(80, -1e6));
      const loss = (): tf.Tensor => standard({ mean, logVariance });
      const all = [...valuesOf(loss), ...gradientsOf(loss, [mean, logVariance], [1]).flat()];
      expect(all.every(Number.isFinite)).toBe(true);
    });

    test('refuses shapes that differ', () => {
      const [a, b] = [tf.zeros<tf.Rank.R2>([2, 3]), tf.zeros<tf.Rank.R2>([2, 4])];
      expect(() => gaussianKl({ mean: a, logVariance: b })).toThrow(ParamError);
    });
  });

  describe('laplaceKl', () => {
    test('per cell of the stored case', () => {
      const golden = goldenCase('layers_losses', 'gaussian_kl');
      const laplace = (i: number): { location: tf.Tensor2D; scale: tf.Tensor2D } => ({
        location: tf.tensor2d(golden.rows(`mu${i}`)),
        scale: tf.exp(tf.mul(tf.tensor2d(golden.rows(`logvar${i}`)), 0.5)),
      });
      expectClose(
        valuesOf(() => laplaceKl(laplace(1), laplace(2), { reduction: 'none' })),
        golden.numbers('kl_laplace_1_to_2_scales_exp_half_logvar'),
        1e-6,
      );
    });

    test('has the gradients of finite differences', () => {
      const all = [0, 1, 2, 3].map((seed) => variableOf([3, 2], seed));
      const [m1, s1, m2, s2] = all.map(matrixOf) as [
        tf.Tensor2D,
        tf.Tensor2D,
        tf.Tensor2D,
        tf.Tensor2D,
      ];
      const loss = (): tf.Tensor =>
        laplaceKl({ location: m1, scale: tf.exp(s1) }, { location: m2, scale: tf.exp(s2) });
      expectGradients(loss, all, { step: 5e-3, tolerance: 2e-3 });
    });
  });

  describe('gmmKl', () => {
    const golden = goldenCase('layers_losses', 'vade_gmm_prior_kl');
    const mixture = (): GaussianMixture => ({
      means: tf.tensor2d(transposed(golden.rows('mu_c'))),
      logVariances: tf.log(tf.tensor2d(transposed(golden.rows('var_c')))),
      logWeights: tf.log(tf.tensor1d(golden.numbers('pi_c'))),
    });

    test('responsibilities and divergence of the stored case', () => {
      const z = (): tf.Tensor2D => tf.tensor2d(golden.rows('z_for_gamma'));
      expectClose(
        valuesOf(() => tf.exp(logResponsibilities(z(), mixture()))),
        golden.numbers('gamma'),
        1e-6,
      );
      const posterior = {
        mean: tf.tensor2d(golden.rows('mu_q')),
        logVariance: tf.tensor2d(golden.rows('logvar_q')),
      };
      expectClose(
        valuesOf(() => gmmKl(posterior, mixture(), { z: z(), reduction: 'none' })),
        golden.numbers('kl_per_sample'),
        1e-5,
      );
    });

    test('of one component is the divergence of two normal distributions', () => {
      const posterior = { mean: tf.tensor2d([[0.3, -1]]), logVariance: tf.tensor2d([[0.2, -0.5]]) };
      const prior = { mean: tf.tensor2d([[1, 2]]), logVariance: tf.tensor2d([[-0.3, 0.7]]) };
      const one = {
        ...{ means: prior.mean, logVariances: prior.logVariance, logWeights: tf.tensor1d([3]) },
      };
      expectClose(
        valuesOf(() => gmmKl(posterior, one)),
        valuesOf(() => gaussianKl(posterior, { prior })),
        1e-5,
      );
    });

    test('has the gradients of finite differences', () => {
      const all = [
        ...[variableOf([3, 2]), variableOf([3, 2], 1), variableOf([3, 2], 2)],
        ...[variableOf([2, 2], 3), variableOf([2, 2], 4), variableOf([2], 5)],
      ];
      const [mean, logVariance, z, means, logVariances] = all.map(matrixOf) as [
        tf.Tensor2D,
        tf.Tensor2D,
        tf.Tensor2D,
        tf.Tensor2D,
        tf.Tensor2D,
      ];
      const logWeights = all[5]!.variable as tf.Tensor as tf.Tensor1D;
      const prior = { means, logVariances, logWeights };
      const loss = (): tf.Tensor => gmmKl({ mean, logVariance }, prior, { z });
      expectGradients(loss, all, { tolerance: 2e-3 });
    });

    test('responsibilities may be constants', () => {
      const z = variableOf([2, 4]);
      const posterior = {
        mean: tf.zeros<tf.Rank.R2>([2, 4]),
        logVariance: tf.zeros<tf.Rank.R2>([2, 4]),
      };
      const gradient = (throughResponsibilities: boolean): number =>
        Math.hypot(
          ...gradientsOf(
            () => gmmKl(posterior, mixture(), { z: matrixOf(z), throughResponsibilities }),
            [z],
            [1],
          ).flat(),
        );
      expect(gradient(false)).toBe(0);
      expect(gradient(true)).toBeGreaterThan(1e-3);
    });

    test('stays finite far from all components', () => {
      const mean = variableOf([2, 4]);
      mean.set(mean.values.map((value) => 1e6 * value));
      const loss = (): tf.Tensor =>
        gmmKl({ mean: matrixOf(mean), logVariance: tf.fill([2, 4], -50) }, mixture());
      const all = [...valuesOf(loss), ...gradientsOf(loss, [mean], [1]).flat()];
      expect(all.every(Number.isFinite)).toBe(true);
    });
  });
});
