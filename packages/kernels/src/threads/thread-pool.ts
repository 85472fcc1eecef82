import { BackendError } from '@dance-ts/core';
import type { WasmMemory } from '../web-assembly.js';
import { WORKER_SOURCE } from './worker-source.js';

/** A call of an exported function. */
export interface Job {
  readonly name: string;
  readonly args: readonly (number | boolean)[];
}

/** The parts of a worker of Node or of a browser that are used. */
interface AnyWorker {
  postMessage(message: unknown): void;
  terminate(): unknown;
  unref?(): void;
}

// Places in the control block; the worker's program has the same.
const SEQUENCE = 0;
const NEXT = 1;
const COUNT = 2;
const RUNNING = 3;
const STOP = 4;
const READY = 5;
const CONTROL_BYTES = 64;

const MAX_JOBS = 256;
/** Number of the function, number of arguments, arguments. */
const JOB_SIZE = 24;

/**
 * Workers that run exported functions of a module on one shared memory. The calling thread works,
 * too, and waits for the others, so that a run looks like an ordinary call.
 */
export class ThreadPool {
  private readonly state: Int32Array;
  private readonly jobs: Float64Array;
  private readonly names: readonly string[];

  private constructor(
    private readonly workers: readonly AnyWorker[],
    private readonly exports: Readonly<Record<string, (...args: readonly unknown[]) => unknown>>,
    control: SharedArrayBuffer,
    jobs: SharedArrayBuffer,
  ) {
    this.state = new Int32Array(control);
    this.jobs = new Float64Array(jobs);
    this.names = Object.keys(exports).sort();
  }

  /** Threads that work on a run, with the calling one. */
  get size(): number {
    return this.workers.length + 1;
  }

  /**
   * Starts `threads - 1` workers.
   *
   * @param exports - the module's exports in this thread
   * @throws `BackendError` if this environment has no workers or no shared memory
   */
  static async start(
    threads: number,
    module: object,
    memory: WasmMemory,
    exports: object,
  ): Promise<ThreadPool> {
    if (typeof SharedArrayBuffer === 'undefined') {
      throw new BackendError('This environment has no shared memory for threads', {
        remedy: 'Serve the page cross-origin isolated (COOP and COEP headers), or use one thread.',
      });
    }
    const control = new SharedArrayBuffer(CONTROL_BYTES);
    const jobs = new SharedArrayBuffer(MAX_JOBS * JOB_SIZE * Float64Array.BYTES_PER_ELEMENT);
    const workers = await Promise.all(Array.from({ length: threads - 1 }, startWorker));
    for (const worker of workers) {
      worker.postMessage({ module, memory, control, jobs, jobSize: JOB_SIZE });
    }
    const state = new Int32Array(control);
    // Workers start while this thread's event loop runs.
    while (Atomics.load(state, READY) < workers.length) await pause();
    for (const worker of workers) worker.unref?.(); // do not keep the process alive
    return new ThreadPool(workers, exports as Record<string, () => unknown>, control, jobs);
  }

  /** Runs all jobs, in any order and on any thread, and returns when they are done. */
  run(jobs: readonly Job[]): void {
    for (let first = 0; first < jobs.length; first += MAX_JOBS) {
      this.runBatch(jobs.slice(first, first + MAX_JOBS));
    }
  }

  /** Ends the workers. */
  async close(): Promise<void> {
    Atomics.store(this.state, STOP, 1);
    this.wake();
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }

  private runBatch(jobs: readonly Job[]): void {
    jobs.forEach(({ name, args }, i) => {
      const at = i * JOB_SIZE;
      this.jobs[at] = this.names.indexOf(name);
      this.jobs[at + 1] = args.length;
      for (const [k, arg] of args.entries()) this.jobs[at + 2 + k] = Number(arg);
    });
    Atomics.store(this.state, NEXT, 0);
    Atomics.store(this.state, COUNT, jobs.length);
    Atomics.store(this.state, RUNNING, this.workers.length);
    this.wake();
    for (
      let i = Atomics.add(this.state, NEXT, 1);
      i < jobs.length;
      i = Atomics.add(this.state, NEXT, 1)
    ) {
      const { name, args } = jobs[i]!;
      this.exports[name]!(...args);
    }
    for (
      let running = Atomics.load(this.state, RUNNING);
      running > 0;
      running = Atomics.load(this.state, RUNNING)
    ) {
      // A browser's main thread may not wait: there the last jobs are waited for by asking again.
      if (!isBrowserWindow()) Atomics.wait(this.state, RUNNING, running);
    }
  }

  private wake(): void {
    Atomics.add(this.state, SEQUENCE, 1);
    Atomics.notify(this.state, SEQUENCE);
  }
}

async function startWorker(): Promise<AnyWorker> {
  const host = globalThis as {
    process?: { versions?: { node?: string } };
    Worker?: new (url: string) => AnyWorker;
    URL: { createObjectURL(blob: unknown): string };
  };
  if (host.process?.versions?.node !== undefined) {
    const specifier = 'node:worker_threads';
    const { Worker } = (await import(specifier)) as {
      Worker: new (source: string, options: { eval: true }) => AnyWorker;
    };
    return new Worker(WORKER_SOURCE, { eval: true });
  }
  if (host.Worker === undefined) throw new BackendError('This environment has no workers', {});
  const blob = new Blob([WORKER_SOURCE], { type: 'text/javascript' });
  return new host.Worker(host.URL.createObjectURL(blob));
}

function isBrowserWindow(): boolean {
  return 'window' in globalThis && 'document' in globalThis;
}

function pause(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 1);
  });
}
