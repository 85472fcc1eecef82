/* Cells of several files below each other: equal to what Python's anndata.concat makes of them. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { concat, type AnnData, type ConcatOptions } from '@dance-ts/core';
import { readH5ad, writeH5ad } from '@dance-ts/io';

const PYTHON = ['/usr/bin/python3', 'python3'].find(
  (python) => spawnSync(python, ['-c', 'import anndata']).status === 0,
);
const withPython = PYTHON === undefined ? describe.skip : describe;
if (PYTHON === undefined) {
  console.warn("tests with Python's anndata skipped: no python3 can import anndata");
}

const IMPORTS = `
import anndata, json, sys, warnings
import numpy as np, pandas as pd, scipy.sparse as sp
warnings.simplefilter('ignore')
folder = sys.argv[1]
`;

const WRITE = `
rng = np.random.default_rng(3)
def part(n, genes, X, seed):
    rng = np.random.default_rng(seed)
    data = anndata.AnnData(X(rng.poisson(.7, (n, len(genes))).astype('f4')), dtype='f4')
    data.obs_names = [f'cell{i}' for i in range(n)]
    data.var_names = list(genes)
    data.obs['depth'] = rng.normal(size=n)
    data.obs['count'] = rng.integers(0, 9, n).astype(['i4', 'i8', 'u1'][seed])
    data.obs['kind'] = pd.Categorical(rng.choice(list('xyz'[:seed + 1]), n), list('zyx'[-seed - 1:]))
    data.obs['same'] = pd.Categorical(rng.choice(['hi', 'lo'], n), ['lo', 'hi'])
    data.var['id'] = [f'id_{gene}' for gene in genes]
    data.var['mean'] = np.arange(len(genes)) + seed
    data.layers['counts'] = X(rng.poisson(2, data.shape).astype('f4'))
    data.obsm['X_pca'] = rng.normal(size=(n, 3 + seed)).astype('f4')
    data.obsm['sparse'] = sp.random(n, 4, .5, 'csr', 'f4', rng)
    data.obsp['graph'] = sp.random(n, n, .3, 'csr', 'f4', rng)
    data.varm['loadings'] = np.array([[ord(c[0])] for c in genes], 'f4')
    data.varm['other'] = rng.normal(size=(len(genes), 2)).astype('f4')
    data.varp['pairs'] = sp.csr_matrix(np.array([[ord(a[0]) * ord(b[0]) for a in genes] for b in genes], 'f4'))
    data.uns = {'a': 1, 'seed': seed, 'nested': {'x': 'text', 'y': seed, f'z{seed}': 1.5}, 'v': np.arange(3)}
    data.raw = data
    return data
parts = {
    'sparse0': part(5, ['d', 'b', 'a', 'c'], sp.csr_matrix, 0),
    'sparse1': part(4, ['a', 'd', 'e', 'b'], sp.csr_matrix, 1),
    'dense1': part(4, ['a', 'd', 'e', 'b'], np.asarray, 1),
    'dense2': part(3, ['b', 'f', 'd'], np.asarray, 2),
    'like0': part(6, ['d', 'b', 'a', 'c'], sp.csr_matrix, 2),
}
del parts['sparse1'].layers['counts'], parts['sparse1'].obs['count'], parts['dense2'].obs['same']
del parts['dense2'].obsm['sparse'], parts['dense2'].obsp['graph'], parts['dense2'].raw
parts['sparse1'].obs['extra'] = 'text'
for name, data in parts.items():
    data.write(f'{folder}/{name}.h5ad')
`;

const COMPARE = `
def dense(m): return m.toarray() if sp.issparse(m) else np.asarray(m)
def same(a, b, what):
    assert sp.issparse(a) == sp.issparse(b), what + ': sparse'
    assert np.array_equal(dense(a), dense(b), equal_nan=True), what
# anndata 0.8 makes text of categories that differ, and then forgets those that no cell has.
def frames(a, b, what):
    assert list(a.index) == list(b.index), what + ' names'
    assert list(a.columns) == list(b.columns), (what, list(a.columns), list(b.columns))
    for c in a.columns:
        if a[c].dtype.name == b[c].dtype.name == 'category' and len(a[c].cat.categories) > len(b[c].cat.categories):
            a[c] = a[c].cat.remove_unused_categories()
        pd.testing.assert_series_equal(a[c], b[c], check_dtype=a[c].dtype.name != 'category',
            check_categorical=a[c].dtype.name == 'category', check_names=False, obj=f'{what}.{c}')
def mappings(a, b, what):
    assert sorted(a.keys()) == sorted(b.keys()), (what, list(a.keys()), list(b.keys()))
    for k in a.keys(): same(a[k], b[k], f'{what}.{k}')
def dicts(a, b):
    assert sorted(a) == sorted(b), (a, b)
    for k in a:
        if isinstance(a[k], dict): dicts(a[k], b[k])
        else: assert np.array_equal(a[k], b[k]), k
for i, case in enumerate(json.load(open(folder + '/cases.json'))):
    options = {{'indexUnique': 'index_unique', 'unsMerge': 'uns_merge', 'fillValue': 'fill_value'}.get(k, k): v for k, v in case['options'].items()}
    ours = anndata.read_h5ad(f'{folder}/ours{i}.h5ad')
    theirs = anndata.concat({n: anndata.read_h5ad(f'{folder}/{n}.h5ad') for n in case['parts']}, **options)
    theirs.strings_to_categoricals()
    try:
        same(ours.X, theirs.X, 'X')
        frames(ours.obs, theirs.obs, 'obs'); frames(ours.var, theirs.var, 'var')
        for what in ['layers', 'obsm', 'varm', 'obsp', 'varp']: mappings(getattr(ours, what), getattr(theirs, what), what)
        dicts(ours.uns, theirs.uns)
        assert (ours.raw is None) == (theirs.raw is None), 'raw'
        if theirs.raw is not None:
            same(ours.raw.X, theirs.raw.X, 'raw.X'); frames(ours.raw.var, theirs.raw.var, 'raw.var')
    except AssertionError as error:
        raise AssertionError(f'{case}: {error}')
`;

interface Case {
  readonly parts: readonly string[];
  readonly options: ConcatOptions;
}

const strategies = ['same', 'unique', 'first', 'only'] as const;
const CASES: readonly Case[] = [
  { parts: ['sparse0'], options: { label: 'batch', indexUnique: '-' } },
  { parts: ['sparse0', 'like0'], options: { join: 'outer', pairwise: true, merge: 'same' } },
  ...(['inner', 'outer'] as const).flatMap((join) => [
    { parts: ['sparse0', 'sparse1'], options: { join, label: 'batch', indexUnique: '_' } },
    { parts: ['dense1', 'dense2'], options: { join, label: 'batch' } },
    { parts: ['sparse0', 'dense1', 'like0'], options: { join, pairwise: true } },
    { parts: ['sparse0', 'sparse1', 'like0'], options: { join, fillValue: 7 } },
    { parts: ['dense2', 'dense1'], options: { join, fillValue: -1 } },
    ...strategies.flatMap((merge) => [
      { parts: ['sparse0', 'dense1', 'dense2'], options: { join, merge, unsMerge: merge } },
      { parts: ['sparse0', 'like0'], options: { join, merge, unsMerge: merge } },
    ]),
  ]),
];

withPython('concat', () => {
  let folder = '';
  const parts = new Map<string, AnnData>();

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dance-concat-'));
    python(WRITE);
    for (const name of ['sparse0', 'sparse1', 'dense1', 'dense2', 'like0']) {
      parts.set(name, await readH5ad(join(folder, `${name}.h5ad`)));
    }
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  function python(code: string): void {
    const run = spawnSync(PYTHON ?? '', ['-c', IMPORTS + code, folder], { encoding: 'utf8' });
    if (run.status !== 0) throw new Error(run.stderr);
  }

  function part(name: string): AnnData {
    const data = parts.get(name);
    if (data === undefined) throw new Error(`no part ${name}`);
    return data;
  }

  test(`equals Python's in ${CASES.length} cases`, async () => {
    for (const [i, { parts: names, options }] of CASES.entries()) {
      const chosen = new Map(names.map((name) => [name, part(name)]));
      await writeH5ad(join(folder, `ours${i}.h5ad`), concat(chosen, options));
    }
    writeFileSync(join(folder, 'cases.json'), JSON.stringify(CASES));
    expect(() => {
      python(COMPARE);
    }).not.toThrow();
  });
});
