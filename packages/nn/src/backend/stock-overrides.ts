import type * as tf from '@tensorflow/tfjs';
import { overrideKernel, replaceKernel, type Shape } from './define-op.js';
import { WASM_HOST } from './host.js';

interface MatMulAttributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/**
 * Registers our kernels over those of the stock WebAssembly backend that are slow, inaccurate or
 * missing: the matrix product in every transposed form (stock runs the transposed ones in a scalar
 * loop, and caches weights by tensor, which forbids updating them in place) and the segment sum
 * (the gradient of `tf.gather`). What a kernel of ours does not cover goes to the stock one.
 */
export function overrideStockKernels(): void {
  shareClones();
  overrideKernel<MatMulAttributes>(WASM_HOST, 'BatchMatMul', {
    accepts: (inputs) => batches(inputs['a']!.shape) === batches(inputs['b']!.shape),
    outputs: (shapes, attributes) => {
      const { m, n } = matMulSizes(shapes, attributes);
      return [[...shapes['a']!.slice(0, -2), m, n]];
    },
    run: ({ kernels, inputs, shapes, outputs, attributes }) => {
      const { m, n, k } = matMulSizes(shapes, attributes);
      for (let i = 0; i < batches(shapes['a']!); i++) {
        const a = inputs['a']!.subarray(i * m * k, (i + 1) * m * k) as Float32Array;
        const b = inputs['b']!.subarray(i * k * n, (i + 1) * k * n) as Float32Array;
        const out = outputs[0]!.subarray(i * m * n, (i + 1) * m * n);
        kernels.gemm({ m, n, k, a, b, out, ...attributes });
      }
    },
  });
  overrideKernel<{ numSegments: number }>(WASM_HOST, 'UnsortedSegmentSum', {
    outputs: (shapes, { numSegments }) => [
      [numSegments, ...shapes['x']!.slice(shapes['segmentIds']!.length)],
    ],
    run: ({ kernels, inputs, shapes, outputs, attributes }) => {
      kernels.segmentSum({
        values: inputs['x'] as Float32Array,
        segmentIds: inputs['segmentIds'] as Int32Array,
        nSegments: attributes.numSegments,
        width: sizeOf(shapes['x']!.slice(shapes['segmentIds']!.length)),
        out: outputs[0]!,
      });
    },
  });
}

/**
 * Stock copies the data of a clone, and the tape clones everything it saves for the gradient. Tensors
 * never change, so a clone can share them; variables change in place only after the gradient.
 */
function shareClones(): void {
  replaceKernel('Identity', WASM_HOST.backendName, ({ inputs, backend }) => {
    const { dataId, shape, dtype } = inputs['x'] as tf.TensorInfo;
    (backend as unknown as { incRef(id: tf.DataId): void }).incRef(dataId);
    return { dataId, shape, dtype };
  });
}

function matMulSizes(
  shapes: Readonly<Record<string, Shape>>,
  { transposeA, transposeB }: MatMulAttributes,
): { m: number; n: number; k: number } {
  const [aRows = 0, aColumns = 0] = shapes['a']!.slice(-2);
  const [bRows = 0, bColumns = 0] = shapes['b']!.slice(-2);
  return {
    m: transposeA ? aColumns : aRows,
    n: transposeB ? bRows : bColumns,
    k: transposeA ? aRows : aColumns,
  };
}

function batches(shape: Shape): number {
  return sizeOf(shape.slice(0, -2));
}

function sizeOf(shape: Shape): number {
  return shape.reduce((size, length) => size * length, 1);
}
