import { expect, test } from '@jest/globals';
import { fitSimilarityCurve } from './umap-curve.js';
import { attraction, DistanceTable, repulsion } from './umap-forces.js';

// By scipy.optimize.curve_fit over the same 300 points, as umap-learn does.
test.each([
  [0.5, 1, 0.583030020479462, 1.3341669929263487],
  [0.1, 1, 1.5769434601962196, 0.8950608779914887],
  [0, 1, 1.9328083975546724, 0.7904949734010681],
  [0.01, 0.5, 5.720240832372411, 0.8108767596394644],
  [1, 1, 0.11497568285252263, 1.9292371466948077],
  [0.3, 2, 0.3794946888755375, 0.9488152190879922],
])('minDist %p, spread %p: a = %p, b = %p', (minDist, spread, a, b) => {
  const curve = fitSimilarityCurve(minDist, spread);
  expect(Math.abs(curve.a / a - 1)).toBeLessThan(1e-5);
  expect(Math.abs(curve.b / b - 1)).toBeLessThan(1e-5);
});

test.each([0.79, 1.33])('forces from the table are the derivatives of the loss, b = %p', (b) => {
  const curve = { a: 0.6, b };
  const [near, far] = [attraction(curve), repulsion(curve)];
  for (let d2 = 1e-9; d2 < 1e5; d2 *= 1.37) {
    const attracted = (-2 * curve.a * b * d2 ** (b - 1)) / (1 + curve.a * d2 ** b);
    const repelled = (2 * b) / ((0.001 + d2) * (1 + curve.a * d2 ** b));
    expect(Math.abs(near.at(d2) / attracted - 1)).toBeLessThan(2e-5);
    expect(Math.abs(far.at(d2) / repelled - 1)).toBeLessThan(2e-5);
  }
});

test('a table is defined from the smallest to the largest Float32', () => {
  const table = new DistanceTable((d2) => d2);
  expect(table.at(0.3)).toBeCloseTo(0.3, 6);
  const forces = [attraction({ a: 0.6, b: 0.79 }), repulsion({ a: 0.6, b: 0.79 })];
  for (const d2 of [1e-45, 1e-38, 3e38]) {
    for (const force of forces) expect(Number.isFinite(force.at(d2))).toBe(true);
  }
});
