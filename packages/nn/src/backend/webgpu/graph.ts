import * as tf from '@tensorflow/tfjs';
import type { SparseOperand } from '../../ops/spmm.js';
import { int, runProgram } from './program.js';
import { uploadedColumns, uploadedMatrix } from './uploaded-matrix.js';

type Inputs = Readonly<Record<string, tf.Tensor>>;

interface OnGraph {
  readonly graph: SparseOperand;
}

interface OnHeads extends OnGraph {
  readonly heads: number;
}

/** Sums over edges, weighted; backwards from rows to columns. */
export function edgeAggregateWebGpu(
  inputs: Inputs,
  { graph, heads, backwards }: OnHeads & { readonly backwards: boolean },
): tf.Tensor[] {
  const [values, x] = [inputs['values'] as tf.Tensor, inputs['x'] as tf.Tensor];
  const { nRows, nCols, nnz } = graph.matrix;
  const columns = x.shape[1]!;
  const outputShape = [backwards ? nCols : nRows, columns];
  if (nnz * columns === 0) return [tf.zeros(outputShape)];
  const { indptr, nodes, entries } = edgesTowards(graph, backwards);
  const sum = runProgram({
    key: backwards ? 'dance_edge_aggregate_backwards' : 'dance_edge_aggregate',
    inputs: { indptr, nodes, ...(entries && { entries }), values, x },
    uniforms: { heads: int(heads), columns: int(columns), width: int(columns / heads) },
    outputShape,
    body: `
      let node = index / uniforms.columns;
      let column = index - node * uniforms.columns;
      let head = column / uniforms.width;
      var sum = 0.0;
      for (var at = indptr[node]; at < indptr[node + 1]; at++) {
        let edge = ${entries ? 'entries[at]' : 'at'};
        sum += values[edge * uniforms.heads + head] * x[nodes[at] * uniforms.columns + column];
      }
      result[index] = sum;`,
  });
  return [sum];
}

/** Sums of the values of the edges at each row or, backwards, at each column. */
export function sumEdgesWebGpu(
  values: tf.Tensor,
  { graph, heads }: OnHeads,
  backwards: boolean,
): tf.Tensor {
  const { nRows, nCols, nnz } = graph.matrix;
  const outputShape = [backwards ? nCols : nRows, heads];
  if (nnz * heads === 0) return tf.zeros(outputShape);
  const { indptr, entries } = edgesTowards(graph, backwards);
  return runProgram({
    key: backwards ? 'dance_sum_edges_backwards' : 'dance_sum_edges',
    inputs: { indptr, ...(entries && { entries }), values },
    uniforms: { heads: int(heads) },
    outputShape,
    body: `
      let node = index / uniforms.heads;
      let head = index - node * uniforms.heads;
      var sum = 0.0;
      for (var at = indptr[node]; at < indptr[node + 1]; at++) {
        sum += values[${entries ? 'entries[at]' : 'at'} * uniforms.heads + head];
      }
      result[index] = sum;`,
  });
}

/** Inner products at the edges. */
export function sddmmWebGpu(inputs: Inputs, { graph, heads }: OnHeads): tf.Tensor[] {
  const [a, b] = [inputs['a'] as tf.Tensor, inputs['b'] as tf.Tensor];
  const outputShape = [graph.matrix.nnz, heads];
  if (graph.matrix.nnz * a.shape[1]! === 0) return [tf.zeros(outputShape)];
  const { rows, indices } = uploadedMatrix(graph);
  const products = runProgram({
    key: 'dance_sddmm',
    inputs: { rows, indices, a, b },
    uniforms: { heads: int(heads), width: int(a.shape[1]! / heads) },
    outputShape,
    body: `
      let edge = index / uniforms.heads;
      let head = index - edge * uniforms.heads;
      let left = (rows[edge] * uniforms.heads + head) * uniforms.width;
      let right = (indices[edge] * uniforms.heads + head) * uniforms.width;
      var sum = 0.0;
      for (var f = 0; f < uniforms.width; f++) { sum += a[left + f] * b[right + f]; }
      result[index] = sum;`,
  });
  return [products];
}

/** Softmax over the edges of each row: one invocation a row and head. */
export function edgeSoftmaxWebGpu(inputs: Inputs, { graph }: OnGraph): tf.Tensor[] {
  const logits = inputs['logits'] as tf.Tensor;
  const [nnz = 0, heads = 0] = logits.shape;
  if (logits.size === 0) return [tf.zeros([nnz, heads])];
  const { indptr } = uploadedMatrix(graph);
  const probabilities = runProgram({
    key: 'dance_edge_softmax',
    inputs: { indptr, logits },
    uniforms: { heads: int(heads) },
    outputShape: [nnz, heads],
    invocations: graph.matrix.nRows * heads,
    body: `${EDGES_OF_ROW}
      if (first >= end) { return; }
      var highest = logits[first];
      for (var e = first; e < end; e += uniforms.heads) { highest = max(highest, logits[e]); }
      var sum = 0.0;
      for (var e = first; e < end; e += uniforms.heads) { sum += exp(logits[e] - highest); }
      for (var e = first; e < end; e += uniforms.heads) {
        result[e] = exp(logits[e] - highest) / sum;
      }`,
  });
  return [probabilities];
}

/** Way back through {@link edgeSoftmaxWebGpu}. */
export function edgeSoftmaxGradientWebGpu(inputs: Inputs, { graph }: OnGraph): tf.Tensor[] {
  const [probabilities, dy] = [inputs['probabilities'] as tf.Tensor, inputs['dy'] as tf.Tensor];
  const [nnz = 0, heads = 0] = dy.shape;
  if (dy.size === 0) return [tf.zeros([nnz, heads])];
  const { indptr } = uploadedMatrix(graph);
  const byLogits = runProgram({
    key: 'dance_edge_softmax_gradient',
    inputs: { indptr, probabilities, dy },
    uniforms: { heads: int(heads) },
    outputShape: [nnz, heads],
    invocations: graph.matrix.nRows * heads,
    body: `${EDGES_OF_ROW}
      var sum = 0.0;
      for (var e = first; e < end; e += uniforms.heads) { sum += probabilities[e] * dy[e]; }
      for (var e = first; e < end; e += uniforms.heads) {
        result[e] = probabilities[e] * (dy[e] - sum);
      }`,
  });
  return [byLogits];
}

const EDGES_OF_ROW = `
      let row = index / uniforms.heads;
      let head = index - row * uniforms.heads;
      let first = indptr[row] * uniforms.heads + head;
      let end = indptr[row + 1] * uniforms.heads;`;

/** Largest neighbor by feature, and its row number as a float (exact below 2^24). */
export function neighborMaxWebGpu(inputs: Inputs, { graph }: OnGraph): tf.Tensor[] {
  const x = inputs['x'] as tf.Tensor;
  const { nRows, nnz } = graph.matrix;
  const width = x.shape[1]!;
  const shape = [nRows, width];
  if (nnz * width === 0) return [tf.zeros(shape), tf.fill(shape, -1)];
  const { indptr, indices } = uploadedMatrix(graph);
  const both = runProgram({
    key: 'dance_neighbor_max',
    inputs: { indptr, indices, x },
    uniforms: { width: int(width) },
    outputShape: [2, ...shape],
    invocations: nRows * width,
    body: `
      let row = index / uniforms.width;
      let column = index - row * uniforms.width;
      var best = 0.0;
      var winner = -1;
      for (var at = indptr[row]; at < indptr[row + 1]; at++) {
        let value = x[indices[at] * uniforms.width + column];
        if (winner < 0 || value > best || isnan(value)) {
          best = value;
          winner = indices[at];
        }
      }
      result[index] = best;
      result[index + uniforms.invocations] = f32(winner);`,
  });
  return tf.unstack(both);
}

/** Adds each gradient to the row its value came from, which looks for it at its edges. */
export function neighborMaxGradientWebGpu(inputs: Inputs, { graph }: OnGraph): tf.Tensor[] {
  const [dy, argmax] = [inputs['dy'] as tf.Tensor, inputs['argmax'] as tf.Tensor];
  const { nCols, nnz } = graph.matrix;
  const width = dy.shape[1]!;
  if (nnz * width === 0) return [tf.zeros([nCols, width])];
  const { indptr, rows } = uploadedColumns(graph);
  const byInput = runProgram({
    key: 'dance_neighbor_max_gradient',
    inputs: { indptr, rows, dy, argmax },
    uniforms: { width: int(width) },
    outputShape: [nCols, width],
    body: `
      let node = index / uniforms.width;
      let column = index - node * uniforms.width;
      var sum = 0.0;
      for (var at = indptr[node]; at < indptr[node + 1]; at++) {
        let place = rows[at] * uniforms.width + column;
        if (i32(argmax[place]) == node) { sum += dy[place]; }
      }
      result[index] = sum;`,
  });
  return [byInput];
}

/** The edges that end at each row or, backwards, at each column. */
function edgesTowards(
  graph: SparseOperand,
  backwards: boolean,
): { indptr: tf.TensorInfo; nodes: tf.TensorInfo; entries?: tf.TensorInfo } {
  if (backwards) {
    const { indptr, rows, entries } = uploadedColumns(graph);
    return { indptr, nodes: rows, entries };
  }
  const { indptr, indices } = uploadedMatrix(graph);
  return { indptr, nodes: indices };
}
