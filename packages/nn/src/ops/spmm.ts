import type * as tf from '@tensorflow/tfjs';
import { DataError, type CsrMatrix } from '@dance-ts/core';
import { defineOp } from '../backend/define-op.js';
import { spmmWebGpu } from '../backend/webgpu/spmm.js';

/**
 * A constant sparse matrix with its transpose (made on first use), so that one graph serves every
 * step of a training run.
 */
export class SparseOperand {
  private transposed: SparseOperand | undefined;

  constructor(readonly matrix: CsrMatrix) {}

  /** The transpose, for the gradient. */
  get transpose(): SparseOperand {
    if (this.transposed === undefined) {
      this.transposed = new SparseOperand(this.matrix.transpose());
      this.transposed.transposed = this;
    }
    return this.transposed;
  }
}

const product = defineOp<{ a: SparseOperand }>({
  name: 'DanceSpmm',
  webgpu: spmmWebGpu,
  outputs: (shapes, { a }) => [[a.matrix.nRows, shapes['x']![1]!]],
  run: ({ kernels, inputs, shapes, outputs, attributes }) => {
    const { nRows, indptr, indices, data } = attributes.a.matrix;
    kernels.spmm({
      ...{ nRows, indptr, indices, values: data },
      x: inputs['x'] as Float32Array,
      width: shapes['x']![1]!,
      out: outputs[0]!,
    });
  },
  gradient: {
    of: ([dy], _saved, { a }) => ({ x: () => spmm(a.transpose, dy as tf.Tensor2D) }),
  },
});

/**
 * Sparse x dense product A X with the gradient A^T dY with respect to X; A is data and gets none.
 *
 * @param a - [n, m]
 * @param x - [m, d]
 * @returns [n, d]
 * @throws DataError if the shapes do not fit
 */
export function spmm(a: SparseOperand, x: tf.Tensor2D): tf.Tensor2D {
  if (a.matrix.nCols !== x.shape[0]) {
    throw new DataError('spmm: shapes do not fit', {
      got: `[${a.matrix.shape.join(', ')}] x [${x.shape.join(', ')}]`,
      expected: `${a.matrix.nCols} rows on the right`,
    });
  }
  return product({ x }, { a })[0] as tf.Tensor2D;
}
