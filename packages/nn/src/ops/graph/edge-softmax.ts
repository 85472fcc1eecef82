import type * as tf from '@tensorflow/tfjs';
import { defineOp, type Op } from '../../backend/define-op.js';
import { edgeSoftmaxGradientWebGpu, edgeSoftmaxWebGpu } from '../../backend/webgpu/graph.js';
import type { SparseOperand } from '../spmm.js';
import { checkShapes } from './edges.js';

interface Attributes {
  readonly graph: SparseOperand;
}

const forward: Op<Attributes> = defineOp({
  name: 'DanceEdgeSoftmax',
  webgpu: edgeSoftmaxWebGpu,
  outputs: (shapes) => [shapes['logits']!],
  run: ({ kernels, inputs, shapes, outputs, attributes }) => {
    const { nRows, indptr } = attributes.graph.matrix;
    const logits = inputs['logits'] as Float32Array;
    const heads = shapes['logits']![1]!;
    kernels.edgeSoftmax({ nRows, indptr, heads, logits, out: outputs[0]! });
  },
  gradient: {
    outputs: [0],
    of: ([dy], saved, attributes) => ({
      logits: () => backward({ dy, probabilities: saved[0]! }, attributes)[0]!,
    }),
  },
});

const backward: Op<Attributes> = defineOp({
  name: 'DanceEdgeSoftmaxGradient',
  webgpu: edgeSoftmaxGradientWebGpu,
  outputs: (shapes) => [shapes['dy']!],
  run: ({ kernels, inputs, shapes, outputs, attributes }) => {
    const { nRows, indptr } = attributes.graph.matrix;
    kernels.edgeSoftmaxGradient({
      ...{ nRows, indptr, heads: shapes['dy']![1]! },
      probabilities: inputs['probabilities'] as Float32Array,
      dOut: inputs['dy'] as Float32Array,
      dLogits: outputs[0]!,
    });
  },
});

/**
 * Softmax over the stored entries of each row of a graph, for each head.
 *
 * @param graph - [n, m]; its values are not used
 * @param logits - [nnz, heads], in the order of the entries
 * @returns [nnz, heads]
 * @throws DataError if there is not one row of logits an entry
 */
export function edgeSoftmax(graph: SparseOperand, logits: tf.Tensor2D): tf.Tensor2D {
  checkShapes('edgeSoftmax', { logits: [logits.shape, [graph.matrix.nnz, logits.shape[1]]] });
  return forward({ logits }, { graph })[0] as tf.Tensor2D;
}
