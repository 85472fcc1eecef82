/**
 * The program of a worker, as text: it must start the same way in Node, in a browser and from a
 * bundle, and needs nothing but what it is sent. It sleeps until the sequence number in the control
 * block changes and takes jobs until none are left, then sleeps again.
 */
export const WORKER_SOURCE = `
const isNode = typeof process === 'object' && process.versions?.node !== undefined;
const start = async ({ module, memory, control, jobs, jobSize, workspace }) => {
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
  const state = new Int32Array(control);
  const table = new Float64Array(jobs);
  const names = Object.keys(exports).sort();
  const [SEQUENCE, LEFT, PENDING, FAILED, STOP, READY] = [0, 1, 2, 3, 4, 5];
  let seen = 0;
  Atomics.add(state, READY, 1);
  for (;;) {
    Atomics.wait(state, SEQUENCE, seen);
    seen = Atomics.load(state, SEQUENCE);
    if (Atomics.load(state, STOP) === 1) return;
    for (let left = Atomics.load(state, LEFT); left > 0; left = Atomics.load(state, LEFT)) {
      if (Atomics.compareExchange(state, LEFT, left, left - 1) !== left) continue;
      try {
        const at = (left - 1) * jobSize;
        const args = table.slice(at + 3, at + 3 + table[at + 1]);
        if (table[at + 2] >= 0) args[table[at + 2]] = workspace;
        table[at] = exports[names[table[at]]](...args) ?? 0;
      } catch {
        Atomics.store(state, FAILED, 1);
      }
      if (Atomics.sub(state, PENDING, 1) === 1) Atomics.notify(state, PENDING);
    }
  }
};
if (isNode) {
  import('node:worker_threads').then(({ parentPort }) => parentPort.once('message', start));
} else {
  self.onmessage = ({ data }) => start(data);
}
`;
