import { describe, expect, test } from '@jest/globals';
import { Rng } from '@dance-ts/core';
import { fillNormal } from './noise.js';

/** Standard normal distribution function, to 1e-7 (Abramowitz and Stegun, 7.1.26). */
function normalCdf(x: number): number {
  const t = 1 / (1 + (0.3275911 * Math.abs(x)) / Math.SQRT2);
  const polynomial =
    t *
    (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const upper = (polynomial * Math.exp((-x * x) / 2)) / 2;
  return x > 0 ? 1 - upper : upper;
}

describe('fillNormal', () => {
  test('draws a normal distribution (Kolmogorov-Smirnov)', () => {
    const n = 20001;
    const sorted = fillNormal(new Float32Array(n), 2.5, Rng.fromSeed(1)).sort();
    const distance = sorted.reduce(
      (largest, value, i) => Math.max(largest, Math.abs(normalCdf(value / 2.5) - (i + 0.5) / n)),
      0,
    );
    expect(distance).toBeLessThan(1.63 / Math.sqrt(n)); // 1 % of samples are farther
  });

  test('neighbors are independent', () => {
    const values = fillNormal(new Float32Array(20000), 1, Rng.fromSeed(2));
    for (const lag of [1, 2]) {
      const products = values.subarray(lag).map((value, i) => value * values[i]!);
      const mean = products.reduce((sum, value) => sum + value, 0) / products.length;
      expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(products.length));
    }
  });

  test('fills arrays of any length, the same from the same stream', () => {
    for (const length of [0, 1, 2, 7]) {
      const values = fillNormal(new Float32Array(length), 1, Rng.fromSeed(3));
      expect(values.every((value) => value !== 0)).toBe(true);
      expect(fillNormal(new Float32Array(length), 1, Rng.fromSeed(3))).toEqual(values);
    }
    expect([...fillNormal(new Float32Array(3), 0, Rng.fromSeed(3))].every((v) => v === 0)).toBe(
      true,
    );
  });
});
