import type { Matrix } from '@dance-ts/core';

/** Ranks of a feature's values, in the narrowest type that holds them all. */
export type Ranks = Uint8Array | Uint16Array | Int32Array;

/** Every value replaced by its rank among the distinct values of its column. */
export interface RankTable {
  readonly nRows: number;
  readonly nCols: number;
  /** [nCols * nRows], column after column. */
  readonly ranks: Ranks;
  /** Distinct values of each column, ascending. */
  readonly values: readonly Float32Array[];
}

/**
 * Ranks of all columns; sparse or dense, the table takes 1, 2 or 4 bytes an entry, as the largest
 * number of distinct values demands (1 for binary features).
 *
 * @param X - [n, p], finite
 */
export function rankTable(X: Matrix): RankTable {
  const { nRows, nCols } = X;
  const columns = X.kind === 'csr' ? X.transpose() : X;
  const column = new Float32Array(nRows);
  const load = (f: number): void => {
    if (columns.kind === 'dense') {
      for (let i = 0; i < nRows; i++) column[i] = columns.data[i * nCols + f]!;
      return;
    }
    column.fill(0);
    const { indices, data } = columns.row(f);
    indices.forEach((i, e) => (column[i] = data[e]!));
  };
  const values = Array.from({ length: nCols }, (_, f) => {
    load(f);
    return distinct(column);
  });
  const most = values.reduce((count, own) => Math.max(count, own.length), 0);
  const Type = most <= 256 ? Uint8Array : most <= 65536 ? Uint16Array : Int32Array;
  const ranks = new Type(nCols * nRows);
  for (let f = 0; f < nCols; f++) {
    load(f);
    for (let i = 0; i < nRows; i++) ranks[f * nRows + i] = rankOf(column[i]!, values[f]!);
  }
  return { nRows, nCols, ranks, values };
}

/** Middle between two neighboring values; the lower one where that rounds to the upper. */
export function midpoint(low: number, high: number): number {
  const middle = (low + high) / 2;
  return middle < high ? middle : low;
}

function distinct(column: Float32Array): Float32Array {
  const sorted = column.slice().sort();
  let count = 0;
  for (const value of sorted) {
    if (count === 0 || sorted[count - 1] !== value) sorted[count++] = value;
  }
  return sorted.slice(0, count);
}

function rankOf(value: number, values: Float32Array): number {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
