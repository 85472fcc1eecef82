import { expect, test } from '@jest/globals';
import { CsrMatrix, DataError, DenseMatrix } from '@dance-ts/core';
import { expectClose } from '../testing/expect-close.js';
import { named } from '../testing/fixture.js';
import { goldenCases } from '../testing/golden.js';
import { columnMoments } from './column-moments.js';

const dense = DenseMatrix.fromRows([
  [1, 0, 5, 0],
  [3, 0, 5, 0],
  [0, 6, 5, 0],
  [0, 0, 5, 0],
]);

test.each([dense, CsrMatrix.fromDense(dense)])('closed form, matrix %#', (X) => {
  const population = columnMoments(X);
  expect(Array.from(population.mean)).toEqual([1, 1.5, 5, 0]);
  expect(Array.from(population.variance)).toEqual([1.5, 6.75, 0, 0]);
  expect(Array.from(columnMoments(X, { ddof: 1 }).variance)).toEqual([2, 9, 0, 0]);
});

test('golden means and deviations', () => {
  const cases = goldenCases('classifiers') as {
    name: string;
    X: number[][];
    mean: number[];
    scale: number[];
  }[];
  const X = DenseMatrix.fromRows(named(cases, 'logistic_multinomial_C0.7').X);
  const expected = named(cases, 'standard_scaler_ddof0');
  const { mean, variance } = columnMoments(X);
  // The data were rounded to float32.
  expectClose(mean, expected.mean, 1e-7);
  expectClose(variance.map(Math.sqrt), expected.scale, 1e-7);
});

test('a large mean does not hide a small variance', () => {
  const values = Array.from({ length: 1000 }, (_, i) => [1e6 + (i % 2)]);
  for (const X of [DenseMatrix.fromRows(values), CsrMatrix.fromDense(DenseMatrix.fromRows(values))])
    expect(columnMoments(X).variance[0]).toBeCloseTo(0.25, 9);
});

test('too few rows', () => {
  expect(() => columnMoments(DenseMatrix.zeros(1, 2), { ddof: 1 })).toThrow(
    /got 1 rows, expected at least 2/,
  );
  expect(() => columnMoments(DenseMatrix.zeros(0, 2))).toThrow(DataError);
});
