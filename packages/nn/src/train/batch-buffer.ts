import * as tf from '@tensorflow/tfjs';
import { CsrMatrix, type DenseMatrix } from '@dance-ts/core';
import { currentHost } from '../backend/host.js';

/**
 * Minibatches of a matrix as dense tensors whose memory is used again and again, so that a training
 * step neither allocates nor copies more than its rows. The matrix itself stays as it is.
 */
export class BatchBuffer {
  /** One tensor for each batch size that occurs: mostly two, the usual one and the last. */
  private readonly tensors = new Map<number, tf.Tensor2D>();

  constructor(private readonly source: CsrMatrix | DenseMatrix) {}

  /**
   * Rows of the matrix, in the order given. The tensor belongs to the buffer, and the next call
   * with as many rows overwrites it.
   *
   * @param rows - [n] row numbers
   * @returns [n, nCols]
   */
  take(rows: Int32Array): tf.Tensor2D {
    const host = currentHost();
    if (host === undefined) return this.upload(rows);
    const tensor = this.tensors.get(rows.length) ?? this.add(rows.length);
    this.fill(rows, host.view(tf.backend(), tensor) as Float32Array);
    return tensor;
  }

  /** Frees the tensors. */
  dispose(): void {
    for (const tensor of this.tensors.values()) tensor.dispose();
    this.tensors.clear();
  }

  /** Where the backend's memory is out of reach, a batch takes the place of the one before it. */
  private upload(rows: Int32Array): tf.Tensor2D {
    const values = new Float32Array(rows.length * this.source.nCols);
    this.fill(rows, values);
    this.tensors.get(rows.length)?.dispose();
    const tensor = tf.keep(tf.tensor2d(values, [rows.length, this.source.nCols]));
    this.tensors.set(rows.length, tensor);
    return tensor;
  }

  private add(nRows: number): tf.Tensor2D {
    const tensor = tf.keep(tf.zeros<tf.Rank.R2>([nRows, this.source.nCols]));
    this.tensors.set(nRows, tensor);
    return tensor;
  }

  private fill(rows: Int32Array, target: Float32Array): void {
    const { source } = this;
    const width = source.nCols;
    if (source instanceof CsrMatrix) {
      target.fill(0);
      for (const [i, row] of rows.entries()) {
        const end = source.indptr[row + 1]!;
        for (let entry = source.indptr[row]!; entry < end; entry++) {
          target[i * width + source.indices[entry]!] = source.data[entry]!;
        }
      }
      return;
    }
    for (const [i, row] of rows.entries()) target.set(source.row(row), i * width);
  }
}
