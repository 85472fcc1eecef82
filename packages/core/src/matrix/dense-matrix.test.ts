import { describe, expect, test } from '@jest/globals';
import { DataError } from '../errors.js';
import { Rng } from '../random/rng.js';
import { caught } from '../testing/caught.js';
import { randomDense, randomShapes } from '../testing/random-matrices.js';
import { DenseMatrix } from './dense-matrix.js';

const example = (): DenseMatrix =>
  DenseMatrix.fromRows([
    [1, 2, 3],
    [4, 5, 6],
  ]);

describe('construction', () => {
  test('refuses values that do not fill the shape', () => {
    const error = caught(() => new DenseMatrix(2, 3, new Float32Array(5)));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toContain('got 5 values, expected 2 x 3 = 6');
  });

  test.each([
    [-2, -3],
    [1.5, 4],
  ])('refuses the shape %p x %p', (nRows, nCols) => {
    const error = caught(() => new DenseMatrix(nRows, nCols, new Float32Array(6)));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toContain(`got ${nRows} x ${nCols}`);
  });

  test('fromRows names the row that has another length', () => {
    expect(() => DenseMatrix.fromRows([[1, 2], [3, 4], [5]])).toThrow(
      'row 2 has another length than row 0: got 1, expected 2',
    );
  });

  test('fromRows of no rows is 0 x 0', () => {
    expect(DenseMatrix.fromRows([]).shape).toEqual([0, 0]);
  });
});

describe('access', () => {
  test('get and row read row by row', () => {
    expect(example().get(1, 0)).toBe(4);
    expect([...example().row(1)]).toEqual([4, 5, 6]);
  });

  test('row is a view, copy is not', () => {
    const matrix = example();
    const copy = matrix.copy();
    matrix.row(0)[1] = 9;
    expect(matrix.get(0, 1)).toBe(9);
    expect(copy.get(0, 1)).toBe(2);
  });

  test('toDense is the matrix itself', () => {
    const matrix = example();
    expect(matrix.toDense()).toBe(matrix);
  });
});

describe('arithmetic', () => {
  test('sums of rows and columns run in double precision', () => {
    expect([...example().rowSums()]).toEqual([6, 15]);
    expect([...example().columnSums()]).toEqual([5, 7, 9]);
    const long = DenseMatrix.fromRows([[16777216, 1, 1]]);
    expect([...long.rowSums()]).toEqual([16777218]);
    expect([...long.transpose().columnSums()]).toEqual([16777218]);
  });

  test('mapData and scaleRows leave the matrix as it was', () => {
    const matrix = example();
    expect([...matrix.mapData((value) => -value).data]).toEqual([-1, -2, -3, -4, -5, -6]);
    expect([...matrix.scaleRows([2, 0]).data]).toEqual([2, 4, 6, 0, 0, 0]);
    expect(matrix).toEqual(example());
  });

  test('as many factors as rows are needed', () => {
    expect(() => example().scaleRows([1])).toThrow('row factors: got 1, expected 2');
  });

  test('transpose twice is the identity', () => {
    const rng = Rng.fromSeed(3);
    for (const [nRows, nCols] of randomShapes(rng, 30)) {
      const matrix = randomDense(rng, nRows, nCols);
      const transposed = matrix.transpose();
      expect(transposed.shape).toEqual([nCols, nRows]);
      for (let i = 0; i < nRows; i++) {
        for (let j = 0; j < nCols; j++) expect(transposed.get(j, i)).toBe(matrix.get(i, j));
      }
      expect(transposed.transpose()).toEqual(matrix);
    }
  });
});

describe('selection', () => {
  test('rows in any order, also repeated', () => {
    expect([...example().selectRows([1, 0, 1]).data]).toEqual([4, 5, 6, 1, 2, 3, 4, 5, 6]);
  });

  test('columns in any order', () => {
    expect([...example().selectColumns([2, 0]).data]).toEqual([3, 1, 6, 4]);
  });

  test.each([[2], [-1], [0.5], [NaN]])('row %p is refused', (row) => {
    expect(() => example().selectRows([row])).toThrow(
      `row index out of range: got ${row}, expected an integer in [0, 2)`,
    );
  });

  test.each([[3], [-1], [0.5], [NaN]])('column %p is refused', (column) => {
    expect(() => example().selectColumns([column])).toThrow(
      `column index out of range: got ${column}, expected an integer in [0, 3)`,
    );
  });
});
