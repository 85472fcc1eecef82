import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
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
group = rng.integers(0, 3, 80)
X = rng.poisson(rng.gamma(.8, 2.5, (3, 60))[group]).astype('i8')
data = anndata.AnnData(sp.csr_matrix(X), dtype='i8')
data.obs['cell_type'] = pd.Categorical.from_codes(group, ['a', 'b', 'c'])
data.layers['scaled'] = rng.normal(size=X.shape)
data.uns['complex'] = np.array([1j])
data.raw = data
data.write(sys.argv[1])
`;

const COMPARE = `
import anndata, sys
import numpy as np
before, after = (anndata.read_h5ad(path) for path in sys.argv[1:])
assert before.X.dtype == after.X.dtype == np.int64 and (before.X != after.X).nnz == 0
assert (before.raw.X != after.raw.X).nnz == 0
assert before.obs.equals(after.obs)
assert np.array_equal(before.layers['scaled'], after.layers['scaled'])
assert after.uns['complex'].tolist() == [1j]
imputed, kept = after.layers['magic'], after.var['magic_imputed']
assert imputed.shape == (80, 60) and np.isfinite(imputed).all() and kept.dtype == bool
assert kept.sum() > 40 and not np.array_equal(imputed, before.X.toarray())
assert after.uns['dance']['magic-seed0']['model'] == 'magic'
`;

withPython('imputed counts of a file of the user’s own', () => {
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

  function impute(input: string, output: string): { status: number | null; stderr: string } {
    const script = join(ROOT, 'examples/dist/single-modality/imputation/magic.js');
    const files = ['--input', input, '--output', output, '--label-key', 'cell_type'];
    return spawnSync(process.execPath, [script, ...files], { encoding: 'utf8' });
  }

  test('are a layer beside the counts; nothing else changes, and again nothing is lost', () => {
    const [input, once, twice] = ['in', 'once', 'twice'].map((name) =>
      join(folder, `${name}.h5ad`),
    ) as [string, string, string];
    const first = impute(input, once);
    expect(first.stderr).not.toContain('error');
    expect(first.status).toBe(0);
    python(COMPARE, input, once);
    expect(impute(once, twice).status).toBe(0);
    python(COMPARE, input, twice);
  });
});
