import { describe, expect, test } from '@jest/globals';
import { CsrMatrix, DataError, DenseMatrix } from '@dance-ts/core';
import { golden, isClose } from '../testing/golden.js';
import { gearysC, moransI } from './autocorrelation.js';

interface AutocorrelationCase {
  readonly name: string;
  readonly coords: [number, number][];
  readonly value: number[];
  readonly moran_I: number;
  readonly geary_C: number;
}

const { cases, tolerance } = golden('spatial_kernels') as {
  cases: AutocorrelationCase[];
  tolerance: { float64: number };
};
const expected = cases.filter(({ name }) => name === 'autocorrelation_knn5');

/** Weight 1 from each point to its five nearest others. */
function nearestFive(points: readonly [number, number][]): CsrMatrix {
  const rows = points.map(([x, y], i) => {
    const distances = points.map(([u, v], j) => (i === j ? Infinity : Math.hypot(x - u, y - v)));
    const fifth = distances.toSorted((a, b) => a - b)[4]!;
    return distances.map((distance) => Number(distance <= fifth));
  });
  return CsrMatrix.fromDense(DenseMatrix.fromRows(rows));
}

test.each(expected)('golden values, $name', ({ coords, value, moran_I, geary_C }) => {
  const graph = nearestFive(coords);
  expect(graph.nnz).toBe(5 * coords.length);
  expect(isClose(moransI(graph, value), moran_I, tolerance.float64)).toBe(true);
  expect(isClose(gearysC(graph, value), geary_C, tolerance.float64)).toBe(true);
});

describe('a ring of four', () => {
  const ring = CsrMatrix.fromDense(
    DenseMatrix.fromRows([
      [0, 2, 0, 2],
      [2, 0, 2, 0],
      [0, 2, 0, 2],
      [2, 0, 2, 0],
    ]),
  );

  test('alternating values; neither shift, scale nor common weight matters', () => {
    for (const values of [
      [1, 0, 1, 0],
      [-3, 7, -3, 7],
    ]) {
      expect(moransI(ring, values)).toBeCloseTo(-1, 14);
      expect(gearysC(ring, values)).toBeCloseTo(1.5, 14);
    }
  });

  test('equal values, or no neighbors: undefined', () => {
    expect([moransI(ring, [0.1, 0.1, 0.1, 0.1]), gearysC(ring, [0.1, 0.1, 0.1, 0.1])]).toEqual([
      NaN,
      NaN,
    ]);
    const alone = CsrMatrix.fromDense(DenseMatrix.zeros(4, 4));
    expect([moransI(alone, [1, 2, 3, 4]), gearysC(alone, [1, 2, 3, 4])]).toEqual([NaN, NaN]);
  });

  test('what does not fit is refused', () => {
    for (const statistic of [moransI, gearysC]) {
      expect(() => statistic(ring, [1, 2, 3])).toThrow(DataError);
      expect(() => statistic(ring, [1, 2, NaN, 4])).toThrow(/spot 2/);
    }
  });
});
