import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const TIMEOUT_MS = 50_000;

/** Prints the backend, and a digest of a product of 300 x 300 with its gradient. */
const PROGRAM = `
  import { selectBackend } from '@dance-ts/nn';
  import * as tf from '@tensorflow/tfjs';
  const { threads } = await selectBackend('wasm');
  const a = tf.tensor2d(Float32Array.from({ length: 90000 }, (_, i) => Math.sin(i)), [300, 300]);
  const f = (x) => tf.sum(tf.square(tf.matMul(x, x, true)));
  const bytes = tf.grad(f)(a).dataSync();
  const digest = await crypto.subtle.digest('SHA-256', bytes);
  console.log(threads, Buffer.from(digest).toString('base64'));
`;

function runProgram(env: Readonly<Record<string, string>>, before = ''): string[] {
  const child = spawnSync(process.execPath, ['--input-type=module', '--eval', before + PROGRAM], {
    cwd: `${ROOT}packages/nn`,
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    env: { ...process.env, NODE_OPTIONS: '', ...env },
  });
  return [String(child.status), child.stderr, ...child.stdout.trim().split(' ')];
}

/** Only the second of the two attempts to start TensorFlow.js succeeds. */
const REFUSE_FIRST = `
  const { instantiate } = WebAssembly;
  let attempts = 0;
  WebAssembly.instantiate = (source, imports) => {
    const isRefused = 'wasi_snapshot_preview1' in imports && attempts++ === 0;
    return isRefused ? Promise.reject(new Error('no room')) : instantiate(source, imports);
  };
`;

/** A program that has other workers than Node's. */
function replaceWorker(by: string): string {
  return `
    import module, { Worker } from 'node:worker_threads';
    import { syncBuiltinESMExports } from 'node:module';
    module.Worker = ${by};
    syncBuiltinESMExports();
  `;
}

describe('a process with threads', () => {
  const one = runProgram({ DANCE_THREADS: '1' });

  test('ends by itself with the result of one thread', () => {
    expect(one.slice(0, 3)).toEqual(['0', '', '1']);
    const [status, errors, threads, digest] = runProgram({ DANCE_THREADS: '3' });
    expect([status, errors, threads]).toEqual(['0', '', '3']);
    expect(digest).toBe(one[3]);
  });

  test.each([
    ['without room for a shared memory', REFUSE_FIRST],
    ['without workers', replaceWorker("class { constructor() { throw new Error('forbidden'); } }")],
    [
      'whose workers fail',
      replaceWorker("class extends Worker { constructor() { super('throw 1', { eval: true }); } }"),
    ],
  ])('%s warns once, works with one and ends by itself', (_, before) => {
    const [status, errors = '', threads, digest] = runProgram({ DANCE_THREADS: '2' }, before);
    expect([status, threads, digest]).toEqual(['0', '1', one[3]]);
    expect(errors.trim().split('\n')).toEqual([
      expect.stringMatching(/^2 threads were asked for, one is used: /),
    ]);
  });
});
