import type { ready } from 'h5wasm';

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
