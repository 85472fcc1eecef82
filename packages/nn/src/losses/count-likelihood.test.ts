import { beforeAll, describe, expect, test } from '@jest/globals';
import { ParamError } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { selectBackend } from '../backend/select-backend.js';
import { goldenCase, goldenField } from '../testing/golden.js';
import {
  expectClose,
  expectGradients,
  TESTED_DEVICES,
  valuesOf,
  variableOf,
} from '../testing/numeric.js';
import {
  countNll,
  meanCountNll,
  type CountModel,
  type CountNllOptions,
} from './count-likelihood.js';

const SHAPE = [5, 6] as const;

type Heads = [mean: tf.Tensor2D, dispersion: tf.Tensor2D, dropout: tf.Tensor2D];

const matrix = (values: ArrayLike<number>): tf.Tensor2D =>
  tf.tensor2d(Float32Array.from(values), [...SHAPE]);

describe.each(TESTED_DEVICES)('likelihood of counts on %s', (device) => {
  beforeAll(async () => {
    await selectBackend(device);
  });

  test.each(['moderate', 'with_size_factors', 'ridge', 'all_zero_counts'])(
    'loss and gradients of the stored case %s',
    (name) => {
      const golden = goldenCase('zinb_nb', name);
      const expected = golden.inner('eps_form');
      const factors = name === 'with_size_factors' ? golden.numbers('scale_factor') : undefined;
      const heads = ['mean', 'disp', 'pi'].map((key) => tf.variable(matrix(golden.numbers(key))));
      const { value, grads } = tf.variableGrads(() => {
        const [mean, dispersion, dropout] = heads as unknown as Heads;
        const model = {
          ...{ counts: matrix(golden.numbers('x')), mean, dispersion },
          ...(factors && { sizeFactors: tf.tensor1d(factors) }),
        };
        return meanCountNll({ ...model, dropout }, { ridge: golden.number('ridge') });
      }, heads);
      expectClose(value.dataSync(), [expected.number('mean_loss')], 1e-5);
      for (const [i, key] of ['mean', 'disp', 'pi'].entries()) {
        const gradient = grads[heads[i]!.name]!.dataSync();
        const stored = expected.numbers(`grad_of_mean_wrt_${key}`);
        expectClose(
          gradient.map((g) => 100 * g),
          stored.map((g) => 100 * g),
          1e-4,
        );
      }
      tf.dispose([value, grads, heads]);
    },
  );

  test.each(['moderate', 'with_size_factors', 'all_zero_counts'])(
    'the exact likelihood of the stored case %s, with inflation and without',
    (name) => {
      const golden = goldenCase('zinb_nb', name);
      const factors = name === 'with_size_factors' ? golden.numbers('scale_factor') : undefined;
      const at = (key: string): tf.Tensor2D => matrix(golden.numbers(key));
      const model = (): CountModel => ({
        ...{ counts: at('x'), mean: at('mean'), dispersion: at('disp') },
        ...(factors && { sizeFactors: tf.tensor1d(factors) }),
      });
      const cells = (key: string): number[] =>
        golden.rows(key).map((row) => row.reduce((sum, value) => sum + value, 0));
      expectClose(
        valuesOf(() => countNll(model())),
        cells('exact_nb_nll'),
        1e-5,
      );
      expectClose(
        valuesOf(() => countNll({ ...model(), dropout: at('pi') })),
        cells('exact_zinb_nll'),
        1e-5,
      );
    },
  );

  test('loss and gradients of the stored case whose inflation is a logit', () => {
    const golden = goldenField('zinb_nb', 'pi_logit_form');
    const names = ['mean', 'theta', 'pi_logit'];
    const heads = names.map((key) => tf.variable(matrix(golden.numbers(key))));
    const { value, grads } = tf.variableGrads(() => {
      const [mean, dispersion, logit] = heads as unknown as Heads;
      const counts = matrix(golden.numbers('x'));
      return meanCountNll({ counts, mean, dispersion, dropout: tf.sigmoid(logit) });
    }, heads);
    const logs = golden.numbers('log_prob');
    const loss = -logs.reduce((sum, log) => sum + log, 0) / logs.length;
    expectClose(value.dataSync(), [loss], 1e-5);
    names.forEach((key, i) => {
      expectClose(
        grads[heads[i]!.name]!.dataSync().map((g) => 100 * g),
        golden.numbers(`grad_of_neg_mean_wrt_${key}`).map((g) => 100 * g),
        1e-4,
      );
    });
    tf.dispose([value, grads, heads]);
  });

  test('the stored probabilities of the negative binomial', () => {
    const golden = goldenCase('special_functions', 'log_pmfs');
    const column = (key: string): tf.Tensor2D => tf.tensor2d(golden.numbers(key), [7, 1]);
    expectClose(
      valuesOf(() =>
        countNll({ counts: column('x'), mean: column('mu'), dispersion: column('theta') }),
      ),
      golden.numbers('nb_mean_dispersion').map((value) => -value),
      1e-5,
    );
  });

  test.each<[string, boolean, CountNllOptions]>([
    ['zero-inflated, activated, with a ridge', true, { activate: true, ridge: 0.3 }],
    ['zero-inflated, activated', true, { activate: true }],
    ['without inflation, activated', false, { activate: true }],
  ])('gradients are those of finite differences: %s', (_, inflated, options) => {
    const names = inflated ? ['mean', 'dispersion', 'dropout'] : ['mean', 'dispersion'];
    const heads = names.map((_name, i) => variableOf(SHAPE, i));
    const counts = Float32Array.from({ length: 30 }, (_value, i) => (i % 3 === 0 ? i : 0));
    const output = (): tf.Tensor => {
      const [mean, dispersion, dropout] = heads.map(({ variable }) => variable) as unknown as [
        tf.Tensor2D,
        tf.Tensor2D,
        tf.Tensor2D?,
      ];
      const model: CountModel = {
        ...{ counts: matrix(counts), mean, dispersion },
        ...{ sizeFactors: tf.tensor1d([1, 0.5, 2, 1, 3]), ...(dropout && { dropout }) },
      };
      // Cell sums are around 100: scaled so that float32 differences keep their digits.
      return tf.mul(countNll(model, options), 0.01);
    };
    expectGradients(output, heads, { step: 2e-2, tolerance: 1e-3 });
  });

  test('extreme activations stay finite', () => {
    const extreme = (value: number): tf.Variable => tf.variable(tf.fill([...SHAPE], value));
    for (const value of [-1000, -50, 50, 1000]) {
      const heads = [extreme(value), extreme(-value), extreme(value)];
      const { value: loss, grads } = tf.variableGrads(() => {
        const [mean, dispersion, dropout] = heads as unknown as Heads;
        const counts = matrix(Float32Array.from({ length: 30 }, (_, i) => (i % 2) * 1000));
        const model = { counts, mean, dispersion, dropout };
        return meanCountNll(model, { activate: true });
      }, heads);
      const values = [loss, ...Object.values(grads)].flatMap((tensor) => [...tensor.dataSync()]);
      expect(values.every(Number.isFinite)).toBe(true);
      tf.dispose([loss, grads, heads]);
    }
  });

  test('keeps no tensor and refuses shapes that differ', () => {
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const counts = matrix(new Float32Array(30));
      const model = {
        counts,
        mean: tf.onesLike(counts),
        dispersion: tf.ones<tf.Rank.R2>([5, 5]),
      };
      expect(() => countNll(model)).toThrow(ParamError);
      countNll({ ...model, dispersion: tf.onesLike(counts) });
    });
    expect(tf.memory().numTensors).toBe(before);
  });
});
