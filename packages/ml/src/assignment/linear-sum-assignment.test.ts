import { describe, expect, test } from '@jest/globals';
import { DataError, Rng } from '@dance-ts/core';
import { goldenCases } from '../testing/golden.js';
import { linearSumAssignment } from './linear-sum-assignment.js';

interface AssignmentCase {
  name: string;
  cost: number[][];
  min_total: number;
  max_total: number;
  row_ind: number[];
  col_ind: number[];
  unique: boolean;
}

describe('linearSumAssignment', () => {
  const cases = goldenCases('assignment') as AssignmentCase[];
  test.each(cases.map((c) => [c.name, c] as const))('%s equals scipy', (_, c) => {
    const { rows, columns, total } = linearSumAssignment(c.cost);
    expect(total).toBeCloseTo(c.min_total, 12);
    if (c.unique) expect([[...rows], [...columns]]).toEqual([c.row_ind, c.col_ind]);
    expect(linearSumAssignment(c.cost, { maximize: true }).total).toBeCloseTo(c.max_total, 12);
  });

  test('finds the best of all permutations of a random matrix', () => {
    const rng = Rng.fromSeed(1);
    const cost = Array.from({ length: 6 }, () => Array.from({ length: 6 }, () => rng.normal()));
    const best = Math.min(
      ...permutations([0, 1, 2, 3, 4, 5]).map((order) =>
        order.reduce((sum, column, row) => sum + cost[row]![column]!, 0),
      ),
    );
    expect(linearSumAssignment(cost).total).toBeCloseTo(best, 12);
  });

  test('each row and each column is used once', () => {
    const rng = Rng.fromSeed(2);
    const cost = Array.from({ length: 300 }, () =>
      Float64Array.from({ length: 300 }, () => rng.uniform()),
    );
    const { rows, columns } = linearSumAssignment(cost);
    expect(new Set(rows).size).toBe(300);
    expect(new Set(columns).size).toBe(300);
  });

  test('refuses costs that are not finite and ragged rows', () => {
    expect(() => linearSumAssignment([[1, NaN]])).toThrow(DataError);
    expect(() => linearSumAssignment([[1, 2], [3]])).toThrow(DataError);
  });
});

function permutations(items: number[]): number[][] {
  if (items.length < 2) return [items];
  return items.flatMap((item) =>
    permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]),
  );
}
