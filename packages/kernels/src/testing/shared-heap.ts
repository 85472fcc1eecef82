import type { Kernels } from '../kernels.js';
import { instantiateOnMemory, type Allocator } from '../wasm/on-memory.js';
import { createMemory, type WasmMemory } from '../web-assembly.js';

const PAGES = 512;
const PAGE_BYTES = 65536;

/** A shared memory of 32 MiB whose room is given back in the opposite order. */
export function sharedHeap(): { readonly memory: WasmMemory; readonly allocator: Allocator } {
  const memory = createMemory('wasm-baseline', true);
  memory.grow(PAGES - 1);
  let next = 64;
  const allocator: Allocator = {
    malloc: (bytes) => {
      const address = next;
      next += Math.ceil(bytes / 16) * 16;
      if (next > PAGES * PAGE_BYTES) throw new Error(`no room for ${bytes} bytes`);
      return address;
    },
    free: (address) => {
      next = address;
    },
  };
  return { memory, allocator };
}

/** Baseline kernels on a shared memory of their own. */
export function kernelsOnSharedHeap(threads: number): Promise<Kernels> {
  const { memory, allocator } = sharedHeap();
  return instantiateOnMemory(memory, allocator, { threads });
}
