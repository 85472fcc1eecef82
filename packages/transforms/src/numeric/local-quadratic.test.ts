import { expect, test } from '@jest/globals';
import { localQuadraticFit } from './local-quadratic.js';

test('a parabola is fitted exactly, wherever the points lie', async () => {
  const x = Float64Array.from({ length: 60 }, (_, i) => Math.sin(i * 7) * 3 + 100);
  const y = x.map((value) => 2 - 3 * value + 0.5 * value * value);
  const fitted = await localQuadraticFit(x, y, { span: 0.3 });
  fitted.forEach((value, i) => {
    expect(Math.abs(value - y[i]!)).toBeLessThan(1e-8 * Math.abs(y[i]!));
  });
});

test('places too few for a parabola give their means', async () => {
  const x = Float64Array.of(1, 1, 1, 2, 2, 2);
  const y = Float64Array.of(0, 3, 6, 5, 5, 8);
  const fitted = await localQuadraticFit(x, y, { span: 1 });
  expect(Array.from(fitted)).toEqual([3, 3, 3, 6, 6, 6]);
  // The fit at 1 sees a line through (1, 3) and (2, 6): the point at 10 is at its rim.
  const line = await localQuadraticFit(Float64Array.of(...x, 10), Float64Array.of(...y, 50), {
    span: 1,
  });
  expect(line[0]).toBeCloseTo(3, 10);
});

test('more equal places than a fit needs are all averaged', async () => {
  const x = new Float64Array(10).fill(4);
  const y = Float64Array.from({ length: 10 }, (_, i) => i);
  const fitted = await localQuadraticFit(x, y, { span: 0.3 });
  fitted.forEach((value) => {
    expect(value).toBeCloseTo(4.5, 12);
  });
});

test('one point is its own fit, and none gives none', async () => {
  expect(await localQuadraticFit(Float64Array.of(1), Float64Array.of(7), { span: 0.3 })).toEqual(
    Float64Array.of(7),
  );
  expect(await localQuadraticFit(new Float64Array(0), new Float64Array(0), { span: 1 })).toEqual(
    new Float64Array(0),
  );
});

test('abort stops the work', async () => {
  const run = localQuadraticFit(Float64Array.of(1, 2), Float64Array.of(1, 2), {
    span: 1,
    signal: AbortSignal.abort(),
  });
  await expect(run).rejects.toMatchObject({ code: 'ABORTED' });
});
