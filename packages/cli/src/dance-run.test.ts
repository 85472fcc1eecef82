import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  columnValue,
  DenseMatrix,
  Table,
  toCsr,
  type CsrMatrix,
  type UnsDict,
} from '@dance-ts/core';
import { readH5ad } from '@dance-ts/io';
import { dance, startDance } from './testing/dance-process.js';
import { N_CELLS, N_GENES, writeTenxFolder } from './testing/tenx-folder.js';

/** A small network on all genes: quick, and well above chance on these cells. */
const SMALL = [
  ...['--n-clusters', '3', '--in-feats', '8', '--hidden-dim', '8', '--hidden1', '8'],
  ...['--n-top-genes', '60', '--deterministic'],
];
/** More than is needed: the machine may be busy. */
const MINUTES = 300_000;
const PYTHON = ['/usr/bin/python3', 'python3'].find(
  (python) => spawnSync(python, ['-c', 'import anndata']).status === 0,
);

let folder = '';
let input = '';
let counts: CsrMatrix;
const path = (name: string): string => join(folder, name);
const cluster = (...flags: string[]): string[] => ['run', 'clustering', 'graphsc', ...flags];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dance-run-'));
  input = path('sample');
  counts = await writeTenxFolder(input);
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('from a 10x folder to a labelled picture', () => {
  const FILES = ['explanation', 'markers', 'silhouette', 'training', 'umap'].flatMap((name) =>
    ['png', 'svg'].map((ending) => `graphsc-${name}.${ending}`),
  );
  let stderr = '';

  beforeAll(() => {
    const ended = dance(
      ...cluster('--input', input, ...SMALL, '--epochs', '15', '--lr', '0.01'),
      ...['--output', path('out.h5ad'), '--plots', path('plots'), '--json', path('out.json')],
      '--explain',
    );
    stderr = ended.stderr;
    expect(ended.stderr).not.toContain('warning');
    expect(ended.status).toBe(0);
    expect(ended.stdout).toContain(`sample (${N_CELLS} cells x ${N_GENES} genes)`);
  }, MINUTES);

  test('X, names and columns are those of the input, doubled names told apart', async () => {
    const data = await readH5ad(path('out.h5ad'));
    expect(toCsr(data.X)).toEqual(counts);
    expect(data.obsNames[3]).toBe('BARCODE3-1');
    expect(data.varNames.slice(6, 10)).toEqual(['GENE6', 'GENE7', 'GENE7-1', 'GENE9']);
    expect(stderr).toContain('1 genes with a name in use');
    expect(columnValue(data.var.get('gene_ids'), 8)).toBe('ENSG8');
    expect(data.obs.columnNames).toEqual(['graphsc']);
  });

  test('clusters, embedding, UMAP, colors and markers are in the file', async () => {
    const data = await readH5ad(path('out.h5ad'));
    const { codes, categories } = data.labels('graphsc');
    expect(categories).toEqual(['0', '1', '2']);
    // Cell i is of kind i mod 3: one cluster a kind, and no two of the same.
    const kinds = [0, 1, 2].map((kind) => new Set([...codes].filter((_, i) => i % 3 === kind)));
    expect(kinds.map(({ size }) => size)).toEqual([1, 1, 1]);
    expect(new Set(kinds.flatMap((kind) => [...kind])).size).toBe(3);
    const layout = data.obsm.get('X_umap') as DenseMatrix;
    expect(layout.shape).toEqual([N_CELLS, 2]);
    expect(layout.data.every(Number.isFinite)).toBe(true);
    expect((data.obsm.get('X_graphsc') as DenseMatrix).nRows).toBe(N_CELLS);
    expect(data.uns.get('graphsc_colors')).toHaveLength(3);
    const names = (data.uns.get('rank_genes_groups') as UnsDict).get('names') as Table;
    expect(names.columnNames).toEqual(['0', '1', '2']);
    for (const kind of [0, 1, 2]) {
      const group = String(codes[kind]);
      const best = String(columnValue(names.get(group), 0));
      // Each kind has 20 genes of its own.
      expect(Math.floor(Number(/GENE(\d+)/.exec(best)?.[1]) / 20)).toBe(kind);
    }
    const explanation = data.uns.get('graphsc_explanation') as UnsDict;
    expect([...explanation.keys()]).toEqual(['0', '1', '2']);
    expect((explanation.get('0') as UnsDict).get('genes')).toHaveLength(60);
    expect([...(data.uns.get('dance') as UnsDict).keys()]).toEqual(['graphsc-seed0']);
  });

  test('pictures are whole, and nothing else is there', () => {
    expect(readdirSync(path('plots')).sort()).toEqual([...FILES].sort());
    for (const file of FILES) {
      const bytes = readFileSync(join(path('plots'), file));
      const isPng = bytes.subarray(1, 4).toString() === 'PNG';
      expect(isPng || bytes.toString().trimEnd().endsWith('</svg>')).toBe(true);
    }
    const result = JSON.parse(readFileSync(path('out.json'), 'utf8')) as Record<string, unknown>;
    expect(result).toMatchObject({ schema: 1, model: 'graphsc', dataset: { nObs: N_CELLS } });
  });

  if (PYTHON === undefined) {
    console.info('no Python with anndata: it was not asked to read the result');
    test.skip("Python's anndata reads it", () => undefined);
  } else {
    test(
      "Python's anndata reads it",
      () => {
        const code = `
import anndata, sys, warnings
warnings.simplefilter('ignore')
data = anndata.read_h5ad(sys.argv[1])
assert data.shape == (${N_CELLS}, ${N_GENES}) and data.X.sum() == ${sum(counts.data)}
assert data.obs['graphsc'].dtype.name == 'category'
assert data.obsm['X_umap'].shape == (${N_CELLS}, 2)
ranked = data.uns['rank_genes_groups']
assert ranked['names'].dtype.names == ('0', '1', '2') and ranked['pvals_adj']['0'].max() <= 1
assert ranked['params']['method'] == 'wilcoxon' and len(data.uns['graphsc_colors']) == 3
`;
        const run = spawnSync(PYTHON, ['-c', code, path('out.h5ad')], { encoding: 'utf8' });
        expect(run.stderr).toBe('');
      },
      MINUTES,
    );
  }

  test(
    'an .h5ad input keeps what it has, a UMAP of its own included',
    async () => {
      const ended = dance(
        ...cluster('--input', path('out.h5ad'), '--label-key', 'graphsc', '--epochs', '1'),
        ...[...SMALL, '--n-clusters', '2', '--no-markers', '--output', path('again.h5ad')],
      );
      expect(ended.stderr).toContain('"X_umap_graphsc"');
      expect(ended.status).toBe(0);
      const [before, after] = [
        await readH5ad(path('out.h5ad')),
        await readH5ad(path('again.h5ad')),
      ];
      expect(after.X).toEqual(before.X);
      expect(after.obsm.get('X_umap')).toEqual(before.obsm.get('X_umap'));
      expect(after.uns.get('rank_genes_groups')).toEqual(before.uns.get('rank_genes_groups'));
      expect([...after.obsm.keys()].sort()).toEqual(['X_graphsc', 'X_umap', 'X_umap_graphsc']);
    },
    MINUTES,
  );

  test(
    'dance plot draws from the file',
    () => {
      const words = ['plot', 'markers', path('out.h5ad'), '--output', path('dots.svg')];
      expect(dance(...words)).toMatchObject({ status: 0 });
      expect(readFileSync(path('dots.svg'), 'utf8')).toContain('GENE');
      const again = dance(...words);
      expect(again).toMatchObject({ status: 1, stderr: expect.stringContaining('exists already') });
    },
    MINUTES,
  );
});

describe('Ctrl-C in the middle of training', () => {
  const flags = (name: string): string[] => [
    ...cluster('--input', input, ...SMALL, '--epochs', '150', '--lr', '0.001'),
    ...['--checkpoint', path('progress'), '--checkpoint-every', '5', '--quiet'],
    ...['--output', path(name)],
  ];

  test(
    'ends with 130 and half a file nowhere; the same command goes on to the same bytes',
    async () => {
      const { child, ended } = startDance(...flags('resumed.h5ad'));
      while (!existsSync(join(path('progress'), 'graphsc-seed0', 'checkpoint.json')))
        await wait(10);
      child.kill('SIGINT');
      const { status, stderr } = await ended;
      expect(stderr).toMatch(/^error: stopped\. Run the same command again.*progress\.\n$/);
      expect(status).toBe(130);
      expect(readdirSync(folder).filter((file) => /resumed|^~/.test(file))).toEqual([]);
      expect(dance(...flags('resumed.h5ad')).status).toBe(0);
      expect(readdirSync(join(path('progress'), 'graphsc-seed0'))).toEqual([]);
      expect(dance(...flags('whole.h5ad')).status).toBe(0);
      const [resumed, whole] = ['resumed.h5ad', 'whole.h5ad'].map((one) => readFileSync(path(one)));
      expect(resumed?.equals(whole ?? Buffer.of())).toBe(true);
    },
    MINUTES,
  );
});

describe('what cannot be done is said in one line, with exit code 1', () => {
  beforeAll(() => {
    writeFileSync(path('data.rds'), Buffer.from([0x58, 0x0a, 0, 0, 0, 3, 0, 4, 1, 0]));
    writeFileSync(path('negative.csv'), 'cell,A,B\na,1,-2\nb,3,4\nc,0,1\n');
    writeFileSync(path('there.h5ad'), '');
  });

  test.each<[string, () => string[], RegExp]>([
    ['a missing file', () => cluster('--input', path('none.h5ad')), /none\.h5ad/],
    ['data of R', () => cluster('--input', path('data.rds')), /readRDS\(.*writeH5AD\(/],
    ['negative counts', () => cluster('--input', path('negative.csv')), /negative|-2/],
    ['an unknown task', () => ['run', 'clusterin', 'graphsc'], /Did you mean clustering/],
    ['an unknown model', () => ['run', 'clustering', 'grapsc'], /Did you mean graphsc/],
    ['an unknown flag', () => cluster('--nclusters', '3'), /--n-?clusters/],
    [
      'a column that is not there',
      () => cluster('--input', input, '--label-key', 'x', '--quiet'),
      /"x"/,
    ],
    ['an output that is there', () => cluster('--output', path('there.h5ad')), /--force/],
    ['an output nowhere', () => cluster('--output', path('no/out.h5ad')), /folder does not exist/],
    ['an unknown command', () => ['rnu'], /run/],
  ])(
    '%s',
    (_, words, message) => {
      const { status, stdout, stderr } = dance(...words());
      expect(stderr).toMatch(message);
      expect(stderr).toMatch(/^error: [^\n]*\n$/);
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    },
    MINUTES,
  );

  test(
    '--verbose adds the stack',
    () => {
      const { stderr } = dance(...cluster('--input', path('none.h5ad'), '--verbose'));
      expect(stderr).toMatch(/^error: [^\n]*\n.*\n\s+at /s);
    },
    MINUTES,
  );
});

function sum(values: Float32Array): number {
  return values.reduce((total, value) => total + value, 0);
}
