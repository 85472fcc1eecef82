import { DataError } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { defineOp } from '../backend/define-op.js';
import { graphReconstructionWebGpu } from '../backend/webgpu/graph-reconstruction.js';
import type { SparseOperand } from '../ops/spmm.js';

interface Attributes {
  readonly adjacency: SparseOperand;
  readonly positiveWeight: number;
  readonly norm: number;
}

const reconstruction = defineOp<Attributes>({
  name: 'DanceGraphReconstruction',
  webgpu: graphReconstructionWebGpu,
  outputs: (shapes) => [[], shapes['z']!],
  run: ({ kernels, inputs, shapes, outputs, attributes }) => {
    const [n = 0, dim = 0] = shapes['z']!;
    const { indptr, indices, data } = attributes.adjacency.matrix;
    const scale = attributes.norm / Math.max(1, n * n);
    const { positiveWeight } = attributes;
    const args = { n, dim, indptr, indices, targets: data, positiveWeight, scale };
    const sum = kernels.graphReconstruction({
      ...args,
      z: inputs['z'] as Float32Array,
      gradient: outputs[1]!,
    });
    outputs[0]![0] = sum * scale;
  },
});

/** Options of {@link graphReconstructionLoss}. */
export interface GraphReconstructionOptions {
  /** Weight of the links; default (n² - links) / links, as in the graph autoencoder's code. */
  readonly positiveWeight?: number;
  /** Factor of the mean; default n² / (2 (n² - links)). */
  readonly norm?: number;
}

/**
 * norm x mean of the weighted binary cross-entropy of all pairs of nodes, with the inner products
 * of their embeddings as logits (Kipf & Welling, 2016, arXiv:1611.07308). Time grows with n², memory
 * with n: the n x n logits are never stored.
 *
 * @param z - embedding of all nodes, [n, d]
 * @param adjacency - symmetric target, [n, n], values in [0, 1]; data
 * @throws DataError if the target is not n x n
 */
export function graphReconstructionLoss(
  z: tf.Tensor2D,
  adjacency: SparseOperand,
  options: GraphReconstructionOptions = {},
): tf.Scalar {
  const n = z.shape[0];
  const { nRows, nCols, data } = adjacency.matrix;
  if (nRows !== n || nCols !== n) {
    throw new DataError('graphReconstructionLoss: target', {
      got: `[${nRows}, ${nCols}]`,
      expected: `[${n}, ${n}]`,
    });
  }
  const links = Math.max(1, data.length);
  const others = Math.max(1, n * n - data.length);
  const { positiveWeight = others / links, norm = (n * n) / (2 * others) } = options;
  const op = tf.customGrad((x, save) => {
    const results = reconstruction({ z: x as tf.Tensor }, { adjacency, positiveWeight, norm });
    (save as tf.GradSaveFunc)(results.slice(1));
    return {
      value: results[0]!,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(saved[0]!, dy),
    };
  });
  return op(z) as tf.Scalar;
}
