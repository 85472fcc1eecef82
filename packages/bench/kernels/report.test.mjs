import { describe, expect, test } from '@jest/globals';
import { compare, formatMs, formatTable, renderMarkdown, replaceRegion } from './report.mjs';

const CASE = { name: 'spmm', aim: 1, sizes: { nodes: 4 }, peerCase: 'spmm' };
const times = (...cpu) => cpu.map((cpuMs) => ({ cpuMs, wallMs: 100 - cpuMs }));
const side = (variants, more = {}) => ({ variants, references: {}, check: null, ...more });
const measured = (ours, other, problems = []) => ({ ours, other, problems });

describe('compare', () => {
  const ours = side({ '': times(3, 2, 4) });
  const torch = side({ csr: times(8, 5), coo: times(6, 7) }, { kind: 'pytorch' });

  test('takes the least CPU time of the fastest variant for one thread', () => {
    const row = compare(CASE, measured(ours, torch), 1);
    expect(row.ratio).toBe(5 / 2);
    expect(row.unit).toBe('cpu');
    expect(row.peer).toMatchObject({ kind: 'pytorch', variant: 'csr', cpuMs: 5 });
    expect(row.peer.variants.coo.cpuMs).toBe(6);
    expect(row.remarks).toEqual(['csr']);
  });

  test('compares with PyTorch held to AVX2, too, where that was timed', () => {
    const avx2 = side({ csr: times(9), coo: times(10) }, { kind: 'pytorch' });
    const row = compare(CASE, { ...measured(ours, torch), avx2 }, 1);
    expect(row).toMatchObject({ ratio: 5 / 2, avx2Ratio: 9 / 2 });
    expect(formatTable([row])).toBe(
      [
        'case  ours ms  peer ms  ratio  ratio AVX2   aim  remark\n',
        'spmm     2.00     5.00   2.50        4.50  1.00  csr\n',
      ].join(''),
    );
  });

  test('takes the least wall time for more threads', () => {
    const row = compare(CASE, measured(ours, torch), 2);
    expect(row.unit).toBe('wall');
    expect(row.ratio).toBe(92 / 96);
    expect(row.remarks).toEqual(['below aim', 'csr']);
  });

  test('names other libraries with their time, and stock TensorFlow.js', () => {
    const other = side({ '': times(9) }, { kind: 'stock', references: { sklearn: times(70, 80) } });
    const row = compare(CASE, measured(ours, other), 1);
    expect(row.references.sklearn.cpuMs).toBe(70);
    expect(row.remarks).toEqual(['against stock TensorFlow.js', 'sklearn 70.0 ms']);
  });

  test('has no ratio without both sides, and says why', () => {
    const missing = compare(CASE, measured(ours, null, ['peer: igraph is not installed']), 1);
    expect(missing).toMatchObject({ ratio: null, peer: null });
    expect(missing.remarks).toEqual(['peer: igraph is not installed']);
    expect(compare(CASE, measured(null, torch), 1)).toMatchObject({ ratio: null, ours: null });
  });

  test.each([
    [1.0005, undefined, true],
    [1.002, undefined, false],
    [1.05, 0.1, true],
    [NaN, 0.1, false],
  ])('result %p with tolerance %p agrees with 1: %p', (check, tolerance, agrees) => {
    const theirs = { ...torch, check: 1 };
    const benchCase = tolerance === undefined ? CASE : { ...CASE, tolerance };
    const { remarks } = compare(benchCase, measured({ ...ours, check }, theirs), 1);
    expect(remarks).toEqual(agrees ? ['csr'] : ['csr', `results differ: ours ${check}, peer 1`]);
  });
});

const ROWS = [
  compare(
    CASE,
    measured(side({ '': times(2) }), side({ 'a|b': times(5) }, { kind: 'pytorch' })),
    1,
  ),
  compare({ ...CASE, name: 'long name', aim: null }, measured(null, null, ['peer: no\nluck']), 1),
];

test('table has fixed columns', () => {
  expect(formatTable(ROWS)).toBe(
    [
      'case       ours ms  peer ms  ratio   aim  remark',
      'spmm          2.00     5.00   2.50  1.00  a|b',
      'long name        -        -      -     -  peer: no luck',
      '',
    ].join('\n'),
  );
});

test('milliseconds have three digits', () => {
  expect([0.1234, 1.234, 12.34, 123.4].map(formatMs)).toEqual(['0.123', '1.23', '12.3', '123']);
});

describe('markdown', () => {
  const result = {
    date: '2026-01-02T03:04:05.000Z',
    machine: { cpu: 'Some CPU', cores: 2, platform: 'linux x64' },
    versions: {
      ours: { node: '20.1.0' },
      peer: { torch: '2.13.0', blas: 'MKL 2024.2', capability: 'AVX512' },
    },
    settings: { threads: 1 },
    warning: null,
    rows: ROWS,
  };

  test('states the circumstances and escapes pipes', () => {
    expect(renderMarkdown(result).split('\n')).toEqual([
      'Least CPU time on 1 thread, 2026-01-02: Some CPU (2 cores, linux x64), Node 20.1.0, PyTorch 2.13.0 with MKL 2024.2, AVX512.',
      '',
      '| case | ours ms | peer ms | ratio | aim | remark |',
      '| --- | --: | --: | --: | --: | --- |',
      '| spmm | 2.00 | 5.00 | 2.50 | 1.00 | a\\|b |',
      '| long name | - | - | - | - | peer: no luck |',
    ]);
  });

  test('tells figures of a busy machine and runs without PyTorch', () => {
    const { ours } = result.versions;
    const busy = { ...result, warning: 'the machine is busy', versions: { ours, peer: null } };
    expect(renderMarkdown(busy)).toMatch(
      /no PyTorch\.\n\nNot for quoting: the machine is busy\.\n/,
    );
  });

  test('replaces a region and nothing else', () => {
    const document = 'a\n<!-- x:begin -->\nold\n<!-- x:end -->\nb\n';
    expect(replaceRegion(document, 'x', 'new')).toBe(
      'a\n<!-- x:begin -->\n\nnew\n\n<!-- x:end -->\nb\n',
    );
    expect(() => replaceRegion(document, 'y', 'new')).toThrow('no region y');
    expect(() => replaceRegion('<!-- x:begin -->', 'x', 'new')).toThrow('no region x');
  });
});
