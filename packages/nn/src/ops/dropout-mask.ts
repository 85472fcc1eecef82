import type { Rng } from '@dance-ts/core';
import { plainKernels } from '@dance-ts/kernels';
import * as tf from '@tensorflow/tfjs';
import { defineOp, type Op, type Shape } from '../backend/define-op.js';

interface Mask {
  readonly shape: Shape;
  readonly rate: number;
  /** Words of the generator, updated in place. */
  readonly state: Uint32Array;
}

const draw: Op<Mask> = defineOp({
  name: 'DanceDropoutMask',
  webgpu: (_, { shape, rate, state }) => {
    const out = new Float32Array(tf.util.sizeFromShape([...shape]));
    plainKernels.dropoutMask({ state, rate, out });
    return [tf.tensor(out, [...shape])];
  },
  outputs: (_, { shape }) => [shape],
  run: ({ kernels, outputs, attributes: { rate, state } }) => {
    kernels.dropoutMask({ state, rate, out: outputs[0]! });
  },
});

/**
 * A tensor that is 1 / (1 - rate) where an entry is kept and 0 where it is dropped, drawn in the
 * backend's own memory where that is within reach.
 */
export function dropoutMask(shape: Shape, rate: number, rng: Rng): tf.Tensor {
  return rng.drawWith((state) => draw({}, { shape, rate, state })[0]!);
}
