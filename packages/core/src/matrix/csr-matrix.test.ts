import { describe, expect, test } from '@jest/globals';
import { DataError } from '../errors.js';
import { Rng } from '../random/rng.js';
import { caught } from '../testing/caught.js';
import { randomDense, randomShapes } from '../testing/random-matrices.js';
import { CsrMatrix } from './csr-matrix.js';
import { DenseMatrix } from './dense-matrix.js';

/** 3 x 4 with an empty row: [[0, 5, 0, 7], [0, 0, 0, 0], [1, 0, 2, 3]]. */
function example(): CsrMatrix {
  return new CsrMatrix(
    3,
    4,
    Int32Array.of(0, 2, 2, 5),
    Int32Array.of(1, 3, 0, 2, 3),
    Float32Array.of(5, 7, 1, 2, 3),
  );
}

const rows = (matrix: CsrMatrix | DenseMatrix): number[][] => {
  const dense = matrix.toDense();
  return Array.from({ length: dense.nRows }, (_, i) => [...dense.row(i)]);
};

describe('construction', () => {
  const build =
    (nRows: number, nCols: number, indptr: number[], indices: number[], data: number[]) => () =>
      new CsrMatrix(
        nRows,
        nCols,
        Int32Array.from(indptr),
        Int32Array.from(indices),
        Float32Array.from(data),
      );

  test.each([
    ['short indptr', build(2, 2, [0, 1], [0], [1]), 'indptr length: got 2, expected 3'],
    ['first pointer', build(1, 2, [1, 1], [0], [1]), 'first row pointer: got 1, expected 0'],
    ['data too short', build(1, 2, [0, 2], [0, 1], [1]), 'differ in length: got 2, expected 1'],
    ['falling', build(2, 2, [0, 2, 1], [0, 1], [1, 1]), 'decreases at row 1: got 1, expected >= 2'],
    ['last pointer', build(1, 2, [0, 1], [0, 1], [1, 1]), 'last row pointer: got 1, expected 2'],
    ['index too large', build(1, 2, [0, 1], [2], [1]), 'column index in row 0: got 2'],
    ['negative index', build(2, 2, [0, 0, 1], [-1], [1]), 'column index in row 1: got -1'],
    ['index twice', build(1, 3, [0, 2], [1, 1], [1, 1]), 'got 1 after 1, expected strictly'],
    ['unsorted', build(1, 3, [0, 2], [2, 0], [1, 1]), 'got 0 after 2, expected strictly'],
    ['negative rows', build(-1, 2, [], [], []), 'shape'],
    ['negative columns', build(1, -2, [0, 0], [], []), 'shape'],
    ['fractional columns', build(1, 2.5, [0, 0], [], []), 'shape'],
  ])('refuses %s and says what is wrong', (_, construct, message) => {
    const error = caught(construct);
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toMatch(/^invalid CSR matrix: /);
    expect(error.message).toContain(message);
  });

  test('keeps shape, entries and the arrays it was given', () => {
    const matrix = example();
    expect(matrix.shape).toEqual([3, 4]);
    expect(matrix.nnz).toBe(5);
    expect(rows(matrix)).toEqual([
      [0, 5, 0, 7],
      [0, 0, 0, 0],
      [1, 0, 2, 3],
    ]);
  });
});

describe('fromTriplets', () => {
  test('sorts entries and adds up those at the same place', () => {
    const matrix = CsrMatrix.fromTriplets(
      3,
      4,
      [2, 0, 2, 0, 2, 0],
      [3, 3, 0, 1, 2, 3],
      [3, 2, 1, 5, 2, 5],
    );
    expect(matrix.indptr).toEqual(example().indptr);
    expect(matrix.indices).toEqual(example().indices);
    expect(matrix.data).toEqual(example().data);
  });

  test('adds duplicates in double precision', () => {
    const matrix = CsrMatrix.fromTriplets(1, 1, [0, 0, 0], [0, 0, 0], [1e9, 1, -1e9]);
    expect(matrix.get(0, 0)).toBe(1);
  });

  test('keeps a zero that was given explicitly', () => {
    expect(CsrMatrix.fromTriplets(1, 2, [0], [1], [0]).nnz).toBe(1);
  });

  test.each([
    ['row', [3], [0], 'row index out of range: got 3, expected an integer in [0, 3)'],
    ['column', [0], [4], 'column index out of range: got 4, expected an integer in [0, 4)'],
    ['negative row', [-1], [0], 'row index out of range: got -1'],
    ['fractional column', [0], [0.5], 'column index out of range: got 0.5'],
  ])('refuses a %s outside the shape', (_, row, column, message) => {
    expect(() => CsrMatrix.fromTriplets(3, 4, row, column, [1])).toThrow(message);
  });

  test.each([
    ['values', [0, 1], [0, 1], [1]],
    ['columns', [0, 1], [0], [1, 1]],
    ['rows', [0], [0, 1], [1, 1]],
  ])('refuses fewer %s than the others', (_, row, column, values) => {
    const error = caught(() => CsrMatrix.fromTriplets(2, 2, row, column, values));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toBe(
      'triplets differ in length: got ' +
        `${row.length} rows, ${column.length} columns, ${values.length} values`,
    );
  });

  test('equals a dense accumulation on random triplets', () => {
    const rng = Rng.fromSeed(1);
    for (let round = 0; round < 50; round++) {
      const nRows = 1 + rng.int(8);
      const nCols = 1 + rng.int(8);
      const count = rng.int(60);
      const draw = (bound: number): number[] => Array.from({ length: count }, () => rng.int(bound));
      const [row, column, values] = [draw(nRows), draw(nCols), draw(10)];
      const dense = DenseMatrix.zeros(nRows, nCols);
      values.forEach((value, e) => (dense.data[row[e]! * nCols + column[e]!]! += value));
      expect(rows(CsrMatrix.fromTriplets(nRows, nCols, row, column, values))).toEqual(rows(dense));
    }
  });
});

describe('selection', () => {
  test('rows in any order, also repeated', () => {
    expect(rows(example().selectRows([2, 1, 0, 2]))).toEqual([
      [1, 0, 2, 3],
      [0, 0, 0, 0],
      [0, 5, 0, 7],
      [1, 0, 2, 3],
    ]);
  });

  test('columns in any order', () => {
    expect(rows(example().selectColumns([3, 0, 1]))).toEqual([
      [7, 0, 5],
      [0, 0, 0],
      [3, 1, 0],
    ]);
  });

  test('nothing at all', () => {
    expect(example().selectRows([]).shape).toEqual([0, 4]);
    expect(example().selectColumns([]).shape).toEqual([3, 0]);
    expect(example().selectColumns([]).nnz).toBe(0);
  });

  test.each([[3], [-1], [0.5], [NaN]])('row %p is refused', (row) => {
    expect(() => example().selectRows([0, row])).toThrow(
      `row index out of range: got ${row}, expected an integer in [0, 3)`,
    );
  });

  test.each([[4], [-1], [0.5]])('column %p is refused', (column) => {
    expect(() => example().selectColumns([column])).toThrow(
      `column index out of range: got ${column}, expected an integer in [0, 4)`,
    );
  });

  test('a column cannot be selected twice', () => {
    expect(() => example().selectColumns([1, 1])).toThrow('selected twice: got column 1');
  });
});

describe('values', () => {
  test('get finds stored entries and gives 0 elsewhere', () => {
    expect([0, 1, 2, 3].map((j) => example().get(0, j))).toEqual([0, 5, 0, 7]);
    expect(example().get(1, 2)).toBe(0);
  });

  test('row gives views', () => {
    const matrix = example();
    const row = matrix.row(2);
    expect([...row.indices]).toEqual([0, 2, 3]);
    row.data[0] = 9;
    expect(matrix.get(2, 0)).toBe(9);
  });

  test('sums run in double precision', () => {
    const matrix = CsrMatrix.fromDense(DenseMatrix.fromRows([[16777216, 1, 1]]));
    expect([...matrix.rowSums()]).toEqual([16777218]);
    expect([...matrix.transpose().columnSums()]).toEqual([16777218]);
  });

  test('mapData and scaleRows touch stored entries only and share the pattern', () => {
    const matrix = example();
    const scaled = matrix.scaleRows([2, 3, -1]);
    expect([...scaled.data]).toEqual([10, 14, -1, -2, -3]);
    expect([...matrix.mapData((value) => value + 1).data]).toEqual([6, 8, 2, 3, 4]);
    expect(scaled.indices).toBe(matrix.indices);
    expect([...matrix.data]).toEqual([5, 7, 1, 2, 3]);
  });

  test('as many factors as rows are needed', () => {
    expect(() => example().scaleRows([1, 2])).toThrow('row factors: got 2, expected 3');
  });

  test('withData refuses another number of values', () => {
    expect(() => example().withData(Float32Array.of(1))).toThrow(DataError);
  });

  test('fromDense stores NaN but no zero of either sign', () => {
    const matrix = CsrMatrix.fromDense(DenseMatrix.fromRows([[0, -0, NaN, 1]]));
    expect([...matrix.indices]).toEqual([2, 3]);
    expect([...matrix.data]).toEqual([NaN, 1]);
  });

  test('a copy shares nothing', () => {
    const matrix = example();
    const copy = matrix.copy();
    copy.data[0] = 100;
    copy.indices[0] = 0;
    expect(matrix.data[0]).toBe(5);
    expect(matrix.indices[0]).toBe(1);
  });
});

describe('agrees with dense arithmetic on random matrices', () => {
  const rng = Rng.fromSeed(7);
  const cases = randomShapes(rng, 60).map(([nRows, nCols]) => {
    const dense = randomDense(rng, nRows, nCols);
    return { dense, sparse: CsrMatrix.fromDense(dense) };
  });

  test('fromDense and toDense', () => {
    for (const { dense, sparse } of cases) {
      expect(sparse.toDense().data).toEqual(dense.data);
      expect(sparse.nnz).toBe(dense.data.filter((value) => value !== 0).length);
    }
  });

  test('get', () => {
    for (const { dense, sparse } of cases) {
      for (let i = 0; i < dense.nRows; i++) {
        for (let j = 0; j < dense.nCols; j++) expect(sparse.get(i, j)).toBe(dense.get(i, j));
      }
    }
  });

  test('row and column sums', () => {
    for (const { dense, sparse } of cases) {
      expect(sparse.rowSums()).toEqual(dense.rowSums());
      expect(sparse.columnSums()).toEqual(dense.columnSums());
    }
  });

  test('transpose, and twice is the identity', () => {
    for (const { dense, sparse } of cases) {
      const transposed = sparse.transpose();
      expect(transposed.shape).toEqual([dense.nCols, dense.nRows]);
      expect(transposed.toDense().data).toEqual(dense.transpose().data);
      expect(transposed.transpose()).toEqual(sparse);
    }
  });

  test('selection of rows with repetition', () => {
    for (const { dense, sparse } of cases.filter(({ dense }) => dense.nRows > 0)) {
      const chosen = Array.from({ length: rng.int(10) }, () => rng.int(dense.nRows));
      expect(rows(sparse.selectRows(chosen))).toEqual(rows(dense.selectRows(chosen)));
    }
  });

  test('selection of columns in random order', () => {
    for (const { dense, sparse } of cases) {
      const chosen = rng.permutation(dense.nCols).subarray(0, rng.int(dense.nCols + 1));
      expect(rows(sparse.selectColumns(chosen))).toEqual(rows(dense.selectColumns(chosen)));
    }
  });

  test('scaling of rows', () => {
    for (const { dense, sparse } of cases) {
      const factors = Array.from({ length: dense.nRows }, () => 1 + rng.int(5));
      expect(rows(sparse.scaleRows(factors))).toEqual(rows(dense.scaleRows(factors)));
    }
  });
});
