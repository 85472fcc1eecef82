/**
 * Solves A X = B for a symmetric positive definite A by Cholesky's factors; both are overwritten.
 *
 * @param A - [n * n], row-major
 * @param B - [n * width], row-major; holds X afterwards
 */
export function solvePositiveDefinite(
  A: Float64Array,
  B: Float64Array,
  n: number,
  width: number,
): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = A[i * n + j]!;
      for (let m = 0; m < j; m++) sum -= A[i * n + m]! * A[j * n + m]!;
      A[i * n + j] = i === j ? Math.sqrt(sum) : sum / A[j * n + j]!;
    }
  }
  const eliminate = (i: number, m: number, factor: number): void => {
    for (let c = 0; c < width; c++) B[i * width + c]! -= factor * B[m * width + c]!;
  };
  const divide = (i: number): void => {
    for (let c = 0; c < width; c++) B[i * width + c]! /= A[i * n + i]!;
  };
  for (let i = 0; i < n; i++) {
    for (let m = 0; m < i; m++) eliminate(i, m, A[i * n + m]!);
    divide(i);
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let m = i + 1; m < n; m++) eliminate(i, m, A[m * n + i]!);
    divide(i);
  }
}
