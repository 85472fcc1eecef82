import { describe, expect, test } from '@jest/globals';
import { DataError } from '../errors.js';
import { caught } from '../testing/caught.js';
import { CsrMatrix } from './csr-matrix.js';
import { DenseMatrix } from './dense-matrix.js';
import { assertCounts, matrixBytes, toCsr } from './matrix.js';

test('toCsr converts dense matrices and passes sparse ones through', () => {
  const dense = DenseMatrix.fromRows([[0, 2]]);
  const sparse = toCsr(dense);
  expect(sparse.kind).toBe('csr');
  expect([...sparse.indices]).toEqual([1]);
  expect(toCsr(sparse)).toBe(sparse);
});

test('matrixBytes counts values, and for sparse ones indices and pointers', () => {
  const dense = DenseMatrix.zeros(3, 5);
  expect(matrixBytes(dense)).toBe(3 * 5 * 4);
  dense.data[4] = 1;
  expect(matrixBytes(toCsr(dense))).toBe(4 + 4 + 4 * 4);
});

describe('assertCounts', () => {
  const withValueAtLastCell = (value: number): DenseMatrix =>
    DenseMatrix.fromRows([
      [1, 0, 2],
      [0, 0, 0],
      [0, value, 4],
    ]);

  test.each([NaN, Infinity, -1])('%p is refused with its cell and gene', (value) => {
    const dense = withValueAtLastCell(value);
    for (const matrix of [dense, CsrMatrix.fromDense(dense)]) {
      const error = caught(() => {
        assertCounts(matrix, 'layers["counts"]');
      });
      expect(error).toBeInstanceOf(DataError);
      expect(error.message).toContain(
        `layers["counts"] holds a value that is not a count at cell 2, gene 1: got ${value}`,
      );
    }
  });

  test('the first entry of a matrix is found, too', () => {
    const matrix = CsrMatrix.fromDense(DenseMatrix.fromRows([[-3]]));
    expect(() => {
      assertCounts(matrix);
    }).toThrow('X holds a value that is not a count at cell 0, gene 0: got -3');
  });

  test('zeros, fractions and empty matrices pass', () => {
    expect(() => {
      assertCounts(withValueAtLastCell(0.5));
      assertCounts(DenseMatrix.zeros(0, 3));
      assertCounts(CsrMatrix.fromDense(DenseMatrix.zeros(2, 2)));
    }).not.toThrow();
  });
});
