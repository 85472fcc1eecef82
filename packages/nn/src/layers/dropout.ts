import * as tf from '@tensorflow/tfjs';
import { DenseMatrix, type Rng } from '@dance-ts/core';
import { plainKernels } from '@dance-ts/kernels';
import { currentKernels } from '../backend/installed-kernels.js';
import { dropoutMask } from '../ops/random.js';

/** Fills `mask` with 1 / (1 - rate) where an entry is kept and 0 where it is dropped. */
export function fillDropoutMask(mask: Float32Array, rate: number, rng: Rng): Float32Array {
  const kernels = currentKernels() ?? plainKernels;
  rng.drawWith((state) => {
    kernels.dropoutMask({ state, rate, out: mask });
  });
  return mask;
}

/** Inverted dropout whose mask comes from a stream of ours; `x` itself at rate 0. */
export function dropout<T extends tf.Tensor>(x: T, rate: number, rng: Rng): T {
  if (rate === 0) return x;
  return tf.mul(x, dropoutMask(x.shape, rate, rng));
}

/** Inverted dropout of a matrix that carries no gradient; the matrix itself without a stream. */
export function dropoutMatrix(x: DenseMatrix, rate: number, rng: Rng | undefined): DenseMatrix {
  if (rng === undefined || rate === 0) return x;
  const kept = fillDropoutMask(new Float32Array(x.data.length), rate, rng);
  for (let i = 0; i < kept.length; i++) kept[i]! *= x.data[i]!;
  return new DenseMatrix(x.nRows, x.nCols, kept);
}
