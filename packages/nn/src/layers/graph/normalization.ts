import { CsrMatrix, DataError } from '@dance-ts/core';
import { SparseOperand } from '../../ops/spmm.js';

/** Options of the normalizations. */
export interface NormalizationOptions {
  /** Add a self loop of weight 1 to each node first; default false. */
  readonly selfLoops?: boolean;
}

/**
 * D^-1/2 A D^-1/2 with D the row sums of A (A + I with `selfLoops`), as a GCN needs it (Kipf and
 * Welling 2017). A node of degree 0 has factor 0.
 *
 * @param adjacency - [n, n], not negative
 * @throws DataError if the matrix is not square or a degree is negative
 */
export function symmetricNormalized(
  adjacency: CsrMatrix,
  { selfLoops = false }: NormalizationOptions = {},
): SparseOperand {
  const graph = selfLoops ? withSelfLoops(adjacency) : adjacency;
  checkSquare('symmetricNormalized', graph);
  const factors = degreesOf('symmetricNormalized', graph).map((degree) =>
    degree === 0 ? 0 : 1 / Math.sqrt(degree),
  );
  const { indptr, indices, data } = graph;
  const scaled = new Float32Array(data.length);
  for (let i = 0; i < graph.nRows; i++) {
    for (let e = indptr[i]!; e < indptr[i + 1]!; e++) {
      scaled[e] = factors[i]! * data[e]! * factors[indices[e]!]!;
    }
  }
  return new SparseOperand(graph.withData(scaled));
}

/**
 * D^-1 A: each row sums to 1, so a product takes the (weighted) mean over neighbors; rows of
 * degree 0 stay 0.
 *
 * @param adjacency - [n, m], not negative; square with `selfLoops`
 * @throws DataError if a degree is negative
 */
export function rowNormalized(
  adjacency: CsrMatrix,
  { selfLoops = false }: NormalizationOptions = {},
): SparseOperand {
  const graph = selfLoops ? withSelfLoops(adjacency) : adjacency;
  const factors = degreesOf('rowNormalized', graph).map((degree) =>
    degree === 0 ? 0 : 1 / degree,
  );
  return new SparseOperand(graph.scaleRows(factors));
}

/**
 * A + I.
 *
 * @throws DataError if the matrix is not square
 */
export function withSelfLoops(adjacency: CsrMatrix): CsrMatrix {
  checkSquare('withSelfLoops', adjacency);
  const { nRows: n, nnz, indptr, indices, data } = adjacency;
  const size = nnz + n;
  const triplets = [new Int32Array(size), new Int32Array(size), new Float32Array(size).fill(1)];
  const [rows, columns, values] = triplets as [Int32Array, Int32Array, Float32Array];
  columns.set(indices);
  values.set(data);
  for (let i = 0; i < n; i++) {
    rows.fill(i, indptr[i], indptr[i + 1]);
    rows[nnz + i] = columns[nnz + i] = i;
  }
  return CsrMatrix.fromTriplets(n, n, rows, columns, values);
}

function checkSquare(operation: string, { nRows, nCols }: CsrMatrix): void {
  if (nRows === nCols) return;
  throw new DataError(`${operation}: the graph is not square`, {
    got: `[${nRows}, ${nCols}]`,
    expected: 'as many columns as rows',
  });
}

function degreesOf(operation: string, graph: CsrMatrix): Float64Array {
  const degrees = graph.rowSums();
  const bad = degrees.findIndex((degree) => !(degree >= 0 && degree < Infinity));
  if (bad < 0) return degrees;
  throw new DataError(`${operation}: a degree is not a number >= 0`, {
    got: `${degrees[bad]!} in row ${bad}`,
    remedy: 'Use edge weights that are not negative.',
  });
}
