import * as tf from '@tensorflow/tfjs';
import { BackendError } from '@dance-ts/core';
import { instantiateOnMemory, type Kernels, type WasmMemory } from '@dance-ts/kernels';

/** What we use of tfjs-wasm's backend; its internals are relied on, so its version is pinned. */
export interface WasmBackend {
  readonly wasm: {
    /** In the build for one thread, whose module has its own memory. */
    readonly asm: { readonly memory?: WasmMemory };
    /** In the build for threads, whose module is given one. */
    readonly wasmMemory?: WasmMemory;
    _malloc(bytes: number): number;
    _free(address: number): void;
  };
  readonly dataIdMap: { get(id: tf.DataId): { readonly memoryOffset: number } };
  makeOutput(shape: number[], dtype: tf.DataType): tf.TensorInfo;
  typedArrayFromHeap(info: tf.TensorInfo): Float32Array | Int32Array;
}

/**
 * The memory that holds the backend's tensors.
 *
 * @throws BackendError if it is in none of the known places
 */
export function memoryOf({ wasm }: WasmBackend): WasmMemory {
  const memory = wasm.wasmMemory ?? wasm.asm.memory;
  if (memory !== undefined) return memory;
  throw new BackendError('the memory of the WebAssembly backend was not found', {
    expected: '@tensorflow/tfjs-backend-wasm 4.22.0',
    remedy: 'Install that version, or use --device cpu.',
  });
}

/**
 * Our kernels on the backend's heap.
 *
 * @throws `BackendError` if more than one thread is asked for and there are none
 */
export function kernelsOnHeap(backend: WasmBackend, threads = 1): Promise<Kernels> {
  const allocator = {
    malloc: (bytes: number) => allocate(backend, bytes),
    free: (address: number) => {
      backend.wasm._free(address);
    },
  };
  return instantiateOnMemory(memoryOf(backend), allocator, { threads });
}

/** tfjs-wasm reports a full heap by address 0 only, and everything after that is garbage. */
function allocate(backend: WasmBackend, bytes: number): number {
  const address = backend.wasm._malloc(bytes) >>> 0;
  if (address === 0) throw heapIsFull(bytes);
  return address;
}

/** The error for a tensor or scratch memory that found no room. */
export function heapIsFull(bytes: number): BackendError {
  return new BackendError('the WebAssembly heap is full', {
    got: `${bytes} more bytes asked for`,
    expected: 'at most 4 GiB in all',
    remedy: 'Use smaller batches, fewer genes, or the device "node".',
  });
}
