import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { DataError } from '@dance-ts/core';
import { expectClose } from '../testing/expect-close.js';
import { solveCholesky } from './cholesky.js';

interface Golden {
  readonly symmetric: {
    readonly A: number[][];
    readonly cholesky_lower: number[][];
    readonly logdet: number;
    readonly inverse: number[][];
  };
  readonly least_squares: {
    readonly A: number[][];
    readonly b: number[];
    readonly x: number[];
    readonly 'ridge_lambda_0.7': number[];
    readonly pinv: number[][];
  };
}

const file = new URL('../../../../tests/golden/pca_svd.json', import.meta.url);
const { symmetric, least_squares: squares } = JSON.parse(readFileSync(file, 'utf8')) as Golden;

/** x of A x = b, and what the routine leaves of A. */
function solved(A: number[][], b: number[][]): { x: Float64Array; factors: Float64Array } {
  const factors = Float64Array.from(A.flat());
  const x = Float64Array.from(b.flat());
  solveCholesky(factors, x, A.length, b[0]!.length);
  return { x, factors };
}

function transposed(A: readonly number[][]): number[][] {
  return A[0]!.map((_, j) => A.map((row) => row[j]!));
}

function product(A: readonly number[][], B: readonly number[][]): number[][] {
  return A.map((row) => B[0]!.map((_, j) => row.reduce((sum, a, k) => sum + a * B[k]![j]!, 0)));
}

function identity(n: number, scale = 1): number[][] {
  return Array.from({ length: n }, (_, i) =>
    Array.from({ length: n }, (__, j) => (i === j ? scale : 0)),
  );
}

test('factors, determinant and inverse of numpy', () => {
  const { A, cholesky_lower, logdet, inverse } = symmetric;
  const n = A.length;
  const { x, factors } = solved(A, identity(n));
  expectClose(x, inverse.flat(), 1e-9);
  cholesky_lower.forEach((row, i) => {
    expectClose(factors.subarray(i * n, i * n + i + 1), row.slice(0, i + 1), 1e-12);
  });
  const logs = cholesky_lower.map((_, i) => 2 * Math.log(factors[i * n + i]!));
  expect(logs.reduce((sum, value) => sum + value, 0)).toBeCloseTo(logdet, 11);
});

describe('normal equations', () => {
  const At = transposed(squares.A);
  const gram = product(At, squares.A);
  const right = product(
    At,
    squares.b.map((value) => [value]),
  );

  test('least squares and the pseudoinverse', () => {
    expectClose(solved(gram, right).x, squares.x, 1e-10);
    expectClose(solved(gram, At).x, squares.pinv.flat(), 1e-10);
  });

  test('with a ridge of 0.7', () => {
    const ridge = identity(gram.length, 0.7);
    const sum = gram.map((row, i) => row.map((value, j) => value + ridge[i]![j]!));
    expectClose(solved(sum, right).x, squares['ridge_lambda_0.7'], 1e-10);
  });
});

test('a singular matrix is refused', () => {
  const ones = [
    [1, 1],
    [1, 1],
  ];
  expect(() => solved(ones, [[1], [1]])).toThrow(DataError);
});
