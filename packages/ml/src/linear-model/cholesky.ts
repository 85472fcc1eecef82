import { DataError } from '@dance-ts/core';

/**
 * Solves A x = b for a symmetric positive definite A by Cholesky's factors; both are overwritten.
 *
 * @param A - [n * n], row-major; the lower triangle is read
 * @param b - [n * k], row-major; holds x afterwards
 * @throws DataError if A is singular to rounding
 */
export function solveCholesky(A: Float64Array, b: Float64Array, n: number, k: number): void {
  for (let i = 0; i < n; i++) {
    const before = A[i * n + i]!;
    for (let j = 0; j <= i; j++) {
      let sum = A[i * n + j]!;
      for (let m = 0; m < j; m++) sum -= A[i * n + m]! * A[j * n + m]!;
      if (j < i) A[i * n + j] = sum / A[j * n + j]!;
      else if (sum > 1e-13 * before) A[i * n + i] = Math.sqrt(sum);
      else {
        throw new DataError('singular linear system', {
          got: `pivot ${sum} in row ${i}`,
          remedy: 'Remove features that depend on others or raise the penalty.',
        });
      }
    }
  }
  for (let c = 0; c < k; c++) {
    for (let i = 0; i < n; i++) {
      let sum = b[i * k + c]!;
      for (let m = 0; m < i; m++) sum -= A[i * n + m]! * b[m * k + c]!;
      b[i * k + c] = sum / A[i * n + i]!;
    }
    for (let i = n - 1; i >= 0; i--) {
      let sum = b[i * k + c]!;
      for (let m = i + 1; m < n; m++) sum -= A[m * n + i]! * b[m * k + c]!;
      b[i * k + c] = sum / A[i * n + i]!;
    }
  }
}
