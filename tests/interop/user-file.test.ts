import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PYTHON = ['/usr/bin/python3', 'python3'].find(
  (python) => spawnSync(python, ['-c', 'import anndata']).status === 0,
);
const withPython = PYTHON === undefined ? describe.skip : describe;
if (PYTHON === undefined) {
  console.warn("tests with Python's anndata skipped: no python3 can import anndata");
}

const WRITE = `
import anndata, sys, warnings
import numpy as np, pandas as pd, scipy.sparse as sp
warnings.simplefilter('ignore')
rng = np.random.default_rng(0)
group = rng.integers(0, 3, 120)
X = rng.poisson(rng.gamma(.8, 1.5, (3, 90))[group]).astype('f8')
X[5] = 0
data = anndata.AnnData(sp.csr_matrix(X), dtype='f8')
data.obs['cell_type'] = pd.Categorical.from_codes(group, ['a', 'b', 'c'])
data.obs['batch'] = np.arange(120) % 2
data.layers['scaled'] = rng.normal(size=X.shape)
data.obsm['X_other'] = rng.normal(size=(120, 4))
data.uns['note'] = {'x': 1, 'y': 'text'}
data.raw = data
data.write(sys.argv[1])
`;

const COMPARE = `
import anndata, sys
import numpy as np
before, after = (anndata.read_h5ad(path) for path in sys.argv[1:])
assert before.X.dtype == after.X.dtype and (before.X != after.X).nnz == 0
assert (before.raw.X != after.raw.X).nnz == 0
assert list(before.obs_names) == list(after.obs_names)
assert list(before.var_names) == list(after.var_names)
assert before.obs.equals(after.obs[before.obs.columns])
assert np.array_equal(before.layers['scaled'], after.layers['scaled'])
assert np.array_equal(before.obsm['X_other'], after.obsm['X_other'])
assert after.uns['note'] == before.uns['note']
labels = after.obs['graphsc']
assert labels.dtype.name == 'category' and labels.isna().sum() == 1 and labels.isna()[5]
latent = after.obsm['X_graphsc']
assert latent.shape == (120, 300) and np.isnan(latent[5]).all()
assert np.isfinite(np.delete(latent, 5, axis=0)).all()
assert after.uns['dance']['graphsc-seed0']['model'] == 'graphsc'
`;

withPython('a file of the user’s own', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'dance-interop-'));
    python(WRITE, join(folder, 'in.h5ad'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  function python(code: string, ...files: string[]): void {
    const run = spawnSync(PYTHON ?? '', ['-c', code, ...files], { encoding: 'utf8' });
    if (run.status !== 0) throw new Error(run.stderr);
  }

  function example(...flags: string[]): { status: number | null; stderr: string; stdout: string } {
    const script = join(ROOT, 'examples/dist/single-modality/clustering/graphsc.js');
    const common = ['--input', join(folder, 'in.h5ad'), '--in-feats', '20', '--epochs', '3'];
    return spawnSync(process.execPath, [script, ...common, ...flags], { encoding: 'utf8' });
  }

  test('keeps every value and gains clusters, embedding and run record', () => {
    const [output, json] = [join(folder, 'out.h5ad'), join(folder, 'out.json')];
    const run = example('--label-key', 'cell_type', '--output', output, '--json', json);
    expect(run.status).toBe(0);
    expect(run.stderr).toMatch(/epoch 3\/3/);
    python(COMPARE, join(folder, 'in.h5ad'), output);
    const result = JSON.parse(readFileSync(json, 'utf8')) as {
      schema: number;
      metrics: Record<string, number>;
      dataset: { nObs: number; sha256: string };
    };
    expect(result.schema).toBe(1);
    expect(result.dataset).toMatchObject({ nObs: 120 });
    expect(result.dataset.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(result.metrics['ari']).toBeGreaterThan(0.3);
  });

  test('works without labels', () => {
    const run = example('--quiet');
    expect(run).toMatchObject({ status: 0, stderr: '' });
    expect(run.stdout).toMatch(/no labels/);
  });

  test.each([
    [['--label-key', 'nonsense'], /no label column "nonsense"/],
    [['--nonsense', '1'], /unknown option '--nonsense'/],
    [['--lr', '-1'], /"lr": got -1/],
    [['--cluster-method', 'kmeans', '--n-clusters', '500'], /500 clusters/],
    [['--output', '/no/such/folder/out.h5ad'], /folder does not exist/],
    [['--device', 'gpu'], /needs the optional package/],
  ])('%p: one line, exit code 1', (flags, message) => {
    const run = example(...flags, '--quiet');
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(message);
    expect(run.stderr.trim().split('\n')).toHaveLength(1);
    expect(run.stdout).toBe('');
  });
});
