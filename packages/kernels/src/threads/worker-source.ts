/**
 * The program of a worker, as text: it must start the same way in Node, in a browser and from a
 * bundle, and needs nothing but what it is sent. It sleeps until the sequence number in the control
 * block changes, takes jobs until none are left, and counts itself out.
 */
export const WORKER_SOURCE = `
const isNode = typeof process === 'object' && process.versions?.node !== undefined;
const start = async ({ module, memory, control, jobs, jobSize }) => {
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
  const state = new Int32Array(control);
  const table = new Float64Array(jobs);
  const names = Object.keys(exports).sort();
  const [SEQUENCE, NEXT, COUNT, RUNNING, STOP, READY] = [0, 1, 2, 3, 4, 5];
  let seen = 0;
  Atomics.add(state, READY, 1);
  Atomics.notify(state, READY);
  for (;;) {
    Atomics.wait(state, SEQUENCE, seen);
    seen = Atomics.load(state, SEQUENCE);
    if (Atomics.load(state, STOP) === 1) return;
    const count = Atomics.load(state, COUNT);
    for (let job = Atomics.add(state, NEXT, 1); job < count; job = Atomics.add(state, NEXT, 1)) {
      const at = job * jobSize;
      const args = table.subarray(at + 2, at + 2 + table[at + 1]);
      exports[names[table[at]]](...args);
    }
    Atomics.sub(state, RUNNING, 1);
    Atomics.notify(state, RUNNING);
  }
};
if (isNode) {
  const { parentPort } = require('node:worker_threads');
  parentPort.once('message', start);
} else {
  self.onmessage = ({ data }) => start(data);
}
`;
