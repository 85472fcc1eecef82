import { beforeAll, describe, expect, test } from '@jest/globals';
import { AbortError, CsrMatrix, DenseMatrix, Rng, type ProgressUpdate } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { selectBackend } from '../backend/select-backend.js';
import { dense } from '../ops/dense.js';
import { expectClose, TESTED_DEVICES } from '../testing/numeric.js';
import { integratedGradients, type ScoreFunction } from './integrated-gradients.js';

const N = 7;
const WIDTH = 5;

function randomMatrix(nRows: number, nCols: number, seed: number): DenseMatrix {
  const rng = Rng.fromSeed(seed);
  return new DenseMatrix(
    nRows,
    nCols,
    Float32Array.from({ length: nRows * nCols }, () => rng.normal()),
  );
}

describe.each(TESTED_DEVICES)('integratedGradients on %s', (device) => {
  beforeAll(async () => {
    await selectBackend(device);
  });

  const inputs = randomMatrix(N, WIDTH, 1);
  const baseline = Float32Array.of(0.5, -1, 0, 2, 0.25);
  const weights = Float32Array.of(1, -2, 0.5, 3, -0.25);
  const linear: ScoreFunction = (x) =>
    tf.reshape(tf.matMul(x, tf.tensor2d(weights, [WIDTH, 1])), [-1]);

  test('of a linear score are w (x - b), with any number of steps', async () => {
    for (const steps of [1, 4]) {
      const { attributions } = await integratedGradients(linear, inputs, baseline, { steps });
      const expected = inputs.data.map((x, e) => weights[e % WIDTH]! * (x - baseline[e % WIDTH]!));
      expectClose(attributions.data, expected, 1e-5);
    }
  });

  test('of a product are halved between its factors, of a sum its terms', async () => {
    // S = x_0 x_1 from (0, 0): each factor gets x_0 x_1 / 2. S = x_2^3 gives x_2^3 to x_2.
    const score: ScoreFunction = (x) => {
      const column = (c: number): tf.Tensor1D => tf.reshape(tf.slice(x, [0, c], [-1, 1]), [-1]);
      return tf.add(tf.mul(column(0), column(1)), tf.pow(column(2), 3));
    };
    const zero = new Float32Array(WIDTH);
    const { attributions } = await integratedGradients(score, inputs, zero, { steps: 50 });
    for (let i = 0; i < N; i++) {
      const [a = NaN, b = NaN, c = NaN] = inputs.row(i);
      expectClose(attributions.row(i), [(a * b) / 2, (a * b) / 2, c ** 3, 0, 0], 1e-3);
    }
  });

  describe('of a network', () => {
    const first = randomMatrix(WIDTH, 6, 2).data;
    const second = randomMatrix(6, 1, 3).data.map((w) => w / 5);
    const network: ScoreFunction = (x) => {
      const h = dense(x, tf.tensor2d(first, [WIDTH, 6]), tf.zeros([6]), true);
      return tf.reshape(tf.tanh(dense(h, tf.tensor2d(second, [6, 1]))), [-1]);
    };
    const plain = (x: ArrayLike<number>): number => {
      let sum = 0;
      for (let k = 0; k < 6; k++) {
        let h = 0;
        for (let j = 0; j < WIDTH; j++) h += x[j]! * first[j * 6 + k]!;
        sum += Math.max(0, h) * second[k]!;
      }
      return Math.tanh(sum);
    };

    test('add up to the difference of the scores, row by row', async () => {
      const result = await integratedGradients(network, inputs, baseline, { steps: 100 });
      const sums = result.attributions.rowSums();
      for (let i = 0; i < N; i++) {
        expect(result.scores[i]).toBeCloseTo(plain(inputs.row(i)), 5);
        expect(result.baselineScores[i]).toBeCloseTo(plain(baseline), 5);
        const difference = plain(inputs.row(i)) - plain(baseline);
        expect(Math.abs(sums[i]! - difference)).toBeLessThan(0.01 * Math.abs(difference));
      }
    });

    test('agree with finite differences along a finely cut way', async () => {
      const { attributions } = await integratedGradients(network, inputs, baseline, { steps: 100 });
      const [pieces, h] = [400, 1e-5];
      for (let i = 0; i < N; i++) {
        const x = inputs.row(i);
        const expected = Array.from(x, (value, j) => {
          let slopes = 0;
          for (let p = 0; p < pieces; p++) {
            const share = (p + 0.5) / pieces;
            const at = Array.from(x, (v, c) => baseline[c]! + share * (v - baseline[c]!));
            const up = plain(at.with(j, at[j]! + h));
            slopes += (up - plain(at.with(j, at[j]! - h))) / (2 * h * pieces);
          }
          return (value - baseline[j]!) * slopes;
        });
        expectClose(attributions.row(i), expected, 5e-3);
      }
    });

    test('do not depend on batches or on how the inputs are stored', async () => {
      const whole = await integratedGradients(network, inputs, baseline, { steps: 8 });
      const cut = await integratedGradients(network, CsrMatrix.fromDense(inputs), baseline, {
        ...{ steps: 8, batchSize: 3 },
      });
      expectClose(cut.attributions.data, whole.attributions.data, 1e-5);
      expectClose(cut.scores, whole.scores, 1e-6);
    });

    test('reports its steps and leaves no tensors', async () => {
      const seen: ProgressUpdate[] = [];
      const reporter = {
        progress: (update: ProgressUpdate): void => {
          seen.push(update);
        },
        message: (): void => undefined,
      };
      const before = tf.memory().numTensors;
      await integratedGradients(network, inputs, baseline, { steps: 3, batchSize: 4, reporter });
      expect(tf.memory().numTensors).toBe(before);
      expect(seen.map(({ done }) => done)).toEqual([1, 2, 3, 4, 5, 6]);
      expect(seen.every(({ total }) => total === 6)).toBe(true);
    });

    test('stops at an abort in the middle and leaves no tensors', async () => {
      const abort = new AbortController();
      let nScores = 0;
      const counted: ScoreFunction = (x, rows) => {
        if (++nScores === 5) abort.abort();
        return network(x, rows);
      };
      const before = tf.memory().numTensors;
      const { signal } = abort;
      const work = integratedGradients(counted, inputs, baseline, { signal });
      await expect(work).rejects.toThrow(AbortError);
      expect(nScores).toBe(5);
      expect(tf.memory().numTensors).toBe(before);
    });
  });
});
