import type { Kernels } from '../kernels.js';
import { denseKernels } from './dense-kernels.js';
import { randomKernels } from './random-kernels.js';
import { elementwiseKernels } from './elementwise-kernels.js';
import { instantiateVariant, type WasmMemory, type WasmVariant } from '../web-assembly.js';
import { graphKernels } from './graph-kernels.js';
import { graphReconstructionKernels } from './graph-reconstruction-kernels.js';
import { likelihoodKernels } from './likelihood-kernels.js';
import { matrixKernels } from './matrix-kernels.js';
import { startThreads } from '../threads/start-threads.js';
import type { ModuleExports } from './module-exports.js';
import { optimizerKernels } from './optimizer-kernels.js';
import { normalizationKernels } from './normalization-kernels.js';
import { clusteringKernels } from './clustering-kernels.js';
import { reductionKernels } from './reduction-kernels.js';
import { WasmHeap, type ScratchSource } from './wasm-heap.js';

/** Memory management of a heap that belongs to somebody else. */
export interface Allocator {
  /** Address of that many new bytes; throws if there is no room. */
  readonly malloc: (bytes: number) => number;
  /** Gives back what malloc gave. */
  readonly free: (address: number) => void;
}

/** All kernels on a heap. */
export function kernelsOnHeap(id: WasmVariant, module: ModuleExports, heap: WasmHeap): Kernels {
  return {
    id,
    ...denseKernels(module, heap),
    ...randomKernels(module, heap),
    ...elementwiseKernels(module, heap),
    ...graphKernels(module, heap),
    ...graphReconstructionKernels(module, heap),
    ...likelihoodKernels(module, heap),
    ...matrixKernels(module, heap),
    ...optimizerKernels(module, heap),
    ...normalizationKernels(module, heap),
    ...clusteringKernels(module, heap),
    ...reductionKernels(module, heap),
  };
}

/** Options of {@link instantiateOnMemory}. */
export interface OnMemoryOptions {
  /** Default `wasm-baseline`. */
  readonly variant?: WasmVariant;
  /** Threads the large kernels use, if the memory is shared; results do not depend on them. Default 1. */
  readonly threads?: number;
}

/**
 * Puts the kernels on an existing memory, such as another library's heap. Arrays that are views of
 * that memory are worked on in place; others are copied there and back by each call. The memory
 * may grow between calls; views must be made after it has.
 *
 * @throws `BackendError` if the engine does not support the variant, or more than one thread is
 * asked for and the memory is not shared or threads do not start
 */
export async function instantiateOnMemory(
  memory: WasmMemory,
  allocator: Allocator,
  { variant = 'wasm-baseline', threads = 1 }: OnMemoryOptions = {},
): Promise<Kernels> {
  const single = (await instantiateVariant(variant, memory)) as ModuleExports;
  const bytes = single.nearestWorkspaceBytes();
  const workspaces: number[] = [];
  try {
    for (let i = 0; i < threads; i++) workspaces.push(allocator.malloc(bytes));
    const module = threads > 1 ? await startThreads(variant, memory, single, workspaces) : single;
    const heap = new WasmHeap(memory, borrowed(allocator), workspaces[0]!);
    return kernelsOnHeap(variant, module, heap);
  } catch (error) {
    for (const address of workspaces) allocator.free(address);
    throw error;
  }
}

function borrowed({ malloc, free }: Allocator): ScratchSource {
  return {
    withRegion(bytes, run) {
      const address = malloc(bytes);
      try {
        return run(address);
      } finally {
        free(address);
      }
    },
  };
}
