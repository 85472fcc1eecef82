/*
 * Reference scores: scikit-learn 1.9.1, mean score_samples of 20 forests
 * IsolationForest(n_estimators=1000, max_samples=64, random_state=0..19) on the data of
 * `quasiRandom`; one such forest varies by 0.001 to 0.005. OFFSET is offset_ of one forest of
 * 20,000 trees with contamination=0.1.
 */
import { describe, expect, test } from '@jest/globals';
import {
  AbortError,
  CsrMatrix,
  DataError,
  DenseMatrix,
  NotFittedError,
  ParamError,
} from '@dance-ts/core';
import { expectClose } from '../testing/expect-close.js';
import { IsolationForest } from './isolation-forest.js';
import { averagePathLength } from './isolation-tree.js';

const SCORES = [
  -0.77698, -0.51774, -0.42384, -0.39806, -0.44216, -0.63695, -0.39634, -0.55077, -0.40491, -0.4435,
  -0.40805, -0.40685,
];
const MEAN_SCORE = -0.46279;
const SD_SCORE = 0.06872;
const OFFSET = -0.56254;

/** 150 points: two columns without gaps, one that is mostly 0; the first two points lie apart. */
function quasiRandom(): DenseMatrix {
  const fraction = (x: number): number => x - Math.floor(x);
  const rows = Array.from({ length: 150 }, (_, i) => {
    const u = fraction(i * 0.7548776662);
    const w = fraction(i * 0.438579021);
    return [u * u, fraction(i * 0.569840291) + 0.5 * u, w < 0.2 ? w : 0];
  });
  rows[0] = [3, 3, 1];
  rows[1] = [-2, 0.5, 0];
  return DenseMatrix.fromRows(rows);
}

const X = quasiRandom();

describe('IsolationForest', () => {
  test('scores and offset are those of scikit-learn, but for the random numbers', async () => {
    const options = { nEstimators: 1200, maxSamples: 64, contamination: 0.1 };
    const model = await new IsolationForest(options).fit(X);
    const scores = await model.scoreSamples(X);
    expectClose(scores.subarray(0, 12), SCORES, 0.015);
    const mean = scores.reduce((sum, score) => sum + score, 0) / 150;
    const variance = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / 150;
    expect(mean).toBeCloseTo(MEAN_SCORE, 2.5);
    expect(Math.sqrt(variance)).toBeCloseTo(SD_SCORE, 2.5);
    expect(Math.abs(model.offset - OFFSET)).toBeLessThan(0.012);
    const labels = await model.predict(X);
    expect(labels.filter((label) => label === -1)).toHaveLength(15);
    const decisions = await model.decisionFunction(X);
    expectClose(
      decisions,
      scores.map((score) => score - model.offset),
      0,
    );
  });

  test('paths of three points on a line, worked out by hand', async () => {
    // The first split falls into (0, 1] with probability 1/3: the points lie at depths 1, 2, 2;
    // else at 2, 2, 1. The depth is at most ceil(log2(3)) = 2.
    const line = DenseMatrix.fromRows([[0], [1], [3]]);
    const model = await new IsolationForest({ nEstimators: 4000 }).fit(line);
    const scores = await model.scoreSamples(line);
    const expected = [5 / 3, 2, 4 / 3].map((path) => -(2 ** (-path / averagePathLength(3))));
    expectClose(scores, expected, 0.006);
    expect(scores[1]).toBeCloseTo(expected[1]!, 6);
  });

  test('rows that cannot be told apart, and a single one, score -1/2', async () => {
    for (const n of [1, 2, 3, 7, 40, 99, 100]) {
      const same = DenseMatrix.fromRows(Array.from({ length: n }, () => [1, 2]));
      const model = await new IsolationForest({ nEstimators: 3 }).fit(same);
      expectClose(await model.scoreSamples(same), new Float64Array(n).fill(-0.5), 0);
      expect([...(await model.predict(same))].filter((label) => label === -1)).toHaveLength(0);
    }
  });

  test('mean path lengths of binary search trees', () => {
    // c(n) = 2 H(n - 1) - 2 (n - 1) / n, with the harmonic number by Euler's approximation.
    expect([0, 1, 2].map(averagePathLength)).toEqual([0, 0, 1]);
    const harmonic = Array.from({ length: 255 }, (_, i) => 1 / (i + 1)).reduce((s, v) => s + v);
    expect(averagePathLength(256)).toBeCloseTo(2 * harmonic - (2 * 255) / 256, 2);
  });

  test('sparse data give the same forest; a saved state, the same scores', async () => {
    const options = { nEstimators: 20, maxSamples: 0.3, seed: 4 };
    const dense = await new IsolationForest(options).fit(X);
    const sparse = await new IsolationForest(options).fit(CsrMatrix.fromDense(X));
    const scores = await dense.scoreSamples(X);
    expect(await sparse.scoreSamples(CsrMatrix.fromDense(X))).toEqual(scores);
    const copy = IsolationForest.fromState(dense.toState());
    expect(await copy.decisionFunction(X)).toEqual(await dense.decisionFunction(X));
    const other = await new IsolationForest({ ...options, seed: 5 }).fit(X);
    expect(await other.scoreSamples(X)).not.toEqual(scores);
  });

  test('wrong options and data are refused', async () => {
    for (const options of [
      { nEstimators: 0 },
      { maxSamples: 0 },
      { maxSamples: 1.5 },
      { contamination: 0.6 },
      { contamination: 0 },
    ]) {
      expect(() => new IsolationForest(options)).toThrow(ParamError);
    }
    const model = new IsolationForest({ nEstimators: 2 });
    await expect(model.scoreSamples(X)).rejects.toThrow(NotFittedError);
    await expect(model.fit(DenseMatrix.fromRows([[NaN]]))).rejects.toThrow(DataError);
    await expect(model.fit(X, { signal: AbortSignal.abort() })).rejects.toThrow(AbortError);
    await model.fit(X);
    await expect(model.predict(X.selectColumns([0]))).rejects.toThrow(/other columns/);
  });
});
