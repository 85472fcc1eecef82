import type * as tf from '@tensorflow/tfjs';
import { DataError } from '@dance-ts/core';
import { defineOp, type Op } from '../../backend/define-op.js';
import { edgeAggregateWebGpu, sddmmWebGpu } from '../../backend/webgpu/graph.js';
import type { SparseOperand } from '../spmm.js';
import { checkShapes, edgesByColumn } from './edges.js';

interface Attributes {
  readonly graph: SparseOperand;
  readonly heads: number;
  /** Go along the edges backwards, from rows to columns. */
  readonly backwards: boolean;
}

/** out[i, h] = sum over the edges e = (i, j) of values[e, h] x[j, h]; backwards out[j], x[i]. */
const aggregate: Op<Attributes> = defineOp({
  name: 'DanceEdgeAggregate',
  webgpu: edgeAggregateWebGpu,
  outputs: (shapes, { graph, backwards }) => [
    [backwards ? graph.matrix.nCols : graph.matrix.nRows, shapes['x']![1]!],
  ],
  run: ({ kernels, inputs, shapes, outputs, attributes }) => {
    const { graph, heads, backwards } = attributes;
    const { nRows, nCols, indptr, indices } = graph.matrix;
    const byColumn = backwards ? edgesByColumn(graph) : undefined;
    kernels.edgeAggregate({
      nRows: backwards ? nCols : nRows,
      indptr: byColumn?.indptr ?? indptr,
      indices: byColumn?.rows ?? indices,
      entries: byColumn?.entries,
      weights: inputs['values'] as Float32Array,
      x: inputs['x'] as Float32Array,
      heads,
      width: shapes['x']![1]! / heads,
      out: outputs[0]!,
    });
  },
  gradient: {
    inputs: ['values', 'x'],
    of: ([dy], saved, { graph, heads, backwards }) => {
      const [values, x] = saved as [tf.Tensor, tf.Tensor];
      const [a, b] = backwards ? [x, dy] : [dy, x];
      return {
        values: () => products({ a, b }, { graph, heads, backwards: false })[0]!,
        x: () => aggregate({ values, x: dy }, { graph, heads, backwards: !backwards })[0]!,
      };
    },
  },
});

/** out[e, h] = a[i, h] . b[j, h] for each edge e = (i, j). */
const products: Op<Attributes> = defineOp({
  name: 'DanceSddmm',
  webgpu: sddmmWebGpu,
  outputs: (_shapes, { graph, heads }) => [[graph.matrix.nnz, heads]],
  run: ({ kernels, inputs, shapes, outputs, attributes }) => {
    const { graph, heads } = attributes;
    const { nRows, indptr, indices } = graph.matrix;
    kernels.sddmm({
      ...{ nRows, indptr, indices, heads, width: shapes['a']![1]! / heads },
      a: inputs['a'] as Float32Array,
      b: inputs['b'] as Float32Array,
      out: outputs[0]!,
    });
  },
  gradient: {
    inputs: ['a', 'b'],
    of: ([dy], saved, { graph, heads }) => {
      const [a, b] = saved as [tf.Tensor, tf.Tensor];
      return {
        a: () => aggregate({ values: dy, x: b }, { graph, heads, backwards: false })[0]!,
        b: () => aggregate({ values: dy, x: a }, { graph, heads, backwards: true })[0]!,
      };
    },
  },
});

/**
 * Sparse x dense product with values that are a tensor: out[i, h] = sum over the stored entries
 * e = (i, j) of values[e, h] x[j, h], with gradients to values and x. The values of the graph
 * itself are not used. Head h has the columns h d / heads to (h + 1) d / heads - 1 of x.
 *
 * @param graph - [n, m]
 * @param values - [nnz, heads], in the order of the entries
 * @param x - [m, d], d a multiple of heads
 * @returns [n, d]
 * @throws DataError if the shapes do not fit
 */
export function spmmWithValues(
  graph: SparseOperand,
  values: tf.Tensor2D,
  x: tf.Tensor2D,
): tf.Tensor2D {
  const heads = values.shape[1];
  const { nCols, nnz } = graph.matrix;
  checkShapes('spmmWithValues', {
    values: [values.shape, [nnz, heads]],
    x: [x.shape, [nCols, widthFor('spmmWithValues', x.shape[1], heads)]],
  });
  return aggregate({ values, x }, { graph, heads, backwards: false })[0] as tf.Tensor2D;
}

/**
 * Sampled dense-dense product: out[e, h] = a[i, h] . b[j, h] for each stored entry e = (i, j) of
 * the graph, whose values are not used; with gradients to a and b.
 *
 * @param graph - [n, m]
 * @param a - [n, d], d a multiple of heads
 * @param b - [m, d]
 * @param heads - parts of d with products of their own, default 1
 * @returns [nnz, heads], in the order of the entries
 * @throws DataError if the shapes do not fit
 */
export function sddmm(
  graph: SparseOperand,
  a: tf.Tensor2D,
  b: tf.Tensor2D,
  heads = 1,
): tf.Tensor2D {
  const width = widthFor('sddmm', a.shape[1], heads);
  const { nRows, nCols } = graph.matrix;
  checkShapes('sddmm', { a: [a.shape, [nRows, width]], b: [b.shape, [nCols, width]] });
  return products({ a, b }, { graph, heads, backwards: false })[0] as tf.Tensor2D;
}

function widthFor(operation: string, width: number, heads: number): number {
  if (width % heads === 0) return width;
  throw new DataError(`${operation}: the features cannot be divided among the heads`, {
    got: `${width} features, ${heads} heads`,
    expected: 'a multiple of the number of heads',
  });
}
