import { describe, expect, test } from '@jest/globals';
import { AbortError, DataError, DenseMatrix, ParamError, Rng } from '@dance-ts/core';
import { golden, isClose } from '../testing/golden.js';
import { accuracy } from './accuracy.js';
import { bootstrapInterval, pick } from './bootstrap.js';
import {
  expectedCalibrationError,
  logLoss,
  rocAucOneVsRest,
  topAnswers,
  topKAccuracy,
} from './probabilities.js';
import { averagePrecision, rocAuc } from './ranking.js';
import { answeredOnly, riskCoverage } from './rejection.js';

const { ranking, tolerance } = golden('supervised_metrics') as {
  ranking: { y: number[]; score: number[]; roc_auc: number; average_precision: number };
  tolerance: { float64: number };
};

describe('ranking', () => {
  test('scikit-learn, scores with ties', () => {
    const { y, score } = ranking;
    expect(isClose(rocAuc(y, score), ranking.roc_auc, tolerance.float64)).toBe(true);
    const precision = averagePrecision(y, score);
    expect(isClose(precision, ranking.average_precision, tolerance.float64)).toBe(true);
  });

  test('a constant score is chance; a class alone has no area', () => {
    expect(rocAuc([true, false, false], [1, 1, 1])).toBe(0.5);
    expect(averagePrecision([1, 0, 0, 0], [2, 2, 2, 2])).toBe(0.25);
    expect(rocAuc([1, 1], [0, 1])).toBeNaN();
    expect(averagePrecision([0, 0], [0, 1])).toBeNaN();
  });

  test('NaN and other lengths are refused', () => {
    expect(() => rocAuc([1, 0], [NaN, 1])).toThrow(DataError);
    expect(() => averagePrecision([1, 0], [1])).toThrow(DataError);
  });
});

const classes = ['a', 'b', 'c'];
const probabilities = DenseMatrix.fromRows([
  [0.5, 0.25, 0.25],
  [0.25, 0.5, 0.25],
  [0.25, 0.25, 0.5],
  [0.75, 0.125, 0.125],
]);
const prediction = { classes, probabilities };

describe('class probabilities', () => {
  test('log loss is the mean surprise; a label that is no class has the largest', () => {
    const expected = -(Math.log(0.5) + Math.log(0.25) + Math.log(0.5) + Math.log(0.125)) / 4;
    expect(logLoss(['a', 'a', 'c', 'b'], prediction)).toBeCloseTo(expected, 12);
    expect(logLoss(['x', 'b', 'c', 'a'], prediction)).toBeGreaterThan(9);
    const scaled = { classes, probabilities: probabilities.mapData((value) => 4 * value) };
    expect(logLoss(['a', 'a', 'c', 'b'], scaled)).toBeCloseTo(expected, 12);
  });

  test('top k, equal scores by the order of classes', () => {
    const truth = ['a', 'a', 'a', null];
    expect(topKAccuracy(truth, prediction, 1)).toBe(1 / 4);
    expect(topKAccuracy(truth, prediction, 2)).toBe(3 / 4);
    expect(topKAccuracy(['b', 'c', 'b', 'c'], prediction, 2)).toBe(1 / 4);
    expect(topKAccuracy(['c', 'c', 'b', 'c'], prediction)).toBe(1);
  });

  test('one versus rest: mean over the classes that have cells', () => {
    // a: positives .5 and .25 against .25 and .75; b: .5 against .25, .25, .125; no cell of c
    const truth = ['a', 'b', 'a', 'x'];
    expect(rocAucOneVsRest(truth, prediction)).toBeCloseTo((1.5 / 4 + 1) / 2, 14);
    expect(rocAucOneVsRest(['x', 'x', 'x', 'x'], prediction)).toBeNaN();
  });

  test('calibration: two bins, gaps weighted by their cells', () => {
    const truth = ['a', 'a', 'c', 'a'];
    // [0, .5]: 3 cells, accuracy 2/3, confidence 1/2; (.5, 1]: 1 cell, accuracy 1, confidence 3/4
    const expected = (3 * (2 / 3 - 1 / 2) + 1 / 4) / 4;
    expect(expectedCalibrationError(truth, prediction, 2)).toBeCloseTo(expected, 14);
    const sure = {
      classes,
      probabilities: DenseMatrix.fromRows([
        [1, 0, 0],
        [0, 0, 1],
      ]),
    };
    expect(expectedCalibrationError(['a', 'c'], sure)).toBe(0);
    expect(expectedCalibrationError(['b', 'b'], sure)).toBe(1);
  });

  test('shapes that do not fit and values that are not finite are refused', () => {
    expect(() => logLoss(['a'], prediction)).toThrow(DataError);
    expect(() => topAnswers(['a', 'a', 'a', 'a'], { classes: ['a'], probabilities })).toThrow(
      /1 classes and 4 x 3/,
    );
    const broken = { classes, probabilities: probabilities.mapData(() => NaN) };
    expect(() => topKAccuracy(['a', 'a', 'a', 'a'], broken)).toThrow(/cell 0/);
  });
});

describe('rejection', () => {
  test('curve and area of distinct confidences', () => {
    const curve = riskCoverage([1, 1, 0, 1], [0.9, 0.8, 0.7, 0.6]);
    expect(Array.from(curve.coverage)).toEqual([0.25, 0.5, 0.75, 1]);
    expect(Array.from(curve.risk)).toEqual([0, 0, 1 / 3, 1 / 4]);
    expect(Array.from(curve.threshold)).toEqual([0.9, 0.8, 0.7, 0.6]);
    expect(curve.area).toBeCloseTo((1 / 3 + 1 / 4) / 4, 14);
    expect(curve.excessArea).toBeCloseTo(1 / 3 / 4, 14);
  });

  test('a constant confidence has the risk everywhere, in any order of cells', () => {
    for (const correct of [
      [0, 1, 1, 1],
      [1, 1, 1, 0],
    ]) {
      const curve = riskCoverage(correct, [1, 1, 1, 1]);
      expect(Array.from(curve.risk)).toEqual([0.25]);
      expect(curve.area).toBeCloseTo(0.25, 14);
    }
  });

  test('from class probabilities: the best order has no excess', () => {
    const { confidence, correct } = topAnswers(['x', 'b', 'c', 'a'], prediction);
    expect(Array.from(confidence)).toEqual([0.5, 0.5, 0.5, 0.75]);
    expect(Array.from(correct)).toEqual([0, 1, 1, 1]);
    expect(riskCoverage(correct, [0, 1, 1, 1]).excessArea).toBeCloseTo(0, 14);
    expect(riskCoverage([], []).area).toBeNaN();
  });
});

test('declined cells can be left out, at the price of coverage', () => {
  expect(answeredOnly(['a', 'b', null, 'c'], ['a', null, 'b', 'b'])).toEqual({
    truth: ['a', null, 'c'],
    prediction: ['a', 'b', 'b'],
    coverage: 0.75,
  });
});

describe('bootstrap', () => {
  const truth = Array.from({ length: 200 }, (_, i) => i % 2);
  const guess = truth.map((label, i) => (i % 4 === 0 ? 1 - label : label));
  const score = (cells: Int32Array): number => accuracy(pick(truth, cells), pick(guess, cells));

  test('interval and error of an accuracy are those of a binomial share', async () => {
    const rng = Rng.fromSeed(0);
    const found = await bootstrapInterval(200, score, { rng, repetitions: 2000 });
    const error = Math.sqrt((0.75 * 0.25) / 200);
    expect(found.estimate).toBe(0.75);
    expect(found.standardError / error).toBeCloseTo(1, 1);
    expect((found.high - found.low) / (2 * 1.96 * error)).toBeCloseTo(1, 1);
    expect(found.defined).toBe(2000);
  });

  test('the same stream gives the same interval; a wider level a wider one', async () => {
    const run = (level: number) =>
      bootstrapInterval(200, score, { rng: Rng.fromSeed(3), repetitions: 200, level });
    const narrow = await run(0.5);
    expect(await run(0.5)).toEqual(narrow);
    const wide = await run(0.99);
    expect(wide.low).toBeLessThan(narrow.low);
    expect(wide.high).toBeGreaterThan(narrow.high);
  });

  test('undefined resamples are counted out', async () => {
    const rng = Rng.fromSeed(1);
    const half = (cells: Int32Array): number => (cells[0] === 0 ? NaN : 1);
    const found = await bootstrapInterval(2, half, { rng, repetitions: 100 });
    expect(found.estimate).toBeNaN();
    expect(found.defined).toBeGreaterThan(30);
    expect(found.defined).toBeLessThan(70);
    expect([found.low, found.high, found.standardError]).toEqual([1, 1, 0]);
  });

  test('refusals and abort', async () => {
    const rng = Rng.fromSeed(1);
    await expect(bootstrapInterval(0, score, { rng })).rejects.toThrow(DataError);
    await expect(bootstrapInterval(9, score, { rng, level: 95 })).rejects.toThrow(ParamError);
    await expect(bootstrapInterval(9, score, { rng, repetitions: 0 })).rejects.toThrow(ParamError);
    const signal = AbortSignal.abort();
    await expect(bootstrapInterval(9, score, { rng, signal })).rejects.toThrow(AbortError);
  });
});
