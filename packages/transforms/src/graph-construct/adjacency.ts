import { CsrMatrix } from '@dance-ts/core';

/**
 * The edges of a graph without their direction, weights or self loops: 1 at (i, j) and (j, i) where
 * either has an edge.
 *
 * @param graph - [n, n]
 */
export function undirected(graph: CsrMatrix): CsrMatrix {
  const transposed = graph.transpose();
  return binaryRows(graph.nRows, (i, add) => {
    for (const j of graph.row(i).indices) if (j !== i) add(j);
    for (const j of transposed.row(i).indices) if (j !== i) add(j);
  });
}

/**
 * 1 where two nodes are exactly two steps apart: neither the same nor neighbors, with a neighbor in
 * common.
 *
 * @param graph - [n, n], without self loops
 */
export function strictTwoHop(graph: CsrMatrix): CsrMatrix {
  const neighbors = (i: number): Int32Array => graph.row(i).indices;
  const lastNearTo = new Int32Array(graph.nRows).fill(-1);
  return binaryRows(graph.nRows, (i, add) => {
    lastNearTo[i] = i;
    for (const j of neighbors(i)) lastNearTo[j] = i;
    for (const j of neighbors(i)) {
      for (const k of neighbors(j)) if (lastNearTo[k] !== i) add(k);
    }
  });
}

/** Ones at the columns that `fill` adds for each row, any number of times. */
function binaryRows(
  n: number,
  fill: (row: number, add: (column: number) => void) => void,
): CsrMatrix {
  const lastRow = new Int32Array(n).fill(-1);
  const indptr = new Int32Array(n + 1);
  const rows: Int32Array[] = [];
  for (let i = 0; i < n; i++) {
    const columns: number[] = [];
    fill(i, (column) => {
      if (lastRow[column] === i) return;
      lastRow[column] = i;
      columns.push(column);
    });
    rows.push(Int32Array.from(columns).sort());
    indptr[i + 1] = indptr[i]! + columns.length;
  }
  const indices = new Int32Array(indptr[n]!);
  rows.forEach((columns, i) => {
    indices.set(columns, indptr[i]);
  });
  return new CsrMatrix(n, n, indptr, indices, new Float32Array(indices.length).fill(1));
}
