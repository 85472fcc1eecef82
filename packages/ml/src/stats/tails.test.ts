import { expect, test } from '@jest/globals';
import { golden } from '../testing/golden.js';
import { normalTwoSided } from './rank-sums.js';
import { studentTwoSided } from './student-distribution.js';

/** 2 scipy.stats.norm.sf(z) and 2 scipy.stats.t.sf(t, df), from 1 down to 1e-315 and less. */
const { tails } = golden('scanpy_tools') as {
  tails: { z: number[]; normal: number[]; t: number[]; df: number[]; student: number[][] };
};

function expectRatio(value: number, expected: number, tolerance: number): void {
  expect(Math.abs(value / expected - 1)).toBeLessThan(tolerance);
}

test('normal tails', () => {
  tails.z.forEach((z, i) => {
    const expected = tails.normal[i]!;
    // Below 2.2e-308 numbers have fewer digits; SciPy calls the last ones 0.
    if (expected > 1e-307) expectRatio(normalTwoSided(z), expected, 1e-12);
    else if (expected > 0) expectRatio(normalTwoSided(z), expected, 1e-4);
    else expect(normalTwoSided(z)).toBeLessThan(1e-320);
  });
  expect(tails.normal.filter((p) => p > 0 && p < 1e-298).length).toBeGreaterThanOrEqual(2);
});

test("Student's tails", () => {
  tails.t.forEach((t, i) => {
    tails.df.forEach((df, j) => {
      const expected = tails.student[i]![j]!;
      if (expected > 1e-307) expectRatio(studentTwoSided(t, df), expected, 1e-9);
      else expect(studentTwoSided(t, df)).toBeLessThan(1e-306);
      expect(studentTwoSided(-t, df)).toBe(studentTwoSided(t, df));
    });
  });
  expect(studentTwoSided(0, 3)).toBe(1);
  expect(studentTwoSided(Infinity, 3)).toBe(0);
  expect(studentTwoSided(NaN, 3)).toBeNaN();
});
