import { Rng } from '@dance-ts/core';
import type { Edges, EdgesByColumn } from '../contract/graph.js';

/** A random graph from `nColumns` to `nRows` nodes; every third row is empty, one has one edge. */
export function randomEdges(nRows: number, nColumns: number, seed: number): Edges {
  const rng = Rng.fromSeed(seed);
  const indices: number[] = [];
  const indptr = new Int32Array(nRows + 1);
  for (let row = 0; row < nRows; row++) {
    if (row === 1) indices.push(nColumns - 1);
    else if (row % 3 !== 0) {
      for (let column = 0; column < nColumns; column++) {
        if (rng.uniform() < 0.4) indices.push(column);
      }
    }
    indptr[row + 1] = indices.length;
  }
  return { nRows, indptr, indices: Int32Array.from(indices) };
}

/** Row, column and number of each edge. */
export function listEdges({ nRows, indptr, indices }: Edges): [number, number, number][] {
  return Array.from({ length: nRows }, (_, row) => row).flatMap((row) =>
    Array.from({ length: indptr[row + 1]! - indptr[row]! }, (_, k): [number, number, number] => {
      const entry = indptr[row]! + k;
      return [row, indices[entry]!, entry];
    }),
  );
}

/** The edges sorted by column. */
export function byColumn(edges: Edges, nColumns: number): EdgesByColumn {
  const sorted = listEdges(edges).sort((a, b) => a[1] - b[1] || a[2] - b[2]);
  const indptr = Int32Array.from(
    { length: nColumns + 1 },
    (_, column) => sorted.filter((edge) => edge[1] < column).length,
  );
  return {
    indptr,
    rows: Int32Array.from(sorted, ([row]) => row),
    entries: Int32Array.from(sorted, ([, , entry]) => entry),
  };
}
