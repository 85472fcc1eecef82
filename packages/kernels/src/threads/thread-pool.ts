import { BackendError } from '@dance-ts/core';
import type { WasmMemory } from '../web-assembly.js';
import { startWorker, type PoolWorker } from './worker.js';

/** A call of an exported function. */
export interface Job {
  readonly name: string;
  readonly args: readonly (number | boolean)[];
  /** Place of the argument that becomes the address of the running thread's workspace. */
  readonly workspaceAt?: number | undefined;
}

/** What a pool works with. */
export interface PoolOptions {
  /** Compiled module of the exported functions, whose memory is shared. */
  readonly module: object;
  readonly memory: WasmMemory;
  /** The module's exports in the calling thread. */
  readonly exports: object;
  /** Address of a workspace for each thread, that of the calling one first. */
  readonly workspaces: readonly number[];
}

// Places in the control block; the worker's program has the same.
const SEQUENCE = 0;
/** Jobs that nobody has taken yet. */
const LEFT = 1;
/** Jobs that are not done. */
const PENDING = 2;
const FAILED = 3;
const STOP = 4;
const READY = 5;
const CONTROL_BYTES = 64;

const MAX_JOBS = 256;
/** Number of the function (then its result), of arguments, place of the workspace or -1, arguments. */
const JOB_SIZE = 24;

/** A machine so busy that threads take longer is better off without them. */
const START_TIMEOUT_MS = 20_000;

type Exports = Readonly<
  Record<string, (...args: readonly (number | boolean)[]) => number | undefined>
>;

/**
 * Workers that run exported functions of a module on one shared memory. The calling thread works,
 * too, and waits only for jobs that a worker has begun, so that a run looks like an ordinary call
 * and a worker that sleeps late holds nothing up.
 */
export class ThreadPool {
  private readonly state: Int32Array;
  private readonly jobs: Float64Array;
  private readonly names: readonly string[];
  private readonly exports: Exports;

  private constructor(
    private readonly workers: readonly PoolWorker[],
    exports: object,
    private readonly workspace: number,
    control: SharedArrayBuffer,
    jobs: SharedArrayBuffer,
  ) {
    this.state = new Int32Array(control);
    this.jobs = new Float64Array(jobs);
    this.exports = exports as Exports;
    this.names = Object.keys(exports).sort();
  }

  /** Threads that work on a run, with the calling one. */
  get size(): number {
    return this.workers.length + 1;
  }

  /**
   * Starts a worker for each workspace but the first.
   *
   * @throws `BackendError` if this environment has no workers or no shared memory
   */
  static async start({ module, memory, exports, workspaces }: PoolOptions): Promise<ThreadPool> {
    if (typeof SharedArrayBuffer === 'undefined') {
      throw new BackendError('This environment has no shared memory for threads', {
        remedy: 'Serve the page cross-origin isolated (COOP and COEP headers), or use one thread.',
      });
    }
    const control = new SharedArrayBuffer(CONTROL_BYTES);
    const jobs = new SharedArrayBuffer(MAX_JOBS * JOB_SIZE * Float64Array.BYTES_PER_ELEMENT);
    const problems: string[] = [];
    const workers: PoolWorker[] = [];
    try {
      for (const workspace of workspaces.slice(1)) {
        const worker = await startWorker((problem) => problems.push(problem));
        workers.push(worker);
        worker.postMessage({ module, memory, control, jobs, jobSize: JOB_SIZE, workspace });
      }
      await allReady(new Int32Array(control), workers.length, problems);
    } catch (error) {
      await Promise.all(workers.map((worker) => worker.terminate()));
      throw error;
    }
    for (const worker of workers) worker.unref();
    return new ThreadPool(workers, exports, workspaces[0]!, control, jobs);
  }

  /**
   * Runs all jobs, in any order and on any thread, and returns when they are done.
   *
   * @returns what each returns, 0 for nothing
   * @throws `BackendError` if a job failed in another thread
   */
  run(jobs: readonly Job[]): number[] {
    const results: number[] = [];
    for (let first = 0; first < jobs.length; first += MAX_JOBS) {
      results.push(...this.runBatch(jobs.slice(first, first + MAX_JOBS)));
    }
    return results;
  }

  /** Ends the workers. */
  async close(): Promise<void> {
    Atomics.store(this.state, STOP, 1);
    this.wake();
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }

  private runBatch(jobs: readonly Job[]): number[] {
    const { state } = this;
    jobs.forEach(({ name, args, workspaceAt = -1 }, i) => {
      const entry = [this.names.indexOf(name), args.length, workspaceAt, ...args.map(Number)];
      this.jobs.set(entry, i * JOB_SIZE);
    });
    // A failure of the batch before is told by then, by this thread's own error if by none else.
    Atomics.store(state, FAILED, 0);
    Atomics.store(state, PENDING, jobs.length);
    Atomics.store(state, LEFT, jobs.length);
    this.wake();
    try {
      this.work(jobs);
    } finally {
      // After an error nobody shall begin what is left, but what was begun uses the memory.
      const dropped = Atomics.exchange(state, LEFT, 0);
      Atomics.sub(state, PENDING, dropped);
      this.waitForWorkers();
    }
    if (Atomics.exchange(state, FAILED, 0) === 1) {
      throw new BackendError(`the kernel ${jobs[0]!.name} failed in a thread`, {
        remedy: 'Use one thread (DANCE_THREADS=1) to see its error.',
      });
    }
    return jobs.map((_, i) => this.jobs[i * JOB_SIZE]!);
  }

  /** Takes jobs until none are left. */
  private work(jobs: readonly Job[]): void {
    const { state } = this;
    for (let left = jobs.length; left > 0; left = Atomics.load(state, LEFT)) {
      if (Atomics.compareExchange(state, LEFT, left, left - 1) !== left) continue;
      try {
        const { name, args, workspaceAt } = jobs[left - 1]!;
        const own = args.map((arg, i) => (i === workspaceAt ? this.workspace : arg));
        this.jobs[(left - 1) * JOB_SIZE] = this.exports[name]!(...own) ?? 0;
      } finally {
        Atomics.sub(state, PENDING, 1);
      }
    }
  }

  private waitForWorkers(): void {
    const { state } = this;
    for (let n = Atomics.load(state, PENDING); n > 0; n = Atomics.load(state, PENDING)) {
      // A browser's main thread may not wait: there the last jobs are waited for by asking again.
      if (!isBrowserWindow()) Atomics.wait(state, PENDING, n);
    }
  }

  private wake(): void {
    Atomics.add(this.state, SEQUENCE, 1);
    Atomics.notify(this.state, SEQUENCE);
  }
}

/** Workers start while this thread's event loop runs. */
async function allReady(
  state: Int32Array,
  count: number,
  problems: readonly string[],
): Promise<void> {
  const start = performance.now();
  while (Atomics.load(state, READY) < count) {
    const isLate = performance.now() - start > START_TIMEOUT_MS;
    if (isLate || problems.length > 0) {
      throw new BackendError('a thread did not start', {
        got: problems[0] ?? `no answer within ${START_TIMEOUT_MS / 1000} s`,
        remedy: 'Use one thread.',
      });
    }
    await pause();
  }
}

function isBrowserWindow(): boolean {
  return 'window' in globalThis && 'document' in globalThis;
}

function pause(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 1);
  });
}
