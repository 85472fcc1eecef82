/** The other side of a comparison: a long-lived Python process with PyTorch. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const WORKER = fileURLToPath(new URL('../peers/worker.py', import.meta.url));
const STDERR_KEPT = 2000;
/** Holds PyTorch and its matrix libraries to vectors of 256 bits, whatever the processor has. */
export const AVX2_ENVIRONMENT = {
  ATEN_CPU_CAPABILITY: 'avx2',
  MKL_ENABLE_INSTRUCTIONS: 'AVX2',
  DNNL_MAX_CPU_ISA: 'AVX2',
};
const THREAD_VARIABLES = ['OMP_NUM_THREADS', 'MKL_NUM_THREADS', 'OPENBLAS_NUM_THREADS'];

/**
 * The Python to compare with: DANCE_BENCH_PYTHON, or none.
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {string | null}
 */
export function findPython(env = process.env) {
  const named = env.DANCE_BENCH_PYTHON;
  return named === undefined || named === '' ? null : named;
}

/**
 * @typedef {{cpuMs: number, wallMs: number}} Sample milliseconds of one run
 *
 * @typedef {object} PeerAnswer
 * @property {Record<string, Sample[]>} variants ways of doing the same in PyTorch, by name
 * @property {Record<string, Sample[]>} references the same by other libraries
 * @property {number | null} check a number computed from the result
 * @property {string | null} unavailable what is missing, when nothing could be measured
 */

/**
 * Asks a Python process, which starts at the first request. After a timeout or a crash the next
 * request starts a new one.
 */
export class Peer {
  #python;
  #threads;
  #script;
  #env;
  #child = null;
  #waiting = new Map();
  #nextId = 1;
  #stderr = '';
  #cpuMs = 0;
  #endedCpuMs = 0;

  /**
   * @param {{python: string, threads?: number, script?: string, env?: Record<string, string>}}
   * options threads: the most that a request will ask for; env: variables beside those of this
   * process
   */
  constructor({ python, threads = 1, script = WORKER, env = {} }) {
    this.#python = python;
    this.#threads = threads;
    this.#script = script;
    this.#env = env;
  }

  /** CPU time of the processes started so far, as of the last answer of each. */
  get cpuMs() {
    return this.#endedCpuMs + this.#cpuMs;
  }

  /**
   * Times a case.
   * @param {{case: string, threads: number, repeats: number, minSampleMs?: number, sizes?: object}}
   * request
   * @param {number} [timeoutMs] after which the process is killed
   * @returns {Promise<PeerAnswer>}
   */
  measure(request, timeoutMs) {
    return this.#request(request, timeoutMs);
  }

  /**
   * Versions of Python, PyTorch and its BLAS.
   * @param {number} [timeoutMs]
   * @returns {Promise<Record<string, string | null>>}
   */
  async versions(timeoutMs) {
    return this.#request({ case: 'versions' }, timeoutMs);
  }

  /** Ends the process; requests under way fail. */
  async close() {
    const child = this.#child;
    if (child === null) return;
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.stdin.end();
    child.kill();
    await ended;
  }

  #request(request, timeoutMs = 300_000) {
    const child = (this.#child ??= this.#start());
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new Error(`no answer to ${request.case} within ${timeoutMs / 1000} s`));
        this.#forget(child);
        child.kill('SIGKILL');
      }, timeoutMs);
      this.#waiting.set(id, { child, resolve, reject, timer });
      child.stdin.write(`${JSON.stringify({ ...request, id })}\n`);
    });
  }

  #start() {
    const limits = Object.fromEntries(THREAD_VARIABLES.map((name) => [name, `${this.#threads}`]));
    const child = spawn(this.#python, [this.#script], {
      env: { ...process.env, ...limits, ...this.#env, PYTHONDONTWRITEBYTECODE: '1' },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#stderr = '';
    this.#endedCpuMs += this.#cpuMs;
    this.#cpuMs = 0;
    child.stderr.setEncoding('utf8').on('data', (text) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_KEPT);
    });
    child.stdin.on('error', () => {}); // a process that ended is reported by 'close'
    child.on('error', (error) =>
      this.#fail(child, `cannot start ${this.#python}: ${error.message}`),
    );
    child.on('close', (code) => {
      this.#fail(child, `${this.#python} ended (${code}): ${this.#stderr.trim()}`);
    });
    createInterface({ input: child.stdout }).on('line', (line) => this.#settle(line));
    return child;
  }

  #settle(line) {
    const { id, error, processCpuMs, ...answer } = JSON.parse(line);
    this.#cpuMs = processCpuMs ?? this.#cpuMs;
    const request = this.#waiting.get(id);
    if (request === undefined) return;
    this.#waiting.delete(id);
    clearTimeout(request.timer);
    if (error === undefined) request.resolve(answer);
    else request.reject(new Error(error));
  }

  #fail(child, message) {
    this.#forget(child);
    for (const [id, request] of this.#waiting) {
      if (request.child !== child) continue;
      this.#waiting.delete(id);
      clearTimeout(request.timer);
      request.reject(new Error(message));
    }
  }

  #forget(child) {
    if (this.#child === child) this.#child = null;
  }
}
