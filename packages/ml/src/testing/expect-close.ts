import { expect } from '@jest/globals';

/** Expects equally many values, each within `tol` x max(1, |expected|) of the expected one. */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tol: number,
): void {
  expect(actual.length).toBe(expected.length);
  let worst = 0;
  for (let e = 0; e < expected.length; e++) {
    const difference = Math.abs(actual[e]! - expected[e]!) / Math.max(1, Math.abs(expected[e]!));
    // Not Math.max: NaN must fail.
    if (!(difference <= worst)) worst = difference;
  }
  expect(worst).toBeLessThanOrEqual(tol);
}
