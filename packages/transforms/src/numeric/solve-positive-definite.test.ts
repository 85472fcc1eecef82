import { test } from '@jest/globals';
import { expectClose } from '../testing/matchers.js';
import { solvePositiveDefinite } from './solve-positive-definite.js';

test('solves for several right sides at once', () => {
  const A = [4, 2, 0.5, 2, 5, -1, 0.5, -1, 3];
  const X = [1, -2, 0, 3, 2.5, 1];
  const B = Float64Array.from({ length: 6 }, (_, e) => {
    const [i, c] = [Math.floor(e / 2), e % 2];
    return [0, 1, 2].reduce((sum, j) => sum + A[i * 3 + j]! * X[j * 2 + c]!, 0);
  });
  solvePositiveDefinite(Float64Array.from(A), B, 3, 2);
  expectClose(B, X, 1e-12);
});
