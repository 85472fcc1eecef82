/** Times a function in this process, as packages/bench/peers/worker.py does in its own. */

const FIRST_WARM_UPS = 3;
/**
 * Compiled code is replaced by faster code for a while, and the threads that compile count as CPU
 * time of the process; the first round waits for that.
 */
const FIRST_WARM_UP_MS = 1000;

/**
 * Measures one run after another; a sample is the mean of as many runs as fill `minSampleMs`.
 * @param {() => void | Promise<void>} run
 * @param {{repeats: number, minSampleMs: number, first: boolean}} options first: this is the first
 * round of the case, which needs more warming up
 * @returns {Promise<import('./peer.mjs').Sample[]>}
 */
export async function measure(run, { repeats, minSampleMs, first }) {
  const lastMs = await warmUp(run, first ? FIRST_WARM_UPS : 1, first ? FIRST_WARM_UP_MS : 0);
  const inner = Math.max(1, Math.ceil(minSampleMs / Math.max(lastMs, 1e-4)));
  const samples = [];
  for (let i = 0; i < repeats; i++) samples.push(await sample(run, inner));
  return samples;
}

async function warmUp(run, times, atLeastMs) {
  const start = performance.now();
  let last;
  for (let i = 0; i < times || performance.now() - start < atLeastMs; i++) {
    last = await sample(run, 1);
  }
  return last.wallMs;
}

async function sample(run, inner) {
  const cpu = process.cpuUsage();
  const wall = performance.now();
  for (let i = 0; i < inner; i++) {
    const pending = run();
    if (pending !== undefined) await pending;
  }
  const wallMs = performance.now() - wall;
  const { user, system } = process.cpuUsage(cpu);
  return { cpuMs: (user + system) / 1000 / inner, wallMs: wallMs / inner };
}

/**
 * The smallest CPU time and the smallest wall time, each over all samples.
 * @param {import('./peer.mjs').Sample[]} samples at least one
 * @returns {import('./peer.mjs').Sample}
 */
export function fastest(samples) {
  return {
    cpuMs: Math.min(...samples.map(({ cpuMs }) => cpuMs)),
    wallMs: Math.min(...samples.map(({ wallMs }) => wallMs)),
  };
}
