import * as tf from '@tensorflow/tfjs';
import type { SparseOperand } from '../../ops/spmm.js';
import { int, runProgram } from './program.js';
import { uploadedMatrix } from './uploaded-matrix.js';

/** Sparse x dense product on WebGPU: one invocation an element of the product. */
export function spmmWebGpu(
  { x }: Readonly<Record<string, tf.Tensor>>,
  { a }: { readonly a: SparseOperand },
): tf.Tensor[] {
  return [sparseProduct(a, undefined, x as tf.Tensor)];
}

/**
 * A X with the places of A's entries and, if given, other values.
 *
 * @param values - one an entry; A's own if undefined
 */
export function sparseProduct(
  a: SparseOperand,
  values: tf.TensorInfo | undefined,
  x: tf.Tensor,
): tf.Tensor {
  const { nRows, data } = a.matrix;
  const width = x.shape[1]!;
  if (data.length * width === 0) return tf.zeros([nRows, width]);
  const { indptr, indices, entries } = uploadedMatrix(a);
  return runProgram({
    key: 'dance_spmm',
    inputs: { indptr, indices, entries: values ?? entries, x },
    uniforms: { width: int(width) },
    outputShape: [nRows, width],
    body: `
      let row = index / uniforms.width;
      let column = index - row * uniforms.width;
      var sum = 0.0;
      for (var at = indptr[row]; at < indptr[row + 1]; at++) {
        sum += entries[at] * x[indices[at] * uniforms.width + column];
      }
      result[index] = sum;`,
  });
}
