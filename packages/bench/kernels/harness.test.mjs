import { describe, expect, test } from '@jest/globals';
import { runCases } from './harness.mjs';

const OPTIONS = { peer: null, threads: 1, rounds: 2, repeats: 2, minSampleMs: 0, timeoutMs: 1000 };
const CASE = { name: 'fake', aim: null, sizes: { n: 3 }, peerCase: 'fake_peer' };
const SAMPLE = { cpuMs: 1, wallMs: 1 };

/** A side that logs its calls. */
function logged(log, name, more = {}) {
  return (context) => {
    log.push(`${name} prepare ${JSON.stringify(context)}`);
    return Promise.resolve({
      run: () => {
        if (log.at(-1) !== `${name} run`) log.push(`${name} run`);
      },
      dispose: () => log.push(`${name} dispose`),
      ...more,
    });
  };
}

/** A peer that logs its requests. */
function fakePeer(log, answer) {
  return {
    measure: (request) => {
      log.push(request);
      return Promise.resolve({
        variants: { csr: [SAMPLE] },
        references: {},
        check: null,
        unavailable: null,
        ...answer,
      });
    },
  };
}

describe('runCases', () => {
  test('runs both sides in turns and disposes them', async () => {
    const log = [];
    const prepare = logged(log, 'ours');
    const stock = logged(log, 'stock');
    const [row] = await runCases([{ ...CASE, prepare, stock }], OPTIONS);
    const context = '{"threads":1,"sizes":{"n":3}}';
    expect(log).toEqual([
      `ours prepare ${context}`,
      `stock prepare ${context}`,
      'ours run',
      'stock run',
      'ours run',
      'stock run',
      'ours dispose',
      'stock dispose',
    ]);
    expect(row.peer.kind).toBe('stock');
    expect(row.ratio).toBeGreaterThan(0);
  });

  test('asks the peer once a round, and prefers it to stock', async () => {
    const log = [];
    const peer = fakePeer(log, { references: { sklearn: [SAMPLE] } });
    const stock = () => Promise.reject(new Error('unused'));
    const [row] = await runCases([{ ...CASE, stock, repeats: 7 }], { ...OPTIONS, peer });
    const request = { case: 'fake_peer', threads: 1, repeats: 7, minSampleMs: 0, sizes: { n: 3 } };
    expect(log).toEqual([request, request]);
    expect(row).toMatchObject({ ours: null, peer: { kind: 'pytorch', variant: 'csr' } });
    expect(row.references).toEqual({ sklearn: SAMPLE });
  });

  test('times work that has to wait', async () => {
    const wait = () => new Promise((resolve) => setTimeout(resolve, 20));
    const prepare = logged([], 'ours', { run: wait });
    const [row] = await runCases([{ ...CASE, prepare }], { ...OPTIONS, rounds: 1 });
    expect(row.ours.wallMs).toBeGreaterThan(18);
    expect(row.ours.cpuMs).toBeLessThan(row.ours.wallMs);
  });

  test('leaves out a side that fails, with a remark, and goes on', async () => {
    const log = [];
    const fails = logged(log, 'ours', { run: () => Promise.reject(new Error('out of memory')) });
    const cases = [
      { ...CASE, prepare: fails },
      { ...CASE, prepare: logged(log, 'second', { check: 2 }) },
    ];
    const seen = [];
    const peer = fakePeer([], { check: 1 });
    const rows = await runCases(cases, { ...OPTIONS, peer }, (row) => seen.push(row));
    expect(rows[0]).toMatchObject({ ours: null, remarks: ['csr', 'ours: out of memory'] });
    expect(log).toContain('ours dispose');
    expect(rows[1].remarks).toEqual(['csr', 'results differ: ours 2, peer 1']);
    expect(seen).toEqual(rows);
  });

  test('says what the peer lacks', async () => {
    const peer = fakePeer([], { unavailable: 'igraph is not installed' });
    const [row] = await runCases([CASE], { ...OPTIONS, peer });
    expect(row).toMatchObject({ peer: null, remarks: ['peer: igraph is not installed'] });
  });
});
