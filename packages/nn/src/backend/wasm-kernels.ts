import * as tf from '@tensorflow/tfjs';
import { plainKernels } from '@dance-ts/kernels';

/** What we use of tfjs-wasm's backend (pinned to 4.22.0). */
interface WasmHeap {
  makeOutput(shape: number[], dtype: tf.DataType): tf.TensorInfo;
  typedArrayFromHeap(info: tf.TensorInfo): tf.BackendValues;
}

/**
 * Completes and replaces kernels of the stock WebAssembly backend; idempotent.
 *
 * @returns identifier of the variant installed
 */
export async function installWasmKernels(): Promise<string> {
  const registered = tf.getKernelsForBackend('wasm').map((kernel) => kernel.kernelName);
  if (!registered.includes('UnsortedSegmentSum')) registerSegmentSum();
  return Promise.resolve('stock');
}

/** The gradient of every `tf.gather`, which the stock backend lacks. */
function registerSegmentSum(): void {
  tf.registerKernel({
    kernelName: 'UnsortedSegmentSum',
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs, backend }) => {
      const wasm = backend as WasmHeap;
      const { x, segmentIds } = inputs as { x: tf.TensorInfo; segmentIds: tf.TensorInfo };
      const nSegments = (attrs as { numSegments: number }).numSegments;
      const inner = x.shape.slice(segmentIds.shape.length);
      const out = wasm.makeOutput([nSegments, ...inner], 'float32');
      plainKernels.segmentSum({
        values: wasm.typedArrayFromHeap(x) as Float32Array,
        width: inner.reduce((product, size) => product * size, 1),
        segmentIds: wasm.typedArrayFromHeap(segmentIds) as Int32Array,
        nSegments,
        out: wasm.typedArrayFromHeap(out) as Float32Array,
      });
      return out;
    },
  });
}
