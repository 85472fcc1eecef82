import { DataError } from '@dance-ts/core';
import type { EdgesByColumn } from '@dance-ts/kernels';
import type { SparseOperand } from '../spmm.js';

const sorted = new WeakMap<SparseOperand, EdgesByColumn>();

/** The entries of a graph by column, worked out once for each graph. */
export function edgesByColumn(graph: SparseOperand): EdgesByColumn {
  let result = sorted.get(graph);
  if (result === undefined) {
    result = sortByColumn(graph);
    sorted.set(graph, result);
  }
  return result;
}

function sortByColumn({ matrix }: SparseOperand): EdgesByColumn {
  const { nRows, nCols, nnz, indptr, indices } = matrix;
  const offsets = new Int32Array(nCols + 1);
  for (const column of indices) offsets[column + 1]! += 1;
  for (let column = 0; column < nCols; column++) offsets[column + 1]! += offsets[column]!;
  const next = offsets.slice();
  const [rows, entries] = [new Int32Array(nnz), new Int32Array(nnz)];
  for (let row = 0; row < nRows; row++) {
    for (let entry = indptr[row]!; entry < indptr[row + 1]!; entry++) {
      const place = next[indices[entry]!]!++;
      rows[place] = row;
      entries[place] = entry;
    }
  }
  return { indptr: offsets, rows, entries };
}

/** Throws DataError unless each tensor has the shape the operation needs. */
export function checkShapes(
  operation: string,
  shapes: Readonly<Record<string, readonly [got: readonly number[], expected: readonly number[]]>>,
): void {
  for (const [name, [got, expected]] of Object.entries(shapes)) {
    if (got.join() === expected.join()) continue;
    throw new DataError(`${operation}: ${name} does not fit the graph`, {
      got: `[${got.join(', ')}]`,
      expected: `[${expected.join(', ')}]`,
    });
  }
}
