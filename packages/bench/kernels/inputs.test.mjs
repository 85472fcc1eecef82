import { describe, expect, test } from '@jest/globals';
import { centered, communityEdges, counts, regularCsr, symmetricGraph, unit } from './inputs.mjs';

/** Expected numbers: inputs.py with NumPy, which both sides of a comparison have to agree with. */
describe('inputs are those of the peers', () => {
  test('uniform numbers', () => {
    expect([...unit(3, 3)]).toEqual([0.31872254610061646, 0.39598047733306885, 0.000518798828125]);
    expect(total(unit(3, 100_000))).toBeCloseTo(49890.87576645613, 6);
    expect([...centered(5, 3, 0.3)]).toEqual([
      -0.20793986320495605, 0.14153531193733215, 0.088506318628788,
    ]);
  });

  test('counts', () => {
    expect([...counts(1, 20)]).toEqual([
      0, 3, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 0, 0, 4, 0,
    ]);
    expect(total(counts(1, 5000))).toBe(2598);
  });

  test('sparse matrix with as many entries in every row', () => {
    const { indptr, indices, data } = regularCsr(1, 6, 2);
    expect([...indptr]).toEqual([0, 2, 4, 6, 8, 10, 12]);
    expect([...indices]).toEqual([2, 3, 2, 5, 0, 3, 2, 3, 2, 5, 1, 4]);
    expect(data).toEqual(unit(2, 12));
  });

  test('undirected graph with normalized weights', () => {
    const { indptr, indices, data } = symmetricGraph(1, 4, 1);
    expect([...indptr]).toEqual([0, 3, 5, 7, 10]);
    expect([...indices]).toEqual([0, 1, 3, 0, 1, 2, 3, 0, 2, 3]);
    expect(data[0]).toBe(Math.fround(1 / 3));
    expect(data[1]).toBe(Math.fround(1 / Math.sqrt(6)));
    const large = symmetricGraph(1, 400, 6);
    expect(large.indptr[400]).toBe(5112);
    expect(total(large.data)).toBeCloseTo(396.79051446542144, 9);
  });

  test('graph with communities', () => {
    const { source, target } = communityEdges(1, 12, 12, 3);
    expect([...source]).toEqual([0, 1, 2, 2, 3, 4, 5, 6, 8]);
    expect([...target]).toEqual([6, 10, 8, 11, 6, 10, 8, 9, 11]);
    expect(communityEdges(1, 500, 5600, 20).source).toHaveLength(4145);
  });
});

function total(values) {
  return values.reduce((sum, value) => sum + value, 0);
}
