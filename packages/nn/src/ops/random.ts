import type { Rng } from '@dance-ts/core';
import { plainKernels, type Kernels } from '@dance-ts/kernels';
import * as tf from '@tensorflow/tfjs';
import { defineOp, type Op, type Shape } from '../backend/define-op.js';
import { currentKernels } from '../backend/installed-kernels.js';

interface Draw<Attributes> {
  readonly shape: Shape;
  /** Words of the generator, updated in place. */
  readonly state: Uint32Array;
  readonly attributes: Attributes;
}

const drawMask = defineDraw<{ rate: number }>('DanceDropoutMask', (kernels, args) => {
  kernels.dropoutMask(args);
});

const drawNoise = defineDraw<{ deviation: number }>('DanceNormalNoise', (kernels, args) => {
  kernels.normalNoise(args);
});

/**
 * A tensor that is 1 / (1 - rate) where an entry is kept and 0 where it is dropped, drawn in the
 * backend's own memory where that is within reach.
 */
export function dropoutMask(shape: Shape, rate: number, rng: Rng): tf.Tensor {
  return rng.drawWith((state) => drawMask({}, { shape, state, attributes: { rate } })[0]!);
}

/**
 * A tensor of independent normal noise of mean 0, the same values on every backend, drawn in the
 * backend's own memory where that is within reach.
 */
export function normalNoise<R extends tf.Rank>(
  shape: tf.ShapeMap[R],
  deviation: number,
  rng: Rng,
): tf.Tensor<R> {
  const draw = (state: Uint32Array): tf.Tensor =>
    drawNoise({}, { shape, state, attributes: { deviation } })[0]!;
  return rng.drawWith(draw) as tf.Tensor<R>;
}

function defineDraw<Attributes>(
  name: string,
  draw: (
    kernels: Kernels,
    args: Attributes & { readonly state: Uint32Array; readonly out: Float32Array },
  ) => void,
): Op<Draw<Attributes>> {
  return defineOp({
    name,
    webgpu: (_, { shape, state, attributes }) => {
      const out = new Float32Array(tf.util.sizeFromShape([...shape]));
      draw(currentKernels() ?? plainKernels, { ...attributes, state, out });
      return [tf.tensor(out, [...shape])];
    },
    outputs: (_, { shape }) => [shape],
    run: ({ kernels, outputs, attributes: { state, attributes } }) => {
      draw(kernels, { ...attributes, state, out: outputs[0]! });
    },
  });
}
