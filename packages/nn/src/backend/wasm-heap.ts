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
    /** Throws, once {@link refuseFullHeap} was called. */
    _malloc: (bytes: number) => number;
    _free(address: number): void;
  };
  readonly dataIdMap: { get(id: tf.DataId): { readonly memoryOffset: number } };
  makeOutput(shape: number[], dtype: tf.DataType): tf.TensorInfo;
  typedArrayFromHeap(info: tf.TensorInfo): Float32Array | Int32Array;
}

const ADDRESSES = 2 ** 32;

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
    malloc: (bytes: number) => backend.wasm._malloc(bytes),
    free: (address: number) => {
      backend.wasm._free(address);
    },
  };
  return instantiateOnMemory(memoryOf(backend), allocator, { threads });
}

/**
 * Makes a full heap an error, in operations of TensorFlow.js as in ours: its allocator answers with
 * address 0 then, and what is written there destroys other tensors. To be called once a backend.
 */
export function refuseFullHeap({ wasm }: WasmBackend): void {
  wasm._free(wasm._malloc(1)); // The first call puts another function in the place of the called.
  const malloc = wasm._malloc;
  wasm._malloc = (bytes) => {
    // More than an address can count would be taken modulo that number.
    const address = bytes < ADDRESSES ? malloc(bytes) >>> 0 : 0;
    if (address === 0 && bytes > 0) throw heapIsFull(bytes);
    return address;
  };
}

function heapIsFull(bytes: number): BackendError {
  return new BackendError('the WebAssembly heap is full', {
    got: `${bytes} more bytes asked for`,
    expected: 'at most 4 GiB in all',
    remedy: 'Use smaller batches, fewer genes, or the device "node".',
  });
}
