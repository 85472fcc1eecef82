import type { CsrMatrix } from '@dance-ts/core';
import { sparseRows } from '../sparse-rows.js';

/**
 * D^-1/2 (A + I) D^-1/2 with D the row sums of A + I.
 *
 * @param A - [n, n], symmetric, values >= 0
 */
export function normalizedAdjacency(A: CsrMatrix): CsrMatrix {
  const roots = A.rowSums().map((sum) => 1 / Math.sqrt(sum + 1));
  return sparseRows(A.nRows, A.nRows, (i, add) => {
    add(i, roots[i]! ** 2);
    const { indices, data } = A.row(i);
    indices.forEach((j, e) => {
      add(j, data[e]! * roots[i]! * roots[j]!);
    });
  });
}
