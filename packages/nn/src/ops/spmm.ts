import * as tf from '@tensorflow/tfjs';
import { DataError, type CsrMatrix } from '@dance-ts/core';
import { plainKernels } from '@dance-ts/kernels';
import { OWN_KERNELS } from '../backend/wasm-kernels.js';

/**
 * A constant sparse matrix with its transpose (made on first use), so that one graph serves every
 * step of a training run.
 */
export class SparseOperand {
  private transposed: CsrMatrix | undefined;

  constructor(readonly matrix: CsrMatrix) {}

  /** The transpose, for the gradient. */
  get transpose(): CsrMatrix {
    this.transposed ??= this.matrix.transpose();
    return this.transposed;
  }
}

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
  const op = tf.customGrad((dense) => ({
    value: product(a.matrix, dense as tf.Tensor2D),
    gradFunc: (dy: tf.Tensor) => product(a.transpose, dy as tf.Tensor2D),
  }));
  return op(x) as tf.Tensor2D;
}

function product(a: CsrMatrix, x: tf.Tensor2D): tf.Tensor2D {
  if (tf.getBackend() === 'wasm') {
    // The matrix rides along as an attribute; the engine only hands attributes through.
    const attributes = { matrix: a } as unknown as tf.NamedAttrMap;
    return tf.engine().runKernel(OWN_KERNELS.spmm, { x }, attributes);
  }
  const width = x.shape[1];
  const out = new Float32Array(a.nRows * width);
  plainKernels.spmm({
    nRows: a.nRows,
    indptr: a.indptr,
    indices: a.indices,
    values: a.data,
    x: x.dataSync<'float32'>(),
    width,
    out,
  });
  return tf.tensor2d(out, [a.nRows, width]);
}
