import * as tf from '@tensorflow/tfjs';
import type { WasmBackend } from './wasm-heap.js';

/** Data of a tensor. */
export type Elements = Float32Array | Int32Array;

/** How our kernels reach the tensors of a backend in place. */
export interface Host {
  /** Name of the backend in TensorFlow.js. */
  readonly backendName: string;
  /** A new tensor whose contents are undefined until {@link view}ed and filled. */
  make(backend: object, shape: number[], dtype: 'float32' | 'int32'): tf.TensorInfo;
  /** The tensor's own memory, not a copy; valid until the next tensor is made. */
  view(backend: object, info: tf.TensorInfo): Elements;
}

/** The stock CPU backend's tensors are typed arrays. */
interface CpuBackend {
  readonly data: { get(id: tf.DataId): { readonly values: Elements } };
  makeTensorInfo(shape: number[], dtype: tf.DataType, values: Elements): tf.TensorInfo;
}

export const CPU_HOST: Host = {
  backendName: 'cpu',
  make: (backend, shape, dtype) => {
    const size = tf.util.sizeFromShape(shape);
    const values = dtype === 'int32' ? new Int32Array(size) : new Float32Array(size);
    return (backend as CpuBackend).makeTensorInfo(shape, dtype, values);
  },
  view: (backend, { dataId }) => (backend as CpuBackend).data.get(dataId).values,
};

export const WASM_HOST: Host = {
  backendName: 'wasm',
  make: (backend, shape, dtype) => (backend as WasmBackend).makeOutput(shape, dtype),
  view: (backend, info) => (backend as WasmBackend).typedArrayFromHeap(info),
};

/** Backends whose tensors our kernels can work on in place. */
export const HOSTS: readonly Host[] = [CPU_HOST, WASM_HOST];

/** The host of the current backend; undefined if its tensors are out of reach. */
export function currentHost(): Host | undefined {
  return HOSTS.find((host) => host.backendName === tf.getBackend());
}
