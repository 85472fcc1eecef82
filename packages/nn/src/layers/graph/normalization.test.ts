import { expect, test } from '@jest/globals';
import { CsrMatrix, DataError, DenseMatrix } from '@dance-ts/core';
import { rowNormalized, symmetricNormalized, withSelfLoops } from './normalization.js';

const csr = (...rows: number[][]): CsrMatrix => CsrMatrix.fromDense(DenseMatrix.fromRows(rows));
const dense = (matrix: CsrMatrix): number[] => [...matrix.toDense().data];

test('symmetricNormalized divides by the roots of both degrees; degree 0 stays 0', () => {
  const graph = csr([0, 4, 0], [4, 0, 0], [0, 0, 0]);
  expect(dense(symmetricNormalized(graph).matrix)).toEqual([0, 1, 0, 1, 0, 0, 0, 0, 0]);
  const looped = symmetricNormalized(csr([0, 3], [3, 0]), { selfLoops: true });
  expect(dense(looped.matrix)).toEqual([0.25, 0.75, 0.75, 0.25]);
});

test('rowNormalized makes rows sum to 1, also of a graph between two kinds of nodes', () => {
  expect(dense(rowNormalized(csr([1, 3, 0], [0, 0, 0])).matrix)).toEqual([0.25, 0.75, 0, 0, 0, 0]);
  const looped = rowNormalized(csr([0, 3], [0, 0]), { selfLoops: true });
  expect(dense(looped.matrix)).toEqual([0.25, 0.75, 0, 1]);
});

test('withSelfLoops adds 1 to what is on the diagonal', () => {
  expect(dense(withSelfLoops(csr([2, 5], [0, 0])))).toEqual([3, 5, 0, 1]);
});

test('graphs that cannot be normalized are refused', () => {
  expect(() => symmetricNormalized(csr([1, 2, 3]))).toThrow(DataError);
  expect(() => withSelfLoops(csr([1, 2, 3]))).toThrow('got [1, 3]');
  expect(() => rowNormalized(csr([-1, 0], [0, 1]))).toThrow('got -1 in row 0');
  expect(() => symmetricNormalized(csr([NaN, 0], [0, 1]))).toThrow(DataError);
});
