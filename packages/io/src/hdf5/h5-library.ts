import type { ready } from 'h5wasm';
import { littleEndian } from './object-header.js';

/** The WebAssembly module of h5wasm. */
export type H5Module = Awaited<typeof ready>;

let loading: Promise<H5Module> | undefined;

/**
 * Loads h5wasm once. The package's main entry is its browser build on every platform: its files
 * live in memory, so a crafted HDF5 file cannot make it open other files of the host.
 */
export function loadH5(): Promise<H5Module> {
  loading ??= import('h5wasm').then(async (library) => {
    const module = await library.ready;
    // Without it a failed read returns whatever lies on the heap.
    module.activate_throwing_error_handler();
    return module;
  });
  return loading;
}

/** Address of an object's header in its file: what a reference to the object consists of. */
export function objectAddress(module: H5Module, file: bigint, path: string): number {
  return littleEndian(module.create_object_reference(file, path));
}

/** Bytes of the text that a pointer leads to, without the NUL at its end; none for no pointer. */
export function textBytes({ HEAPU8: heap }: H5Module, pointer: number): Uint8Array {
  return pointer === 0 ? heap.subarray(0, 0) : heap.subarray(pointer, heap.indexOf(0, pointer));
}

/** Closes a file after use or failure; what goes wrong then says nothing new. */
export function closeQuietly(module: H5Module, file: bigint): void {
  try {
    module.close_file(file);
  } catch {
    return;
  }
}
