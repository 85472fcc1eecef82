import { describe, expect, test } from '@jest/globals';
import { DataError, DenseMatrix } from '@dance-ts/core';
import type { DenseValues } from '../regression/values.js';
import { golden, isClose } from '../testing/golden.js';
import { jensenShannonDivergence } from './divergence.js';
import {
  correlationPerType,
  divergencePerSpot,
  meanDivergence,
  meanTypeCorrelation,
  proportionBaselines,
} from './proportions.js';

const { regression, tolerance } = golden('supervised_metrics') as {
  regression: {
    name: string;
    true: number[];
    pred: number[];
    jensen_shannon_base_e_of_softmax: number;
  }[];
  tolerance: { float64: number };
};

function softmax(values: number[]): number[] {
  const largest = Math.max(...values);
  return values.map((value) => Math.exp(value - largest));
}

describe('Jensen-Shannon', () => {
  test.each(regression.map((c) => [c.name, c] as const))('scipy: %s', (_, c) => {
    const divergence = jensenShannonDivergence(softmax(c.true), softmax(c.pred), Math.E);
    const expected = c.jensen_shannon_base_e_of_softmax;
    expect(isClose(Math.sqrt(divergence), expected, tolerance.float64)).toBe(true);
  });

  test('disjoint 1, equal up to scale 0, empty undefined', () => {
    expect(jensenShannonDivergence([1, 0], [0, 3])).toBeCloseTo(1, 14);
    expect(jensenShannonDivergence([1, 3], [2, 6])).toBe(0);
    expect(jensenShannonDivergence([0, 0], [1, 0])).toBeNaN();
  });

  test('what is no distribution is refused', () => {
    expect(() => jensenShannonDivergence([1], [1, 0])).toThrow(DataError);
    expect(() => jensenShannonDivergence([1, -1], [1, 0])).toThrow(/-1 at place 1/);
    expect(() => jensenShannonDivergence([1, NaN], [1, 0])).toThrow(DataError);
  });
});

function float64(rows: number[][]): DenseValues {
  return { kind: 'dense', nRows: rows.length, nCols: rows[0]!.length, data: rows.flat() };
}

describe('proportions', () => {
  const truth = float64([
    [1, 0, 0],
    [0.5, 0.5, 0],
    [0, 1, 0],
    [0, 0, 0],
  ]);
  const prediction = float64([
    [0, 1, 0],
    [0.5, 0.5, 0],
    [0, 1, 0],
    [1, 0, 0],
  ]);

  test('divergence of each spot, and its mean over those that have proportions', () => {
    expect(Array.from(divergencePerSpot(truth, prediction))).toEqual([
      expect.closeTo(1, 14),
      0,
      0,
      NaN,
    ]);
    expect(meanDivergence(truth, prediction)).toBeCloseTo(1 / 3, 14);
  });

  test('correlation of each type, and its mean over those that vary', () => {
    const [first = NaN, second = NaN, third] = correlationPerType(truth, prediction);
    // Deviations from the means .375 and .375: products (-.375*.625 + .125*.125 + .375^2 - .375*.625)
    const products = 0.625 * -0.375 + 0.125 * 0.125 + 0.375 * 0.375 - 0.375 * 0.625;
    expect(first).toBeCloseTo(products / (0.625 ** 2 + 0.125 ** 2 + 2 * 0.375 ** 2), 12);
    expect(third).toBeNaN();
    expect(meanTypeCorrelation(truth, prediction)).toBeCloseTo((first + second) / 2, 14);
  });

  test('constant predictions', () => {
    const spots = DenseMatrix.fromRows([
      [1, 0],
      [0, 1],
      [1, 0],
      [1, 0],
    ]);
    const { uniform, globalMean } = proportionBaselines(spots);
    expect(uniform).toBe(0.25);
    expect(globalMean).toBeCloseTo(0.75 * 0.25, 14);
    expect(() => proportionBaselines(DenseMatrix.zeros(0, 3))).toThrow(DataError);
  });
});
