import { describe, expect, test } from '@jest/globals';
import { AnnData, DataError, DenseMatrix, numericColumn } from '@dance-ts/core';
import { readCountInput, sizeFactors } from './count-input.js';

describe('size factors', () => {
  test.each([
    [
      [4, 1, 2],
      [2, 0.5, 1],
    ],
    [
      [1, 2, 4, 8],
      [1 / 3, 2 / 3, 4 / 3, 8 / 3],
    ],
    [[7], [1]],
  ])('totals %p: %p', (totals, expected) => {
    expect([...sizeFactors(totals)]).toEqual(expected.map(Math.fround));
  });

  test.each([0, -1, NaN, Infinity])('a total of %p is refused', (total) => {
    expect(() => sizeFactors([1, total])).toThrow(DataError);
  });
});

describe('input of models of counts', () => {
  const data = (): AnnData => AnnData.fromMatrix(DenseMatrix.fromRows([[0.5], [0.25]]));

  test('X, the counts and the size factors', () => {
    const prepared = data();
    prepared.layers.set('counts', DenseMatrix.fromRows([[3], [0]]));
    prepared.obs.set('n_counts', numericColumn(Float64Array.from([6, 2])));
    const { x, counts, sizeFactors: factors } = readCountInput(prepared);
    expect(x).toBe(prepared.X);
    expect(counts.kind).toBe('csr');
    expect([...counts.toDense().data]).toEqual([3, 0]);
    expect([...factors]).toEqual([1.5, 0.5]);
  });

  test('data without counts are refused, and so are those without totals', () => {
    expect(() => readCountInput(data())).toThrow(/layers\["counts"\]/);
    const noTotals = data();
    noTotals.layers.set('counts', noTotals.X);
    expect(() => readCountInput(noTotals)).toThrow(/n_counts/);
  });
});
