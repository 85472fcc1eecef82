import { describe, expect, test } from '@jest/globals';
import { lbfgs, type SmoothFunction } from './lbfgs.js';

describe('lbfgs', () => {
  test('finds the minimum of Rosenbrock’s valley in ten dimensions', async () => {
    const f: SmoothFunction = (x, g) => {
      let value = 0;
      g.fill(0);
      for (let i = 0; i + 1 < x.length; i++) {
        const a = x[i + 1]! - x[i]! ** 2;
        const b = 1 - x[i]!;
        value += 100 * a * a + b * b;
        g[i]! += -400 * a * x[i]! - 2 * b;
        g[i + 1]! += 200 * a;
      }
      return Promise.resolve(value);
    };
    const start = Float64Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? -1.2 : 1));
    const result = await lbfgs(f, start, { tol: 1e-8, maxIter: 500 });
    expect(result.converged).toBe(true);
    for (const value of result.theta) expect(value).toBeCloseTo(1, 7);
    expect(result.nIter).toBeLessThan(150);
    expect(start[0]).toBe(-1.2);
  });

  test('solves an ill-conditioned quadratic function with values rounded to float32', async () => {
    const scales = Float64Array.from({ length: 30 }, (_, i) => 10 ** (i / 10));
    const f: SmoothFunction = (x, g) => {
      let value = 1000;
      for (let i = 0; i < x.length; i++) {
        value += 0.5 * scales[i]! * (x[i]! - i) ** 2;
        g[i] = scales[i]! * (x[i]! - i);
      }
      return Promise.resolve(Math.fround(value));
    };
    const result = await lbfgs(f, new Float64Array(30), { tol: 1e-6, maxIter: 500 });
    expect(result.converged).toBe(true);
    result.theta.forEach((value, i) => {
      expect(value).toBeCloseTo(i, 5);
    });
  });

  test('says that it stopped early', async () => {
    const f: SmoothFunction = (x, g) => {
      g[0] = 4 * x[0]! ** 3;
      return Promise.resolve(x[0]! ** 4);
    };
    const result = await lbfgs(f, Float64Array.of(10), { tol: 1e-12, maxIter: 3 });
    expect(result.converged).toBe(false);
    expect(result.nIter).toBe(3);
  });
});
