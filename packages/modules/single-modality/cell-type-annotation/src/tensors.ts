import { DenseMatrix } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';

/** A matrix as a tensor of the same shape. */
export function toTensor(matrix: DenseMatrix): tf.Tensor2D {
  return tf.tensor2d(matrix.data, [matrix.nRows, matrix.nCols]);
}

/** The values of a tensor, which is freed. */
export async function toMatrix(tensor: tf.Tensor2D): Promise<DenseMatrix> {
  const values = Float32Array.from(await tensor.data<'float32'>());
  const [nRows, nCols] = tensor.shape;
  tensor.dispose();
  return new DenseMatrix(nRows, nCols, values);
}
