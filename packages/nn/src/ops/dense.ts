import * as tf from '@tensorflow/tfjs';
import { defineOp, type Call } from '../backend/define-op.js';
import { denseGradientWebGpu, denseWebGpu } from '../backend/webgpu/dense.js';

interface Attributes {
  readonly relu: boolean;
}

/** Rows and columns of a matrix and what it is multiplied to. */
function sizesOf({ shapes }: Call<Attributes>): { rows: number; nIn: number; nOut: number } {
  const [rows = 0, nIn = 0] = shapes['x']!;
  return { rows, nIn, nOut: shapes['weight']?.[1] ?? shapes['dy']?.[1] ?? 0 };
}

const forward = defineOp<Attributes>({
  name: 'DanceDense',
  webgpu: denseWebGpu,
  outputs: (shapes) => [[shapes['x']![0]!, shapes['weight']![1]!]],
  run: (call) => {
    const { kernels, inputs, outputs, attributes } = call;
    const { rows, nIn, nOut } = sizesOf(call);
    const [x, weight] = [inputs['x'] as Float32Array, inputs['weight'] as Float32Array];
    const out = outputs[0]!;
    const bias = inputs['bias'] as Float32Array | undefined;
    kernels.gemm({ m: rows, n: nOut, k: nIn, a: x, b: weight, out });
    if (bias === undefined && !attributes.relu) return;
    kernels.biasActivation({ rows, columns: nOut, values: out, bias, relu: attributes.relu });
  },
  gradient: {
    inputs: ['x', 'weight'],
    outputs: [0],
    of: ([dy], saved, { relu }) => {
      const [x, weight, y] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
      const results = backward({ dy, x, ...(relu && { y }) }, { relu });
      return {
        x: () => timesTransposed(results[2] ?? dy, weight),
        weight: () => results[0]!,
        bias: () => results[1]!,
      };
    },
  },
});

/** Gradients by weight and bias and, with a ReLU, what passes it. */
const backward = defineOp<Attributes>({
  name: 'DanceDenseGradient',
  webgpu: denseGradientWebGpu,
  outputs: (shapes, { relu }) => {
    const [dy, x] = [shapes['dy']!, shapes['x']!];
    return [[x[1]!, dy[1]!], [dy[1]!], ...(relu ? [dy] : [])];
  },
  run: (call) => {
    const { kernels, inputs, outputs } = call;
    const { rows, nIn, nOut } = sizesOf(call);
    const gradients = inputs['dy'] as Float32Array;
    const [byWeight, biasGradient, passed] = outputs as [Float32Array, Float32Array, Float32Array?];
    const y = inputs['y'] as Float32Array | undefined;
    kernels.biasGradient({ rows, columns: nOut, gradients, outputs: y, passed, biasGradient });
    kernels.gemm({
      ...{ m: nIn, n: nOut, k: rows, a: inputs['x'] as Float32Array, transposeA: true },
      ...{ b: passed ?? gradients, out: byWeight },
    });
  },
});

/** tf.matMul of `a` and the transpose of `b` without its checks, which cost as much as a small product. */
function timesTransposed(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const attributes = { transposeA: false, transposeB: true };
  return tf.engine().runKernel<tf.Tensor>('BatchMatMul', { a, b }, attributes);
}

/**
 * Gradients of a layer without ReLU by its weight, [nIn, nOut], its bias, [nOut], and its input.
 *
 * @param dy - by its output, [n, nOut]
 */
export function denseGradients(
  dy: tf.Tensor2D,
  x: tf.Tensor2D,
  weight: tf.Tensor2D,
): { byWeight: tf.Tensor2D; byBias: tf.Tensor1D; byInput: tf.Tensor2D } {
  const [byWeight, byBias] = backward({ dy, x }, { relu: false }) as [tf.Tensor2D, tf.Tensor1D];
  return { byWeight, byBias, byInput: timesTransposed(dy, weight) as tf.Tensor2D };
}

/**
 * A fully connected layer in one operation: x W + b, then max(., 0) with `relu`. The gradient with
 * respect to x is only worked out if something needs it.
 *
 * @param x - [n, nIn]
 * @param weight - [nIn, nOut]
 * @param bias - [nOut]
 * @returns [n, nOut]
 */
export function dense(
  x: tf.Tensor2D,
  weight: tf.Tensor2D,
  bias?: tf.Tensor1D,
  relu = false,
): tf.Tensor2D {
  return forward({ x, weight, ...(bias && { bias }) }, { relu })[0] as tf.Tensor2D;
}
