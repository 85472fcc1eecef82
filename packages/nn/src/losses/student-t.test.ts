import { beforeAll, describe, expect, test } from '@jest/globals';
import { DataError, ParamError } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { selectBackend } from '../backend/select-backend.js';
import { goldenCase, type GoldenCase } from '../testing/golden.js';
import {
  expectClose,
  expectGradients,
  gradientsOf,
  TESTED_DEVICES,
  valuesOf,
  variableOf,
} from '../testing/numeric.js';
import { Parameter } from '../parameters.js';
import { decKl, pseudoLabelKl } from './cluster-kl.js';
import { logSoftAssign, softAssign } from './student-t.js';
import { targetDistribution } from './target-distribution.js';

const TOPIC = 'dec_soft_assignment';
const CASES = ['alpha1', 'alpha3', 'alpha05', 'far_points', 'coincident'];

const matrixOf = ({ variable }: Parameter): tf.Tensor2D => variable as tf.Tensor as tf.Tensor2D;

function parameterOf(golden: GoldenCase, key: string): Parameter {
  const rows = golden.rows(key);
  return new Parameter(key, [rows.length, rows[0]!.length], Float32Array.from(rows.flat()), true);
}

const FAR = [1e3, -1e6, 1e12];

describe.each(TESTED_DEVICES)('soft assignment on %s', (device) => {
  beforeAll(async () => {
    await selectBackend(device);
  });

  describe.each(CASES)('stored case %s', (name) => {
    const golden = goldenCase(TOPIC, name);
    const options = { alpha: golden.number('alpha') };
    const nClusters = golden.rows('mu').length;

    test('assignment, target, loss and gradients', () => {
      const [z, mu] = [parameterOf(golden, 'z'), parameterOf(golden, 'mu')];
      const logQ = (): tf.Tensor2D => logSoftAssign(matrixOf(z), matrixOf(mu), options);
      expectClose(
        valuesOf(() => softAssign(matrixOf(z), matrixOf(mu), options)),
        golden.numbers('q'),
        1e-6,
      );
      const p = targetDistribution(Float32Array.from(valuesOf(logQ)), nClusters);
      expectClose(p, golden.numbers('p'), 1e-5);
      const target = (): tf.Tensor2D => tf.tensor2d(p, [p.length / nClusters, nClusters]);
      const sum = golden.number('kl_sum');
      expectClose(
        valuesOf(() => decKl(target(), logQ(), { reduction: 'sum' })),
        [sum],
        1e-5,
      );
      expectClose(
        valuesOf(() => decKl(target(), logQ())),
        [golden.number('kl_batchmean')],
        2e-6,
      );
      const gradients = gradientsOf(() => decKl(target(), logQ()), [z, mu], [1]);
      // The stored loss adds 1e-6 to q.
      expectClose(gradients[0]!, golden.numbers('grad_z'), 2e-5);
      expectClose(gradients[1]!, golden.numbers('grad_mu'), 2e-5);
    });
  });

  test('the stored autoencoder with a clustering layer', () => {
    const golden = goldenCase('tiny_models', 'zinb_autoencoder_with_dec');
    const [z, mu] = [parameterOf(golden, 'latent'), parameterOf(golden, 'mu')];
    const logQ = (): tf.Tensor2D => logSoftAssign(matrixOf(z), matrixOf(mu));
    expectClose(valuesOf(logQ).map(Math.exp), golden.numbers('q'), 1e-6);
    const p = targetDistribution(Float32Array.from(valuesOf(logQ)), 2);
    expectClose(p, golden.numbers('p'), 1e-6);
    const loss = (): tf.Tensor => decKl(tf.tensor2d(p, [p.length / 2, 2]), logQ());
    // The stored loss adds 1e-6 to q, and its gradient is that of gamma times the loss.
    expectClose(valuesOf(loss), [golden.number('cluster_loss')], 3e-6);
    const [, byCenters = []] = gradientsOf(loss, [z, mu], [golden.number('gamma')]);
    expectClose(byCenters, golden.numbers('grad_mu'), 1e-5);
  });

  test('the stored divergence of two distributions', () => {
    const golden = goldenCase('layers_losses', 'kl_div');
    const loss = (reduction: 'mean' | 'sum') => (): tf.Tensor =>
      decKl(tf.tensor2d(golden.rows('p')), tf.log(tf.tensor2d(golden.rows('q'))), { reduction });
    expectClose(valuesOf(loss('mean')), [golden.number('batchmean')], 1e-6);
    expectClose(valuesOf(loss('sum')), [golden.number('sum')], 1e-6);
  });

  test('the stored assignment of SpaGCN, whose exponent is alpha + 1', () => {
    const golden = goldenCase('spatial_kernels', 'spagcn_q_alpha0.2');
    const alpha = golden.number('alpha');
    expectClose(
      valuesOf(() => {
        const [z, mu] = [tf.tensor2d(golden.rows('z')), tf.tensor2d(golden.rows('mu'))];
        return softAssign(z, mu, { alpha, exponent: alpha + 1 });
      }),
      golden.numbers('q'),
      1e-5,
    );
  });

  test.each([
    [1, undefined],
    [3, undefined],
    [0.5, undefined],
    [10, 11],
  ])('gradients are those of finite differences, alpha %p, exponent %p', (alpha, exponent) => {
    const [z, centers] = [variableOf([4, 3]), variableOf([3, 3], 1)];
    const options = { alpha, ...(exponent !== undefined && { exponent }) };
    const logQ = (): tf.Tensor => logSoftAssign(matrixOf(z), matrixOf(centers), options);
    expectGradients(logQ, [z, centers], { step: 5e-3, tolerance: 2e-3 });
  });

  test('the exponent is the power of the kernel', () => {
    const z = tf.tensor2d([[0, 0]]);
    const centers = tf.tensor2d([
      [1, 0],
      [0, 2],
    ]);
    const [near, far] = [(1 + 1 / 10) ** -11, (1 + 4 / 10) ** -11];
    expectClose(
      valuesOf(() => softAssign(z, centers, { alpha: 10, exponent: 11 })),
      [near / (near + far), far / (near + far)],
      1e-6,
    );
  });

  test.each(FAR)('stays finite at distance %p from the centers', (distance) => {
    const z = variableOf([3, 2]);
    z.set(Float32Array.of(distance, distance, 0, 0, 1, 1));
    const centers = variableOf([2, 2]);
    centers.set(Float32Array.of(0, 0, 1, 1));
    const options = { alpha: 10, exponent: 11 };
    const logQ = (): tf.Tensor2D => logSoftAssign(matrixOf(z), matrixOf(centers), options);
    const p = targetDistribution(Float32Array.from(valuesOf(logQ)), 2);
    const loss = (): tf.Tensor => decKl(tf.tensor2d(p, [3, 2]), logQ());
    const all = [...p, ...valuesOf(loss), ...gradientsOf(loss, [z, centers], [1]).flat()];
    expect(all.every(Number.isFinite)).toBe(true);
  });

  test('the target is a constant: no gradient reaches it', () => {
    const [p, logQ] = [variableOf([2, 3]), variableOf([2, 3], 1)];
    p.set(p.values.map(Math.abs));
    const loss = (): tf.Tensor => decKl(matrixOf(p), matrixOf(logQ), { reduction: 'sum' });
    const [byTarget = [], byLogQ = []] = gradientsOf(loss, [p, logQ], [1]);
    expect(byTarget.map(Math.abs)).toEqual(Array.from(p.values, () => 0));
    expectClose(
      byLogQ,
      p.values.map((value) => -value),
      1e-6,
    );
  });

  test('a one-hot target gives the cross-entropy', () => {
    const q = [0.2, 0.5, 0.3, 0.6, 0.3, 0.1];
    const losses = valuesOf(() =>
      decKl(tf.tensor2d([0, 1, 0, 1, 0, 0], [2, 3]), tf.tensor2d(q.map(Math.log), [2, 3]), {
        reduction: 'none',
      }),
    );
    expectClose(losses, [-Math.log(0.5), -Math.log(0.6)], 1e-6);
  });

  test('a NaN of the embedding reaches the loss', () => {
    const loss = (): tf.Tensor =>
      decKl(tf.tensor2d([[1, 0]]), logSoftAssign(tf.tensor2d([[NaN, 0]]), tf.zeros([2, 2])));
    expect(valuesOf(loss)).toEqual([NaN]);
    expect(valuesOf(() => decKl(tf.tensor2d([[NaN, 0]]), tf.zeros([1, 2])))).toEqual([NaN]);
  });

  test('keeps no tensor and refuses what does not fit', () => {
    const before = tf.memory().numTensors;
    valuesOf(() => decKl(tf.zeros([2, 3]), logSoftAssign(tf.zeros([2, 4]), tf.zeros([3, 4]))));
    expect(tf.memory().numTensors).toBe(before);
    tf.tidy(() => {
      expect(() => softAssign(tf.zeros([2, 4]), tf.zeros([3, 5]))).toThrow(ParamError);
      expect(() => softAssign(tf.zeros([2, 4]), tf.zeros([3, 4]), { alpha: 0 })).toThrow(
        ParamError,
      );
      expect(() => decKl(tf.zeros([2, 4]), tf.zeros([2, 3]))).toThrow(ParamError);
    });
  });

  describe('pseudoLabelKl', () => {
    test('is KL(q || p) with a floor under p', () => {
      const q = [0.2, 0.8];
      const loss = valuesOf(() => pseudoLabelKl(logsOf(q), tf.tensor2d([[0, 1]])));
      const expected = 0.2 * Math.log(0.2 / 1e-7) + 0.8 * Math.log(0.8);
      expectClose(loss, [expected], 1e-5);
    });

    test('has the gradients of finite differences', () => {
      const logits = variableOf([3, 4]);
      const target = (): tf.Tensor2D =>
        tf.tensor2d([1, 0, 0, 0, 0.1, 0.2, 0.3, 0.4, 0, 0, 1, 0], [3, 4]);
      const loss = (): tf.Tensor =>
        pseudoLabelKl(tf.logSoftmax(matrixOf(logits)), target(), { floor: 1e-3 });
      expectGradients(loss, [logits]);
    });
  });
});

const logsOf = (values: readonly number[]): tf.Tensor2D => tf.tensor2d([values.map(Math.log)]);

describe('targetDistribution', () => {
  test('sharpens in closed form and gives rows that sum to 1', () => {
    const q = [0.9, 0.1, 0.6, 0.4];
    const [f0, f1] = [1.5, 0.5];
    const expected = [0, 2].flatMap((i) => {
      const [a, b] = [q[i]! ** 2 / f0, q[i + 1]! ** 2 / f1];
      return [a / (a + b), b / (a + b)];
    });
    expectClose(targetDistribution(Float32Array.from(q, Math.log), 2), expected, 1e-6);
  });

  test('a cluster nobody belongs to leaves the target finite', () => {
    const p = targetDistribution(Float32Array.of(0, -500, 0, -500), 2);
    // q² / f of the dead cluster is e^-500 / 2, that of the other 1 / 2.
    expectClose(p, [1, 0, 1, 0], 1e-6);
  });

  test('refuses rows that are not full and values that are not finite', () => {
    expect(() => targetDistribution(new Float32Array(5), 2)).toThrow(DataError);
    expect(() => targetDistribution(Float32Array.of(0, NaN), 2)).toThrow(DataError);
  });
});
