import { CsrMatrix, DataError } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { sddmm } from '../ops/graph/edge-products.js';
import { spmm, SparseOperand } from '../ops/spmm.js';

/**
 * Reconstruction of a sparse matrix by a product of two embeddings, at its stored entries:
 * sum over them of (x_ij - u_i . v_j)², divided by n m. Equals the mean squared difference of X and
 * U V^T where entries not stored count as reconstructed; U V^T is never formed.
 *
 * @param matrix - X, [n, m]; data
 * @param u - [n, d]
 * @param v - [m, d]
 * @returns scalar
 * @throws DataError if the shapes do not fit
 */
export function storedEntriesError(
  matrix: SparseOperand,
  u: tf.Tensor2D,
  v: tf.Tensor2D,
): tf.Scalar {
  const { nRows, nCols, data } = matrix.matrix;
  if (data.length === 0) return tf.scalar(0);
  const products = sddmm(matrix, u, v); // [nnz, 1]
  const differences = tf.sub(products, tf.tensor2d(data, [data.length, 1]));
  return tf.div(tf.sum(tf.square(differences)), nRows * nCols);
}

/**
 * Mean over all pairs of nodes of (A_ij - h_i . h_j)², the reconstruction of a graph by inner
 * products without sigmoid. Worked out as (sum A² - 2 sum A_ij h_i . h_j + |H^T H|²) / n², so that
 * time grows with links and nodes and nothing is n x n.
 *
 * @param graph - A, [n, n]; data
 * @param h - [n, d]
 * @returns scalar
 * @throws DataError if the graph is not n x n
 */
export function innerProductError(graph: SparseOperand, h: tf.Tensor2D): tf.Scalar {
  checkSquare('innerProductError', graph.matrix, h.shape[0]);
  const { nRows: n, data } = graph.matrix;
  const ofGraph = data.reduce((sum, value) => sum + value * value, 0);
  const agreement = tf.sum(tf.mul(h, spmm(graph, h)));
  const ofProducts = tf.sum(tf.square(tf.matMul(h, h, true)));
  const sum = tf.add(tf.sub(ofProducts, tf.mul(agreement, 2)), ofGraph);
  return tf.div(sum, Math.max(1, n * n));
}

/**
 * Penalty of embeddings that differ between linked nodes: the trace of H^T L H, that is
 * sum W_ij |h_i - h_j|² / 2 over all pairs.
 *
 * @param laplacian - L, see {@link graphLaplacian}, [n, n]; data
 * @param h - [n, d]
 * @returns scalar
 * @throws DataError if the Laplacian is not n x n
 */
export function laplacianPenalty(laplacian: SparseOperand, h: tf.Tensor2D): tf.Scalar {
  checkSquare('laplacianPenalty', laplacian.matrix, h.shape[0]);
  return tf.sum(tf.mul(h, spmm(laplacian, h)));
}

/**
 * L = D - W of the symmetric part W = (A + A^T) / 2 of a graph, D the row sums of W.
 *
 * @param adjacency - A, [n, n], not negative
 * @throws DataError if the graph is not square
 */
export function graphLaplacian(adjacency: CsrMatrix): SparseOperand {
  const w = symmetricPart(adjacency);
  const { nRows: n, nnz } = w;
  const [rows, columns] = [new Int32Array(n + nnz), new Int32Array(n + nnz)];
  const values = new Float32Array(n + nnz);
  values.set(w.rowSums());
  for (let i = 0; i < n; i++) rows[i] = columns[i] = i;
  rows.set(rowsOf(w), n);
  columns.set(w.indices, n);
  for (let e = 0; e < nnz; e++) values[n + e] = -w.data[e]!;
  return new SparseOperand(CsrMatrix.fromTriplets(n, n, rows, columns, values));
}

/**
 * (A + A^T) / 2, an undirected graph from a directed one.
 *
 * @param adjacency - [n, n]
 * @throws DataError if the graph is not square
 */
export function symmetricPart(adjacency: CsrMatrix): CsrMatrix {
  checkSquare('symmetricPart', adjacency, adjacency.nRows);
  const { nRows: n, nnz, indices, data } = adjacency;
  const rows = rowsOf(adjacency);
  const [from, to] = [new Int32Array(2 * nnz), new Int32Array(2 * nnz)];
  const halves = new Float32Array(2 * nnz);
  from.set(rows);
  from.set(indices, nnz);
  to.set(indices);
  to.set(rows, nnz);
  for (let e = 0; e < nnz; e++) halves[e] = halves[nnz + e] = data[e]! / 2;
  return CsrMatrix.fromTriplets(n, n, from, to, halves);
}

/** Row of each stored entry. */
function rowsOf({ nRows, nnz, indptr }: CsrMatrix): Int32Array {
  const rows = new Int32Array(nnz);
  for (let i = 0; i < nRows; i++) rows.fill(i, indptr[i], indptr[i + 1]);
  return rows;
}

function checkSquare(operation: string, { nRows, nCols }: CsrMatrix, n: number): void {
  if (nRows === n && nCols === n) return;
  throw new DataError(`${operation}: graph`, {
    got: `[${nRows}, ${nCols}]`,
    expected: `[${n}, ${n}]`,
  });
}
