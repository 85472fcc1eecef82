import { describe, expect, test } from '@jest/globals';
import { CsrMatrix, DataError, DenseMatrix } from '@dance-ts/core';
import { golden, isClose } from '../testing/golden.js';
import { accuracy, balancedAccuracy, cohenKappa, matthewsCorrelation } from './accuracy.js';
import { confusionMatrix } from './confusion.js';
import { multiLabelAccuracy, resolveTruth } from './label-map.js';
import { classScores, f1Score, precisionRecallF1 } from './precision-recall.js';

interface LabelCase extends Record<string, unknown> {
  readonly name: string;
  readonly y_true: number[];
  readonly y_pred: number[];
  readonly confusion: number[][];
  readonly labels: number[];
  readonly f1_per_class: number[];
}

const { cases, tolerance } = golden('supervised_metrics') as {
  cases: LabelCase[];
  tolerance: { float64: number };
};

describe('scikit-learn', () => {
  test.each(cases.map((c) => [c.name, c] as const))('%s', (_, c) => {
    const { y_true: truth, y_pred: prediction } = c;
    const confusion = confusionMatrix(truth, prediction);
    expect(confusion.labels).toEqual(c.labels);
    expect(confusion.counts.map((row) => Array.from(row))).toEqual(c.confusion);
    const scores: Record<string, number> = {
      accuracy: accuracy(truth, prediction),
      balanced_accuracy: balancedAccuracy(truth, prediction),
      cohen_kappa: cohenKappa(truth, prediction),
    };
    for (const average of ['macro', 'micro', 'weighted'] as const) {
      for (const [name, value] of Object.entries(precisionRecallF1(truth, prediction, average))) {
        scores[`${name}_${average}`] = value as number;
      }
    }
    for (const [name, value] of Object.entries(scores)) {
      const expected = c[name] as number;
      expect([name, value, isClose(value, expected, tolerance.float64)]).toEqual([
        name,
        value,
        true,
      ]);
    }
    classScores(truth, prediction).forEach(({ f1 }, i) => {
      expect(isClose(f1, c.f1_per_class[i]!, tolerance.float64)).toBe(true);
    });
  });
});

describe('Matthews correlation', () => {
  test('two classes: the phi coefficient', () => {
    // tp 3, fn 1, fp 2, tn 4
    const truth = [1, 1, 1, 1, 0, 0, 0, 0, 0, 0];
    const prediction = [1, 1, 1, 0, 1, 1, 0, 0, 0, 0];
    expect(matthewsCorrelation(truth, prediction)).toBeCloseTo(10 / Math.sqrt(5 * 4 * 6 * 5), 14);
  });

  test('three classes, from the definition as a correlation of indicators', () => {
    const truth = ['a', 'a', 'b', 'b', 'c', 'c', 'c'];
    const prediction = ['a', 'b', 'b', 'b', 'c', 'a', 'c'];
    // c n - sum of products = 5 * 7 - (2*2 + 2*3 + 3*2), spreads 49 - 17 and 49 - 17
    expect(matthewsCorrelation(truth, prediction)).toBeCloseTo((35 - 16) / 32, 14);
  });

  test('1 if perfect, 0 for a constant prediction', () => {
    expect(matthewsCorrelation([0, 1, 2], [0, 1, 2])).toBeCloseTo(1, 14);
    expect(matthewsCorrelation([0, 1, 2], [1, 1, 1])).toBe(0);
  });
});

describe('cells without a label', () => {
  const truth = ['a', 'a', 'b', null, null];
  const prediction = ['a', null, 'b', 'b', null];

  test('are wrong, and a miss of the class they have', () => {
    expect(accuracy(truth, prediction)).toBe(2 / 5);
    expect(balancedAccuracy(truth, prediction)).toBe(0.75);
    expect(classScores(truth, prediction)).toEqual([
      { label: 'a', support: 2, precision: 1, recall: 0.5, f1: 2 / 3 },
      { label: 'b', support: 1, precision: 0.5, recall: 1, f1: 2 / 3 },
    ]);
    expect(precisionRecallF1(truth, prediction, 'micro')).toEqual({
      precision: 2 / 3,
      recall: 2 / 3,
      f1: 2 / 3,
    });
    const { declined, unmapped } = confusionMatrix(truth, prediction);
    expect([Array.from(declined), Array.from(unmapped)]).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });

  test('never agree with each other', () => {
    // observed 2/5; expected (2 * 1 + 1 * 2) / 25
    expect(cohenKappa(truth, prediction)).toBeCloseTo((0.4 - 0.16) / 0.84, 14);
    // c n - s = 10 - 4; spreads 25 - (4 + 1 + 4) and 25 - (1 + 4 + 4)
    expect(matthewsCorrelation(truth, prediction)).toBeCloseTo(6 / 16, 14);
  });

  test('only such cells: no class to average', () => {
    expect(balancedAccuracy([null], ['a'])).toBeNaN();
    expect(f1Score([null], [null])).toBe(0);
  });
});

test('one class on both sides: kappa is undefined', () => {
  expect(cohenKappa([4, 4], [4, 4])).toBeNaN();
});

test('classes come numbers first, then texts', () => {
  expect(confusionMatrix([10, 'b', 9], ['a', 'B', 9]).labels).toEqual([9, 10, 'B', 'a', 'b']);
});

describe('labels that map to several classes', () => {
  const classes = ['CD4', 'CD8', 'B'];
  const map = new Map([
    ['T', ['CD4', 'CD8']],
    ['NK', ['NK bright']],
    ['B', ['CD4']],
  ]);
  const truth = ['T', 'T', 'T', 'B', 'NK', 'unheard of', null];
  const prediction = ['CD8', 'CD4', 'B', 'B', 'CD4', 'CD4', 'B'];

  test('any accepted class is right; a class stands for itself; the rest is wrong', () => {
    const resolved = resolveTruth(truth, prediction, { classes, map });
    expect(resolved).toEqual(['CD8', 'CD4', 'CD4', 'B', null, null, null]);
    expect(accuracy(resolved, prediction)).toBe(3 / 7);
    expect(resolveTruth(['T'], ['CD4'], { classes })).toEqual([null]);
  });

  test('as a table of accepted classes', () => {
    const table = DenseMatrix.fromRows([
      [1, 1, 0],
      [1, 1, 0],
      [1, 1, 0],
      [0, 0, 1],
      [0, 0, 0],
      [1, 0, 0],
    ]);
    const predicted = [1, 0, 2, 2, 0, -1];
    expect(multiLabelAccuracy(table, predicted)).toBe(3 / 6);
    expect(multiLabelAccuracy(CsrMatrix.fromDense(table), predicted)).toBe(3 / 6);
    expect(() => multiLabelAccuracy(table, [0])).toThrow(DataError);
    expect(() => multiLabelAccuracy(table, [0, 0, 0, 3, 0, 0])).toThrow(/cell 3 .* got 3/);
  });
});

test.each([
  [[0, 1], [0]],
  [[], []],
])('lengths %p and %p are refused', (truth, prediction) => {
  for (const metric of [accuracy, balancedAccuracy, cohenKappa, matthewsCorrelation, f1Score]) {
    expect(() => metric(truth, prediction)).toThrow(DataError);
  }
});
