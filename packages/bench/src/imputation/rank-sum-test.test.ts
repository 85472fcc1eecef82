import { describe, expect, test } from '@jest/globals';
import { rankSumTest, rejectedAt } from './rank-sum-test.js';

describe('rank-sum test', () => {
  // scipy.stats.mannwhitneyu(..., method='asymptotic') 1.10
  test.each([
    [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], 0.012185780355344818],
    [[1, 1, 2, 3, 3], [1, 2, 2, 3, 4, 4], 0.3970009440149582],
    [[0, 0, 0, 5], [0, 0, 0, 0, 0, 1], 0.7609067270751141],
  ])('%j against %j', (a, b, expected) => {
    const isFirst = [...a.map(() => true), ...b.map(() => false)];
    expect(rankSumTest([...a, ...b], isFirst)).toBeCloseTo(expected, 6);
  });

  test('nothing to tell apart: 1', () => {
    expect(rankSumTest([2, 2, 2], [true, false, false])).toBe(1);
    expect(rankSumTest([1, 2, 3], [true, true, true])).toBe(1);
  });
});

test('Benjamini and Hochberg reject up to the last value below its line', () => {
  // Lines at 0.05: .0125, .025, .0375, .05; the second value is above its line, the third is not.
  expect(rejectedAt([0.9, 0.001, 0.03, 0.029], 0.05)).toBe(3);
  expect(rejectedAt([0.02, 0.9, 0.9, 0.9], 0.05)).toBe(0);
  expect(rejectedAt([], 0.05)).toBe(0);
});
