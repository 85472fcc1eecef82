import { describe, expect, test } from '@jest/globals';
import { localQuadraticFit } from './local-quadratic.js';
import { loessVertices } from './loess-vertices.js';

test('a parabola is fitted exactly, wherever the points lie', async () => {
  const x = Float64Array.from({ length: 60 }, (_, i) => Math.sin(i * 7) * 3 + 100);
  const y = x.map((value) => 2 - 3 * value + 0.5 * value * value);
  const fitted = await localQuadraticFit(x, y, { span: 0.3, surface: 'direct' });
  fitted.forEach((value, i) => {
    expect(Math.abs(value - y[i]!)).toBeLessThan(1e-8 * Math.abs(y[i]!));
  });
});

test('places too few for a parabola give their means', async () => {
  const x = Float64Array.of(1, 1, 1, 2, 2, 2);
  const y = Float64Array.of(0, 3, 6, 5, 5, 8);
  const fitted = await localQuadraticFit(x, y, { span: 1, surface: 'direct' });
  expect(Array.from(fitted)).toEqual([3, 3, 3, 6, 6, 6]);
  // The fit at 1 sees a line through (1, 3) and (2, 6): the point at 10 is at its rim.
  const line = await localQuadraticFit(Float64Array.of(...x, 10), Float64Array.of(...y, 50), {
    span: 1,
    surface: 'direct',
  });
  expect(line[0]).toBeCloseTo(3, 10);
});

test('more equal places than a fit needs are all averaged', async () => {
  const x = new Float64Array(10).fill(4);
  const y = Float64Array.from({ length: 10 }, (_, i) => i);
  const fitted = await localQuadraticFit(x, y, { span: 0.3, surface: 'direct' });
  fitted.forEach((value) => {
    expect(value).toBeCloseTo(4.5, 12);
  });
});

test('one point is its own fit, and none gives none', async () => {
  expect(
    await localQuadraticFit(Float64Array.of(1), Float64Array.of(7), {
      span: 0.3,
      surface: 'direct',
    }),
  ).toEqual(Float64Array.of(7));
  expect(
    await localQuadraticFit(new Float64Array(0), new Float64Array(0), {
      span: 1,
      surface: 'direct',
    }),
  ).toEqual(new Float64Array(0));
});

test('abort stops the work', async () => {
  const run = localQuadraticFit(Float64Array.of(1, 2), Float64Array.of(1, 2), {
    span: 1,
    surface: 'direct',
    signal: AbortSignal.abort(),
  });
  await expect(run).rejects.toMatchObject({ code: 'ABORTED' });
});

describe('interpolation between vertices', () => {
  test('a parabola is still fitted exactly', async () => {
    const x = Float64Array.from({ length: 200 }, (_, i) => Math.sin(i * 7) * 3 + 10);
    const y = x.map((value) => 2 - 3 * value + 0.5 * value * value);
    const fitted = await localQuadraticFit(x, y, { span: 0.3, surface: 'interpolate' });
    fitted.forEach((value, i) => {
      expect(Math.abs(value - y[i]!)).toBeLessThan(1e-9 * Math.max(1, Math.abs(y[i]!)));
    });
  });

  test('at a vertex it is the direct fit, between them near it', async () => {
    const x = Float64Array.from({ length: 300 }, (_, i) => i / 30);
    const y = x.map((value, i) => Math.sin(value) + 0.1 * Math.cos(i * 2.7));
    const direct = await localQuadraticFit(x, y, { span: 0.2, surface: 'direct' });
    const between = await localQuadraticFit(x, y, { span: 0.2, surface: 'interpolate' });
    const vertices = loessVertices(x, 0.2);
    expect(vertices.length).toBeGreaterThan(20);
    expect(vertices.length).toBeLessThan(60);
    let worst = 0;
    x.forEach((value, i) => {
      const difference = Math.abs(between[i]! - direct[i]!);
      if (vertices.includes(value)) expect(difference).toBeLessThan(1e-12);
      worst = Math.max(worst, difference);
    });
    expect(worst).toBeGreaterThan(0);
    expect(worst).toBeLessThan(0.01);
  });

  test('few points, equal points and no point do no harm', async () => {
    const fit = (x: number[], y: number[]) =>
      localQuadraticFit(Float64Array.from(x), Float64Array.from(y), {
        span: 0.3,
        surface: 'interpolate',
      });
    expect(Array.from(await fit([], []))).toEqual([]);
    expect(Array.from(await fit([3], [7]))).toEqual([7]);
    const equal = await fit(new Array<number>(40).fill(4), Array.from(new Array(40).keys()));
    equal.forEach((value) => {
      expect(value).toBeCloseTo(19.5, 9);
    });
    expect((await fit([1, 1, 1, 2], [0, 1, 2, 5])).every(Number.isFinite)).toBe(true);
  });
});
