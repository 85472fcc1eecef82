import { expect } from '@jest/globals';
import type { Matrix } from '@dance-ts/core';
import type { GoldenRows } from './golden.js';
import { rowsOf } from './data.js';

/** Largest deviation relative to the size of the expected value (at least 1) is below `tolerance`. */
export function expectClose(
  got: ArrayLike<number>,
  expected: readonly (number | null)[],
  tolerance: number,
): void {
  expect(got.length).toBe(expected.length);
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const wanted = expected[i] ?? NaN;
    const value = got[i]!;
    if (Object.is(wanted, NaN) || Object.is(value, NaN)) expect(value).toBe(wanted);
    else worst = Math.max(worst, Math.abs(value - wanted) / Math.max(1, Math.abs(wanted)));
  }
  expect(worst).toBeLessThan(tolerance);
}

/** {@link expectClose} for matrices. */
export function expectMatrixClose(got: Matrix, expected: GoldenRows, tolerance: number): void {
  const rows = rowsOf(got);
  expect(rows.length).toBe(expected.length);
  expectClose(rows.flat(), expected.flat(), tolerance);
}
