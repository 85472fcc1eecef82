import { BackendError } from '@dance-ts/core';
import type { ModuleExports } from '../wasm/module-exports.js';
import { compileFor, isSharedMemory, type WasmMemory, type WasmVariant } from '../web-assembly.js';
import { ThreadPool } from './thread-pool.js';
import { threadedExports } from './threaded-exports.js';

/**
 * The exports of the variant on `memory` with the large kernels spread over threads, which live as
 * long as the process and do not keep it alive.
 *
 * @param single - the exports in this thread
 * @param workspaces - address of a workspace for each thread
 * @throws `BackendError` if the memory is not shared, or threads do not start
 */
export async function startThreads(
  variant: WasmVariant,
  memory: WasmMemory,
  single: ModuleExports,
  workspaces: readonly number[],
): Promise<ModuleExports> {
  if (!isSharedMemory(memory)) {
    throw new BackendError('threads need a memory they can share', { remedy: 'Use one thread.' });
  }
  const module = await compileFor(memory, variant);
  const pool = await ThreadPool.start({ module, memory, exports: single, workspaces });
  return threadedExports(single, pool);
}
