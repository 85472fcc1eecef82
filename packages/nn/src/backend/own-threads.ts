import * as tf from '@tensorflow/tfjs';
import { errorMessage, ParamError, type Reporter } from '@dance-ts/core';
import { isSharedMemory, type Kernels } from '@dance-ts/kernels';
import { environment } from './environment.js';
import { shareStockHeap } from './shared-heap.js';
import { kernelsOnHeap, memoryOf, refuseFullHeap, type WasmBackend } from './wasm-heap.js';

/** Our kernels with the number of threads they use. */
export interface ThreadedKernels {
  readonly kernels: Kernels;
  readonly threads: number;
}

/** Why there are no threads, if that is known. */
let problem: string | undefined;
let isToldOf = false;

/**
 * Starts the WebAssembly backend so that it can have threads, if they are wanted and it was not
 * started before: whether its memory is shared is settled then.
 */
export async function startForThreads(threads: number, start: () => Promise<void>): Promise<void> {
  if (threads > 1 && !('wasm' in tf.engine().registry)) problem ??= await shareStockHeap(start);
  else await start();
}

const installed = new WeakMap<WasmBackend, Map<number, Kernels>>();
/** Backends whose threads did not start; another attempt may take as long. */
const failed = new WeakSet<WasmBackend>();

/**
 * Our kernels on the backend's heap, with threads if it has any. The same kernels for the same
 * number of threads.
 */
export async function threadedKernels(
  backend: WasmBackend,
  threads: number,
  reporter: Reporter | undefined,
): Promise<ThreadedKernels> {
  const known = installed.get(backend) ?? new Map<number, Kernels>();
  if (!installed.has(backend)) refuseFullHeap(backend);
  installed.set(backend, known);
  const withThreads = async (count: number): Promise<ThreadedKernels> => {
    const kernels = known.get(count) ?? (await kernelsOnHeap(backend, count));
    known.set(count, kernels);
    return { kernels, threads: count };
  };
  if (threads > 1 && !failed.has(backend)) {
    try {
      if (isSharedMemory(memoryOf(backend))) return await withThreads(threads);
      problem ??= 'TensorFlow.js was started for one thread before';
    } catch (error) {
      problem = errorMessage(error);
      failed.add(backend);
    }
  }
  if (threads > 1) warn(threads, reporter);
  return withThreads(1);
}

/** Once: nobody wants to read it before each model. */
function warn(threads: number, reporter: Reporter | undefined): void {
  if (isToldOf) return;
  isToldOf = true;
  const text = `${threads} threads were asked for, one is used: ${problem}`;
  if (reporter === undefined) console.warn(text);
  else reporter.message('warning', text);
}

/**
 * The number of threads that was asked for, by the environment variable DANCE_THREADS where it was
 * not given; undefined if neither.
 *
 * @throws `ParamError` if it is not a whole number above 0
 */
export function wantedThreads(given: number | undefined): number | undefined {
  const text = environment('DANCE_THREADS');
  const inherited = text === undefined || text === '' ? undefined : Number(text);
  const threads = given ?? inherited;
  if (threads === undefined || (Number.isInteger(threads) && threads > 0)) return threads;
  throw new ParamError(given === undefined ? 'environment variable DANCE_THREADS' : 'threads', {
    got: given === undefined ? `"${text}"` : String(given),
    expected: 'a whole number above 0',
  });
}
