import * as tf from '@tensorflow/tfjs';
import { ParamError } from '@dance-ts/core';
import { defineOp, type Op } from '../../backend/define-op.js';
import { gatAggregateGradientWebGpu, gatAggregateWebGpu } from '../../backend/webgpu/attention.js';
import type { SparseOperand } from '../spmm.js';
import { checkShapes, edgesByColumn } from './edges.js';

/** Options of {@link gatAggregate}. */
export interface GatAggregateOptions {
  /** Function of the scores: LeakyReLU (GAT, default) or sigmoid (STAGATE). */
  readonly activation?: 'leakyRelu' | 'sigmoid';
  /** Slope of LeakyReLU below 0; default 0.2. */
  readonly negativeSlope?: number;
}

/** What {@link gatAggregate} gives. */
export interface GatAggregated {
  /** Weighted sums, [n, heads * d]; 0 for nodes without neighbors. */
  readonly out: tf.Tensor2D;
  /** Weights, [nnz, heads], in the order of the entries; they sum to 1 in each row. */
  readonly attention: tf.Tensor2D;
}

interface Attributes {
  readonly graph: SparseOperand;
  readonly heads: number;
  readonly activation: 'leakyRelu' | 'sigmoid';
  readonly negativeSlope: number;
}

type FourArrays = [Float32Array, Float32Array, Float32Array, Float32Array];

const forward: Op<Attributes> = defineOp({
  name: 'DanceGatAggregate',
  webgpu: gatAggregateWebGpu,
  outputs: (shapes, { graph, heads }) => {
    const { nRows, nnz } = graph.matrix;
    return [
      [nRows, shapes['z']![1]!],
      [nnz, heads],
      [nnz, heads],
    ];
  },
  run: ({ kernels, inputs, shapes, outputs, attributes }) => {
    const { graph, heads, activation, negativeSlope } = attributes;
    const { nRows, indptr, indices } = graph.matrix;
    const [out, attention, slopes] = outputs as [Float32Array, Float32Array, Float32Array];
    kernels.gatAggregate({
      ...{ nRows, indptr, indices, heads, width: shapes['z']![1]! / heads },
      z: inputs['z'] as Float32Array,
      source: inputs['source'] as Float32Array,
      target: inputs['target'] as Float32Array,
      ...{ activation, negativeSlope, attention, slopes, out },
    });
  },
  gradient: {
    inputs: ['z'],
    outputs: [1, 2],
    of: (dy, saved, attributes) => {
      const [dOut, dAttention] = dy as readonly tf.Tensor[] as [tf.Tensor, tf.Tensor];
      const [z, attention, slopes] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
      const gradients = backward({ dOut, dAttention, z, attention, slopes }, attributes);
      return { z: () => gradients[0]!, source: () => gradients[1]!, target: () => gradients[2]! };
    },
  },
});

const backward: Op<Attributes> = defineOp({
  name: 'DanceGatAggregateGradient',
  webgpu: gatAggregateGradientWebGpu,
  outputs: (shapes, { graph, heads }) => {
    const { nRows, nCols, nnz } = graph.matrix;
    return [shapes['z']!, [nCols, heads], [nRows, heads], [nnz, heads]];
  },
  run: ({ kernels, inputs, shapes, outputs, attributes }) => {
    const { graph, heads } = attributes;
    const { nRows, nCols, indptr, indices } = graph.matrix;
    const [dZ, dSource, dTarget, dScores] = outputs as FourArrays;
    kernels.gatAggregateGradient({
      ...{ nRows, nColumns: nCols, indptr, indices, byColumn: edgesByColumn(graph) },
      ...{ heads, width: shapes['z']![1]! / heads },
      z: inputs['z'] as Float32Array,
      attention: inputs['attention'] as Float32Array,
      slopes: inputs['slopes'] as Float32Array,
      dOut: inputs['dOut'] as Float32Array,
      dAttention: inputs['dAttention'] as Float32Array,
      ...{ dScores, dZ, dSource, dTarget },
    });
  },
});

/**
 * Graph attention in one operation. Entry e = (i, j) of the graph is the edge from j to i; the
 * weights are attention[e, h] = softmax over the entries of row i of f(source[j, h] +
 * target[i, h]), and out[i, h] is the sum of attention[e, h] z[j, h]. Gradients go to z, source and
 * target, from the sums and from the weights.
 *
 * @param graph - [n, m]; its values are not used. Add self loops if a node is to see itself.
 * @param nodes - z [m, heads * d], head by head; source [m, heads], what each neighbor adds to the
 * score; target [n, heads], what each node adds to the score
 * @throws DataError if the shapes do not fit, ParamError for a slope that is not a number
 */
export function gatAggregate(
  graph: SparseOperand,
  nodes: Readonly<Record<'z' | 'source' | 'target', tf.Tensor2D>>,
  { activation = 'leakyRelu', negativeSlope = 0.2 }: GatAggregateOptions = {},
): GatAggregated {
  const { z, source, target } = nodes;
  const { nRows, nCols } = graph.matrix;
  const heads = target.shape[1];
  const width = Math.floor(z.shape[1] / heads);
  checkShapes('gatAggregate', {
    z: [z.shape, [nCols, heads * width]],
    source: [source.shape, [nCols, heads]],
    target: [target.shape, [nRows, heads]],
  });
  if (!Number.isFinite(negativeSlope)) {
    throw new ParamError('gatAggregate: negativeSlope', {
      got: String(negativeSlope),
      expected: 'a number',
    });
  }
  const attributes = { graph, heads, activation, negativeSlope };
  return tf.tidy(() => {
    const [out, attention] = forward({ z, source, target }, attributes);
    return { out: out as tf.Tensor2D, attention: attention as tf.Tensor2D };
  });
}
