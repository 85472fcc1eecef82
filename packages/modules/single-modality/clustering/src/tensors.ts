import { DenseMatrix } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';

/** A matrix as a tensor, [nRows, nCols]; the caller frees it. */
export function toTensor({ data, nRows, nCols }: DenseMatrix): tf.Tensor2D {
  return tf.tensor2d(data, [nRows, nCols]);
}

/** The values of a tensor, which is freed. */
export async function fromTensor(tensor: tf.Tensor2D): Promise<DenseMatrix> {
  const data = (await tensor.data<'float32'>()).slice();
  tensor.dispose();
  return new DenseMatrix(tensor.shape[0], tensor.shape[1], data);
}
