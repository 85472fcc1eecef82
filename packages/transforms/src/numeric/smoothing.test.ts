import { describe, expect, test } from '@jest/globals';
import { expectClose } from '../testing/matchers.js';
import { kernelSmoothed } from './kernel-smoother.js';
import { sheatherJonesBandwidth } from './sheather-jones.js';

describe('bandwidth of Sheather and Jones', () => {
  // The equation on pairwise bin distances, solved by scipy.optimize.brentq, SciPy 1.10
  const values = [0.1, 0.4, 0.35, 1.2, 2.2, 2.1, 2.6, 3.9, 1.9, 0.7, 1.1, 2.05];

  test('solves its equation', () => {
    expect(sheatherJonesBandwidth(values)).toBeCloseTo(0.508498188392771, 8);
  });

  test('scales with the values, whatever their order and place', () => {
    const moved = values.map((value) => 128 + 16 * value).reverse();
    const ratio = sheatherJonesBandwidth(moved) / sheatherJonesBandwidth(values);
    expect(ratio / 16).toBeCloseTo(1, 3);
  });

  test('is undefined for values that do not vary', () => {
    expect(sheatherJonesBandwidth([3, 3, 3])).toBeNaN();
    expect(sheatherJonesBandwidth([3])).toBeNaN();
  });
});

describe('kernel regression', () => {
  const x = Float64Array.of(0, 1, 2, 4);
  const y = Float64Array.of(1, 3, 2, 8);

  test('weighs by a Gaussian whose quartiles lie at a quarter of the bandwidth', () => {
    const deviation = 0.3706506 * 2;
    const weights = [0.5, 0.5, 1.5, 3.5].map((d) => Math.exp(-0.5 * (d / deviation) ** 2));
    // The last lies beyond 4 deviations.
    weights[3] = 0;
    const total = weights.reduce((sum, value) => sum + value, 0);
    const mean = weights.reduce((sum, value, i) => sum + value * y[i]!, 0) / total;
    expectClose(kernelSmoothed(x, y, Float64Array.of(0.5), 2), [mean], 1e-12);
    // Quartile of the standard normal over deviation in bandwidths.
    expect(0.6744897501960817 * 0.3706506).toBeCloseTo(0.25, 6);
  });

  test('a constant stays, and far points take the nearest value', () => {
    const flat = Float64Array.of(7, 7, 7, 7);
    expectClose(kernelSmoothed(x, flat, Float64Array.of(-1, 0.3, 3), 5), [7, 7, 7], 1e-12);
    const far = kernelSmoothed(x, y, Float64Array.of(-50, 2.9, 3.1, 60), 0.01);
    expect(Array.from(far)).toEqual([1, 2, 8, 8]);
  });
});
