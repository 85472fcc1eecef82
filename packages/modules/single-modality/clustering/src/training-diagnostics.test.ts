import { beforeAll, describe, expect, test } from '@jest/globals';
import { AnnData, categoricalColumn, DataError, DenseMatrix, type History } from '@dance-ts/core';
import { decKl, logSoftAssign, ParameterSet, selectBackend } from '@dance-ts/nn';
import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { recordDiagnostics, trueTarget } from './training-diagnostics.js';

type Rows = readonly (readonly number[])[];

interface Golden {
  readonly name: string;
  readonly X: Rows;
  readonly W: Rows;
  readonly mu: Rows;
  readonly labels_matched: readonly number[];
  readonly lambda_FR: number;
  readonly lambda_FD: number;
}

beforeAll(async () => {
  await selectBackend('cpu');
});

describe('angles between gradients', () => {
  const file = new URL('../../../../../tests/golden/gradient_cosines.json', import.meta.url);
  const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: readonly Golden[] };
  const golden = cases[0]!;

  test('equal the stored ones of a tied linear autoencoder with clusters', async () => {
    const parameters = new ParameterSet();
    const values = Float32Array.from(golden.W.flat());
    const { variable } = parameters.add('W', [golden.W.length, golden.W[0]!.length], values);
    const x = tf.tensor2d(golden.X.map((row) => [...row]));
    const W = variable as tf.Variable<tf.Rank.R2>;
    const centers = tf.tensor2d(golden.mu.map((row) => [...row]));
    const logQ = (): tf.Tensor2D => logSoftAssign(tf.matMul(x, W), centers);
    const target = targetOf(Float32Array.from(tf.tidy(() => logQ().dataSync())), 3);
    const history: History = {};
    const before = tf.memory().numTensors;
    await recordDiagnostics(
      parameters,
      {
        pseudoSupervised: () => decKl(target, logQ(), { reduction: 'sum' }).asScalar(),
        selfSupervised: () => {
          const decoded = tf.matMul(tf.matMul(x, W), W, false, true);
          return tf.sum(tf.square(tf.sub(decoded, x)));
        },
        supervised: () => {
          const oneHot = tf.oneHot([...golden.labels_matched], 3).toFloat() as tf.Tensor2D;
          return decKl(oneHot, logQ(), { reduction: 'sum' }).asScalar();
        },
      },
      history,
    );
    expect(tf.memory().numTensors).toBe(before);
    expect(history['featureRandomness']![0]).toBeCloseTo(golden.lambda_FR, 4);
    expect(history['featureDrift']![0]).toBeCloseTo(golden.lambda_FD, 4);
    parameters.dispose();
  });

  test('a loss that does not reach a weight counts as zeros there', async () => {
    const parameters = new ParameterSet();
    const a = parameters.add('a', [1], Float32Array.of(1)).variable;
    const b = parameters.add('b', [1], Float32Array.of(1)).variable;
    const history: History = {};
    await recordDiagnostics(
      parameters,
      {
        pseudoSupervised: () => tf.sum(tf.add(a, b)),
        selfSupervised: () => tf.sum(tf.mul(b, 2)),
      },
      history,
    );
    expect(history['featureDrift']![0]).toBeCloseTo(Math.SQRT1_2, 6);
    expect(history['featureRandomness']).toBeUndefined();
    parameters.dispose();
  });
});

describe('true labels as a target', () => {
  const logQ = DenseMatrix.fromRows(
    [1, 1, 0, 0, 2].map((cluster) => [0, 1, 2].map((c) => (c === cluster ? -0.1 : -3))),
  );
  const data = AnnData.fromMatrix(DenseMatrix.zeros(5, 1));
  data.obs.set('type', categoricalColumn(Int32Array.of(0, 0, 1, -1, 0), ['b', 'a']));

  test('are in the names of the clusters they match best', () => {
    expect(Array.from(trueTarget(data, logQ, 'type') ?? [])).toEqual(
      [[0, 1, 0], [0, 1, 0], [1, 0, 0], [0, 0, 0], [0, 1, 0]].flat(), // prettier-ignore
    );
  });

  test('labels without a cluster give no target', () => {
    const many = AnnData.fromMatrix(DenseMatrix.zeros(3, 1));
    many.obs.set('type', categoricalColumn(Int32Array.of(0, 1, 1), ['a', 'b']));
    many.channels = { label: { slot: 'obs', key: 'type' } };
    const one = DenseMatrix.fromRows([[0], [0], [0]]);
    expect(Array.from(trueTarget(many, one, undefined) ?? [])).toEqual([0, 1, 1]);
  });

  test('come from the channel, or not at all', () => {
    expect(trueTarget(data, logQ, undefined)).toBeUndefined();
    expect(() => trueTarget(data, logQ, 'nothing')).toThrow(DataError);
  });
});

/** p of deep embedded clustering in plain numbers. */
function targetOf(logQ: Float32Array, k: number): tf.Tensor2D {
  const q = Array.from(logQ, Math.exp);
  const f = Array.from({ length: k }, (_, c) =>
    q.reduce((sum, value, e) => (e % k === c ? sum + value : sum), 0),
  );
  const weights = q.map((value, e) => value ** 2 / f[e % k]!);
  const p = weights.map((value, e) => {
    const row = Math.floor(e / k) * k;
    return value / weights.slice(row, row + k).reduce((sum, other) => sum + other, 0);
  });
  return tf.tensor2d(p, [q.length / k, k]);
}
