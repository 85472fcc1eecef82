import { expect, test } from '@jest/globals';
import { AbortError, CsrMatrix, Rng } from '@dance-ts/core';
import { optimizeLayout, type LayoutOptions } from './umap-layout.js';

const CURVE = { a: 0.6, b: 1.3 };

function settings(more: Partial<LayoutOptions> = {}): LayoutOptions {
  return {
    ...{ nComponents: 2, nEpochs: 1, learningRate: 1, negativeSampleRate: 0, curve: CURVE },
    rng: Rng.fromSeed(0),
    ...more,
  };
}

/** Symmetric graph of the given edges. */
function graphOf(n: number, edges: readonly (readonly [number, number, number])[]): CsrMatrix {
  const both = edges.flatMap(([i, j, w]) => [[i, j, w] as const, [j, i, w] as const]);
  const [rows, columns, weights] = [0, 1, 2].map((part) => both.map((edge) => edge[part]!));
  return CsrMatrix.fromTriplets(n, n, rows ?? [], columns ?? [], weights ?? []);
}

const pull = (d: number): number =>
  (2 * CURVE.a * CURVE.b * d ** (2 * CURVE.b - 1)) / (1 + CURVE.a * d ** (2 * CURVE.b));

test('two neighbors are drawn together along their line, once for each direction', async () => {
  const points = Float64Array.of(0, 0, 3, 4);
  await optimizeLayout(graphOf(2, [[0, 1, 1]]), points, settings({ learningRate: 0.1 }));
  let distance = 5;
  for (let direction = 0; direction < 2; direction++) distance -= 0.2 * pull(distance);
  expect(Math.hypot(points[2]! - points[0]!, points[3]! - points[1]!)).toBeCloseTo(distance, 4);
  expect(points[0]! + points[2]!).toBeCloseTo(3, 12);
  expect((points[3]! - points[1]!) / (points[2]! - points[0]!)).toBeCloseTo(4 / 3, 12);
});

test('an edge of half the weight is sampled in every other epoch; the rate falls to 0', async () => {
  const points = Float64Array.of(0, 1, 100, 101);
  const edges = [[0, 1, 1], [2, 3, 0.5]] as const; // prettier-ignore
  const nEpochs = 10;
  const tiny = 1e-6;
  const options = settings({ nComponents: 1, nEpochs, learningRate: tiny });
  await optimizeLayout(graphOf(4, edges), points, options);
  const rates = Array.from({ length: nEpochs }, (_, e) => tiny * (1 - e / nEpochs));
  const sumOf = (every: number): number =>
    rates.filter((_, e) => (e + 1) % every === 0).reduce((sum, rate) => sum + rate, 0);
  expect((points[0]! - 0) / (2 * pull(1) * sumOf(1))).toBeCloseTo(1, 4);
  expect((points[2]! - 100) / (2 * pull(1) * sumOf(2))).toBeCloseTo(1, 4);
});

test('an edge too light to be sampled once moves nothing', async () => {
  const points = Float64Array.of(0, 1, 100, 101);
  const edges = [[0, 1, 1], [2, 3, 0.09]] as const; // prettier-ignore
  await optimizeLayout(graphOf(4, edges), points, settings({ nComponents: 1, nEpochs: 10 }));
  expect([...points.subarray(2)]).toEqual([100, 101]);
});

test('points that are no neighbors are driven apart', async () => {
  const spreadOf = async (negativeSampleRate: number): Promise<number> => {
    const points = Float64Array.of(0, 0.1, 0.2, 0.3);
    const edges = [[0, 1, 1], [2, 3, 1]] as const; // prettier-ignore
    const options = { nComponents: 1, nEpochs: 50, negativeSampleRate };
    await optimizeLayout(graphOf(4, edges), points, settings(options));
    return Math.abs(points[0]! + points[1]! - points[2]! - points[3]!) / 2;
  };
  expect(await spreadOf(0)).toBeLessThan(0.3);
  expect(await spreadOf(5)).toBeGreaterThan(1);
});

test('points at the same place stay finite', async () => {
  const points = new Float64Array(4);
  await optimizeLayout(graphOf(2, [[0, 1, 1]]), points, settings({ negativeSampleRate: 5 }));
  expect([...points]).toEqual([0, 0, 0, 0]);
});

test('stops when asked to', async () => {
  const run = optimizeLayout(graphOf(2, [[0, 1, 1]]), Float64Array.of(0, 0, 1, 1), {
    ...settings({ nEpochs: 1e9, signal: AbortSignal.timeout(20) }),
  });
  await expect(run).rejects.toThrow(AbortError);
});
