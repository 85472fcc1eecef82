import { DataError } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { sddmm } from '../ops/graph/edge-products.js';
import type { SparseOperand } from '../ops/spmm.js';
import { checkSameWidth } from './check-shapes.js';

/** Options of {@link adjacencySquaredError}. */
export interface AdjacencySquaredErrorOptions {
  /** Elements of the decoded graph that are in memory at once, default 2^21. */
  readonly blockSize?: number;
}

/**
 * Mean over all pairs of nodes of (sigmoid(u_i . v_j) - A_ij)², the reconstruction of a weighted
 * graph by a (bi)linear decoder, as in scTAG (Yu et al., AAAI 2022) and scTPF (Mrabah et al., AAAI
 * 2023). With v = u it is the inner-product decoder. Time grows with n m, memory with n + m: the
 * decoded graph is never stored.
 *
 * The pairs without a link are summed in blocks of rows, mean(sigmoid²), and the links add
 * A² - 2 A sigmoid.
 *
 * @param u - [n, d]
 * @param v - [m, d]
 * @param adjacency - target, [n, m]; data
 * @returns scalar
 * @throws DataError if the target is not n x m
 * @throws ParamError if u and v differ in width
 */
export function adjacencySquaredError(
  u: tf.Tensor2D,
  v: tf.Tensor2D,
  adjacency: SparseOperand,
  { blockSize = 1 << 21 }: AdjacencySquaredErrorOptions = {},
): tf.Scalar {
  checkSameWidth('adjacencySquaredError', u, v);
  const [n, m] = [u.shape[0], v.shape[0]];
  const { nRows, nCols, data } = adjacency.matrix;
  if (nRows !== n || nCols !== m) {
    throw new DataError('adjacencySquaredError: target', {
      got: `[${nRows}, ${nCols}]`,
      expected: `[${n}, ${m}]`,
    });
  }
  const nPairs = Math.max(1, n * m);
  const ofPairs = meanSquaredSigmoid(u, v, blockSize);
  if (data.length === 0) return ofPairs;
  const decoded = tf.sigmoid(sddmm(adjacency, u, v)); // [nnz, 1]
  const targets = tf.tensor2d(data, [data.length, 1]);
  const ofLinks = tf.sum(tf.mul(targets, tf.sub(targets, tf.mul(decoded, 2))));
  return tf.add(ofPairs, tf.div(ofLinks, nPairs));
}

/** Mean of sigmoid(u_i . v_j)² over all pairs; the gradients are worked out on the way. */
function meanSquaredSigmoid(u: tf.Tensor2D, v: tf.Tensor2D, blockSize: number): tf.Scalar {
  const op = tf.customGrad((a, b, save) => {
    const sums = blockwise(a as tf.Tensor2D, b as tf.Tensor2D, blockSize);
    const { loss, byRows, byColumns } = sums;
    (save as tf.GradSaveFunc)([byRows, byColumns]);
    return {
      value: loss,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => saved.map((x) => tf.mul(x, dy)),
    };
  });
  return op(u, v);
}

interface Sums {
  readonly loss: tf.Scalar;
  readonly byRows: tf.Tensor2D; // [n, d]
  readonly byColumns: tf.Tensor2D; // [m, d]
}

function blockwise(u: tf.Tensor2D, v: tf.Tensor2D, blockSize: number): Sums {
  const [n, m] = [u.shape[0], v.shape[0]];
  if (n * m === 0) {
    return { loss: tf.scalar(0), byRows: tf.zerosLike(u), byColumns: tf.zerosLike(v) };
  }
  const step = Math.max(1, Math.floor(blockSize / m));
  const losses: tf.Tensor[] = [];
  const byRows: tf.Tensor2D[] = [];
  let byColumns = tf.zerosLike(v);
  for (let first = 0; first < n; first += step) {
    const part = tf.tidy(() => {
      const rows = tf.slice(u, [first, 0], [Math.min(step, n - first), -1]);
      const decoded = tf.sigmoid(tf.matMul(rows, v, false, true)); // [block, m]
      const squared = tf.square(decoded);
      const slope = tf.mul(squared, tf.sub(2, tf.mul(decoded, 2))); // of the square by the logit
      // Row by row first: one float32 sum of all would lose digits.
      return {
        loss: tf.sum(tf.sum(squared, 1)),
        byRows: tf.matMul<tf.Tensor2D>(slope, v),
        byColumns: tf.add<tf.Tensor2D>(byColumns, tf.matMul(slope, rows, true)),
      };
    });
    byColumns.dispose();
    losses.push(part.loss);
    byRows.push(part.byRows);
    byColumns = part.byColumns;
  }
  return {
    loss: tf.div(tf.sum(tf.stack(losses)), n * m),
    byRows: tf.div(tf.concat(byRows), n * m),
    byColumns: tf.div(byColumns, n * m),
  };
}
