import { DataError } from '@dance-ts/core';

/** Rows matched to columns, rows ascending. */
export interface Assignment {
  readonly rows: Int32Array;
  readonly columns: Int32Array;
  readonly total: number;
}

/**
 * Optimal assignment of rows to columns by shortest augmenting paths (Jonker & Volgenant, 1987),
 * O(n^3), float64.
 *
 * @param cost - rows of equal length; min(rows, columns) pairs are made
 * @param options - `maximize`: the largest total instead of the smallest
 * @throws DataError if a cost is not finite or the rows differ in length
 */
export function linearSumAssignment(
  cost: readonly ArrayLike<number>[],
  options: { maximize?: boolean } = {},
): Assignment {
  const nRows = cost.length;
  const nCols = cost[0]?.length ?? 0;
  const flip = nRows > nCols;
  const [n, m] = flip ? [nCols, nRows] : [nRows, nCols];
  const sign = options.maximize ? -1 : 1;
  const c = new Float64Array(n * m);
  cost.forEach((row, i) => {
    if (row.length !== nCols) {
      throw new DataError(`cost row ${i} has another length`, {
        got: `${row.length}`,
        expected: `${nCols}`,
      });
    }
    for (let j = 0; j < nCols; j++) {
      const value = row[j]!;
      if (!Number.isFinite(value))
        throw new DataError(`cost (${i}, ${j})`, {
          got: String(value),
          expected: 'a finite number',
        });
      c[flip ? j * m + i : i * m + j] = sign * value;
    }
  });
  const rowOf = solve(c, n, m);
  const pairs: (readonly [number, number])[] = [];
  rowOf.forEach((row, column) => {
    if (row >= 0) pairs.push(flip ? [column, row] : [row, column]);
  });
  pairs.sort((a, b) => a[0] - b[0]);
  return {
    rows: Int32Array.from(pairs, ([i]) => i),
    columns: Int32Array.from(pairs, ([, j]) => j),
    total: pairs.reduce((sum, [i, j]) => sum + cost[i]![j]!, 0),
  };
}

/** Row of each column (-1: none) of an n x m cost matrix, n <= m. */
function solve(c: Float64Array, n: number, m: number): Int32Array {
  const u = new Float64Array(n + 1);
  const v = new Float64Array(m + 1);
  const match = new Int32Array(m + 1); // 1-based row of column j, 0: free; column 0 is the start
  const previous = new Int32Array(m + 1);
  const shortest = new Float64Array(m + 1);
  const done = new Uint8Array(m + 1);
  for (let row = 1; row <= n; row++) {
    match[0] = row;
    shortest.fill(Infinity);
    done.fill(0);
    let column = 0;
    do {
      done[column] = 1;
      const i = match[column]!;
      let delta = Infinity;
      let next = 0;
      for (let j = 1; j <= m; j++) {
        if (done[j]) continue;
        const reduced = c[(i - 1) * m + j - 1]! - u[i]! - v[j]!;
        if (reduced < shortest[j]!) {
          shortest[j] = reduced;
          previous[j] = column;
        }
        if (shortest[j]! < delta) {
          delta = shortest[j]!;
          next = j;
        }
      }
      for (let j = 0; j <= m; j++) {
        if (done[j]) {
          u[match[j]!]! += delta;
          v[j]! -= delta;
        } else {
          shortest[j]! -= delta;
        }
      }
      column = next;
    } while (match[column] !== 0);
    while (column !== 0) {
      const back = previous[column]!;
      match[column] = match[back]!;
      column = back;
    }
  }
  return match.slice(1).map((row) => row - 1);
}
