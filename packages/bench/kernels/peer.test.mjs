import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { centered } from './inputs.mjs';
import { Peer, findPython } from './peer.mjs';

/** Answers as worker.py does, in the language that is here for certain. */
const FAKE_WORKER = `
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, ...request } = JSON.parse(line);
  const reply = (answer) => console.log(JSON.stringify({ id, ...answer, processCpuMs: 5 }));
  if (request.case === 'silent') return;
  if (request.case === 'crash') {
    console.error('no module named torch');
    process.exit(3);
  }
  if (request.case === 'wrong') reply({ error: 'no case wrong' });
  else reply({ request, omp: process.env.OMP_NUM_THREADS });
});`;

const folder = mkdtempSync(join(tmpdir(), 'peer-test-'));
const script = join(folder, 'worker.cjs');
writeFileSync(script, FAKE_WORKER);
afterAll(() => rmSync(folder, { recursive: true }));

test('the Python is the one that is named, or none', () => {
  expect(findPython({ DANCE_BENCH_PYTHON: '/opt/python' })).toBe('/opt/python');
  expect(findPython({ DANCE_BENCH_PYTHON: '' })).toBeNull();
  expect(findPython({})).toBeNull();
});

describe('Peer', () => {
  const start = () => new Peer({ python: process.execPath, threads: 2, script });

  test('passes requests on, several at once, and limits the threads', async () => {
    const peer = start();
    const answers = await Promise.all([
      peer.measure({ case: 'a', threads: 1 }),
      peer.measure({ case: 'b', threads: 2 }),
    ]);
    expect(answers).toEqual([
      { request: { case: 'a', threads: 1 }, omp: '2' },
      { request: { case: 'b', threads: 2 }, omp: '2' },
    ]);
    expect(peer.cpuMs).toBe(5);
    await peer.close();
  });

  test('reports errors, and goes on', async () => {
    const peer = start();
    await expect(peer.measure({ case: 'wrong' })).rejects.toThrow('no case wrong');
    await expect(peer.measure({ case: 'crash' })).rejects.toThrow(/ended \(3\): no module named/);
    await expect(peer.measure({ case: 'silent' }, 300)).rejects.toThrow(
      'no answer to silent within 0.3 s',
    );
    await expect(peer.versions()).resolves.toMatchObject({ request: { case: 'versions' } });
    await peer.close();
  });

  test('says that there is no such program', async () => {
    const peer = new Peer({ python: join(folder, 'nothing'), script });
    await expect(peer.versions()).rejects.toThrow(/cannot start .*nothing/);
    await peer.close();
  });
});

const python = findPython();
if (python === null) console.info('DANCE_BENCH_PYTHON is not set: the PyTorch peer is not tested');
const testWithPython = python === null ? test.skip : test;

testWithPython('PyTorch works on our inputs', async () => {
  const peer = new Peer({ python });
  const [m, k, n] = [3, 5, 2];
  const request = { case: 'gemm_nn', threads: 1, repeats: 4, minSampleMs: 0, sizes: { m, k, n } };
  const { variants, check } = await peer.measure(request);
  const [a, b] = [centered(1, m * k), centered(2, k * n)];
  const product = Array.from({ length: m * n }, (_, at) => {
    const [row, column] = [Math.floor(at / n), at % n];
    return Array.from({ length: k }, (_, i) => a[row * k + i] * b[i * n + column]).reduce(add);
  });
  expect(check).toBeCloseTo(product.map((value) => value * value).reduce(add) / (m * n), 6);
  expect(variants.new).toHaveLength(4);
  expect((await peer.versions()).torch).toMatch(/^\d/);
  await peer.close();
});

function add(a, b) {
  return a + b;
}
