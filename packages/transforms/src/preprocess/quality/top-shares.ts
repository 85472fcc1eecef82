import type { Matrix } from '@dance-ts/core';

/**
 * Share of each row's sum that its n largest values make up; NaN for a row of zeros.
 *
 * @param X - non-negative
 * @param n - 1 to the number of columns
 * @returns [nRows]
 */
export function topShares(X: Matrix, n: number): Float64Array {
  const shares = new Float64Array(X.nRows);
  for (let i = 0; i < X.nRows; i++) {
    const values = X.kind === 'csr' ? X.row(i).data : X.row(i);
    const descending = Float64Array.from(values).sort().reverse();
    const total = descending.reduce((sum, value) => sum + value, 0);
    const top = descending.subarray(0, n).reduce((sum, value) => sum + value, 0);
    shares[i] = top / total;
  }
  return shares;
}
