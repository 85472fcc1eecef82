import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { DataError, DenseMatrix, Rng } from '@dance-ts/core';
import { linearSumAssignment } from './linear-sum-assignment.js';

interface GoldenCase {
  name: string;
  cost: number[][];
  min_total: number;
  max_total: number;
  row_ind: number[];
  col_ind: number[];
  unique: boolean;
}

const golden = JSON.parse(
  readFileSync(new URL('../../../../tests/golden/assignment.json', import.meta.url), 'utf8'),
) as { tolerance: { float64: number }; cases: GoldenCase[] };

function randomCosts(nRows: number, nCols: number, draw: () => number): number[][] {
  return Array.from({ length: nRows }, () => Array.from({ length: nCols }, draw));
}

/** Least total over all assignments, by trying each. */
function leastTotal(cost: readonly number[][], used: readonly number[] = []): number {
  const row = cost[used.length];
  if (row === undefined) return 0;
  const totals = row.map((value, j) =>
    used.includes(j) ? Infinity : value + leastTotal(cost, [...used, j]),
  );
  return Math.min(...totals);
}

describe('scipy linear_sum_assignment', () => {
  test.each(golden.cases.map((c) => [c.name, c] as const))('%s', (_, c) => {
    const least = linearSumAssignment(c.cost);
    const largest = linearSumAssignment(c.cost, { maximize: true });
    expect(Math.abs(least.total - c.min_total)).toBeLessThanOrEqual(golden.tolerance.float64);
    expect(Math.abs(largest.total - c.max_total)).toBeLessThanOrEqual(golden.tolerance.float64);
    if (c.unique) {
      expect(Array.from(least.rows)).toEqual(c.row_ind);
      expect(Array.from(least.columns)).toEqual(c.col_ind);
    }
  });
});

describe('against all assignments', () => {
  const rng = Rng.fromSeed(3);
  const draws = { continuous: () => rng.normal(), 'full of ties': () => rng.int(3) };
  test.each(Object.entries(draws))('%s', (_, draw) => {
    for (let repetition = 0; repetition < 60; repetition++) {
      const nRows = 1 + rng.int(4);
      const cost = randomCosts(nRows, nRows + rng.int(3), draw);
      const { rows, columns, total } = linearSumAssignment(cost);
      expect(total).toBeCloseTo(leastTotal(cost), 10);
      expect(Array.from(rows)).toEqual(Array.from(rows.keys()));
      expect(new Set(columns).size).toBe(nRows);
    }
  });
});

test('a matrix is taken as its rows are, and its transpose gives the same pairs', () => {
  const rng = Rng.fromSeed(4);
  const cost = DenseMatrix.fromRows(randomCosts(5, 8, () => rng.normal()));
  const rows = Array.from({ length: 5 }, (_, i) => cost.row(i));
  const wide = linearSumAssignment(cost);
  expect(wide).toEqual(linearSumAssignment(rows));
  const tall = linearSumAssignment(cost.transpose());
  const places = Array.from(tall.rows, (column, p) => [tall.columns[p]!, column]);
  expect(places.sort(([a = 0], [b = 0]) => a - b)).toEqual(
    Array.from(wide.rows, (row, p) => [row, wide.columns[p]!]),
  );
});

test('large costs full of ties: the zeros of a hidden permutation are found', () => {
  const n = 400;
  const rng = Rng.fromSeed(5);
  const hidden = rng.permutation(n);
  const cost = randomCosts(n, n, () => 1 + rng.int(2));
  hidden.forEach((column, row) => {
    cost[row]![column] = 0;
  });
  const { columns, total } = linearSumAssignment(cost);
  expect(total).toBe(0);
  expect(columns).toEqual(hidden);
});

test('500 x 500 costs: no exchange of pairs lowers the total', () => {
  const n = 500;
  const rng = Rng.fromSeed(6);
  const cost = randomCosts(n, n, () => rng.normal());
  const { columns, total } = linearSumAssignment(cost);
  expect(new Set(columns).size).toBe(n);
  // Shortest paths in the graph of exchanges (Bellman & Ford): a cycle of negative length would be
  // a better assignment, and none is left once nothing changes any more.
  const potentials = new Float64Array(n);
  let hasChanged = true;
  for (let pass = 0; hasChanged && pass <= n; pass++) {
    hasChanged = false;
    for (let i = 0; i < n; i++) {
      const base = potentials[i]! - cost[i]![columns[i]!]!;
      for (let k = 0; k < n; k++) {
        const length = base + cost[i]![columns[k]!]!;
        if (length < potentials[k]! - 1e-9) {
          potentials[k] = length;
          hasChanged = true;
        }
      }
    }
  }
  expect(hasChanged).toBe(false);
  expect(total).toBeCloseTo(
    cost.reduce((sum, row, i) => sum + row[columns[i]!]!, 0),
    9,
  );
});

test.each([[[]], [[[], []]]])('%j has no pairs', (cost) => {
  expect(linearSumAssignment(cost)).toEqual({
    rows: new Int32Array(0),
    columns: new Int32Array(0),
    total: 0,
  });
});

test.each([
  [[[1, 2], [3]], /row 1 of the costs has another length/],
  [[[1, NaN]], /cost of row 0 and column 1: got NaN/],
  [[[Infinity]], /got Infinity/],
])('%j is refused', (cost, message) => {
  expect(() => linearSumAssignment(cost)).toThrow(DataError);
  expect(() => linearSumAssignment(cost)).toThrow(message);
});
