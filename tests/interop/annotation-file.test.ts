import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
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

/**
 * A reference with symbols, and queries: the same genes in another order and one more; the
 * genes by Ensembl identifiers, with symbols beside them; a third of
 * the genes; other genes.
 */
const WRITE = `
import anndata, os, sys, warnings
import numpy as np, pandas as pd, scipy.sparse as sp
warnings.simplefilter('ignore')
rng = np.random.default_rng(0)
rates = rng.gamma(.8, 1.5, (3, 90))
symbols = np.array(['Gene%d' % g for g in range(90)])
def cells(n):
    group = rng.integers(0, 3, n)
    types = pd.Categorical.from_codes(group, ['B cell', 'T cell', 'monocyte'])
    return rng.poisson(rates[group]).astype('f8'), types
def save(name, X, obs, var):
    index = ['%s-%d' % (name, i) for i in range(len(X))]
    data = anndata.AnnData(
        sp.csr_matrix(X), obs=pd.DataFrame(obs, index=index), var=var, dtype='f8')
    data.layers['scaled'] = rng.normal(size=X.shape)
    data.obsm['X_other'] = rng.normal(size=(len(X), 4))
    data.uns['note'] = {'x': 1, 'y': 'text'}
    data.raw = data
    data.write(os.path.join(sys.argv[1], name + '.h5ad'))
X, types = cells(150)
save('ref', X, {'cell_type': types, 'one': ['all'] * 150}, pd.DataFrame(index=symbols))
X, types = cells(60)
X[7] = 0
obs = {'truth': types, 'batch': np.arange(60) % 2, 'note': ['n%d' % i for i in range(60)]}
order = rng.permutation(90)
extra = rng.poisson(2, (60, 1)).astype('f8')
save('query', np.hstack([X[:, order], extra]), obs,
     pd.DataFrame(index=list(symbols[order]) + ['Other']))
identifiers = ['ENSMUSG%011d.3' % g for g in order]
save('ensembl', X[:, order], obs, pd.DataFrame({'gene_symbols': symbols[order]}, identifiers))
save('few', X[:, :30], obs, pd.DataFrame(index=symbols[:30]))
save('foreign', X, obs, pd.DataFrame(index=['Foreign%d' % g for g in range(90)]))
`;

const COMPARE = `
import anndata, sys
import numpy as np
before, after = (anndata.read_h5ad(path) for path in sys.argv[1:])
assert before.X.dtype == after.X.dtype and (before.X != after.X).nnz == 0
assert (before.raw.X != after.raw.X).nnz == 0
assert list(before.obs_names) == list(after.obs_names)
assert before.var.equals(after.var) and before.obs.equals(after.obs[before.obs.columns])
assert set(after.obs) - set(before.obs) == {'actinn', 'actinn_confidence'}
assert set(after.layers) == {'scaled'} and set(after.obsm) == {'X_other', 'X_umap', 'actinn_probabilities'}
assert np.array_equal(before.layers['scaled'], after.layers['scaled'])
assert np.array_equal(before.obsm['X_other'], after.obsm['X_other'])
assert after.uns['note'] == before.uns['note']
labels, confidence = after.obs['actinn'], after.obs['actinn_confidence']
assert labels.dtype.name == 'category'
assert list(labels.cat.categories) == ['B cell', 'T cell', 'monocyte']
assert confidence.between(0, 1).all() and confidence.notna().all()
assert labels.isna().sum() == 1 and labels.isna()[7]
assert (labels.astype(object) == after.obs['truth'].astype(object)).mean() > .9
probabilities = after.obsm['actinn_probabilities']
assert probabilities.shape == (60, 3) and np.allclose(probabilities.max(axis=1), confidence)
record = after.uns['dance']['actinn-seed0']
assert list(record['probability_classes']) == ['B cell', 'T cell', 'monocyte']
assert record['model'] == 'actinn' and record['metrics']['acc'] > .9
assert record['data_name'].startswith('ref.h5ad -> ')
`;

withPython('a reference and a query of the user’s own', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'dance-annotation-'));
    python(WRITE, folder);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  function python(code: string, ...files: string[]): void {
    const run = spawnSync(PYTHON ?? '', ['-c', code, ...files], { encoding: 'utf8' });
    if (run.status !== 0) throw new Error(run.stderr);
  }

  function file(name: string): string {
    return join(folder, `${name}.h5ad`);
  }

  function example(...flags: string[]): { status: number | null; stderr: string; stdout: string } {
    const script = join(ROOT, 'examples/dist/single-modality/cell-type-annotation/actinn.js');
    const common = ['--epochs', '5', '--hidden-dims', '20', '--lr', '0.01', '--device', 'wasm'];
    return spawnSync(process.execPath, [script, ...common, ...flags], { encoding: 'utf8' });
  }

  const REFERENCE = () => ['--reference', file('ref')];
  const LABELS = ['--label-key', 'cell_type'];

  test.each(['query', 'ensembl'])(
    '%s keeps every value and gains labels, confidence and run record',
    (query) => {
      const [output, json] = [file(`${query}-labelled`), join(folder, `${query}.json`)];
      const run = example(
        ...[...REFERENCE(), '--query', file(query), ...LABELS, '--query-label-key', 'truth'],
        ...['--output', output, '--json', json],
      );
      expect(run.stderr).toMatch(/epoch 5\/5/);
      expect(run.stderr).not.toMatch(/error|warning/);
      expect(run.status).toBe(0);
      python(COMPARE, file(query), output);
      const result = JSON.parse(readFileSync(json, 'utf8')) as {
        model: string;
        dataset: { name: string; nObs: number; sha256: string };
        metrics: Record<string, number>;
      };
      expect(result.model).toBe('actinn');
      expect(result.dataset).toMatchObject({ name: `ref.h5ad -> ${query}.h5ad`, nObs: 60 });
      expect(result.dataset.sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(result.metrics['acc']).toBeGreaterThan(0.9);
    },
  );

  test('works without true labels', () => {
    const run = example(...REFERENCE(), '--query', file('query'), ...LABELS, '--quiet');
    expect(run).toMatchObject({ status: 0, stderr: '' });
    expect(run.stdout).toMatch(/no labels/);
  });

  test('says so if the query has few of the genes', () => {
    const json = join(folder, 'few.json');
    const run = example(...REFERENCE(), '--query', file('few'), ...LABELS, '--json', json);
    expect(run.status).toBe(0);
    expect(run.stderr).toMatch(/warning.*only 30 of the 90 genes/);
    expect(JSON.parse(readFileSync(json, 'utf8'))).toMatchObject({
      warnings: [expect.stringMatching(/only 30 of the 90 genes/)],
      metrics: {},
    });
  });

  test.each<[string, () => string[], RegExp]>([
    [
      'no shared gene',
      () => [...REFERENCE(), '--query', file('foreign'), ...LABELS],
      /shares no gene.*Foreign0.*Gene0/,
    ],
    [
      'no such column in the reference',
      () => [...REFERENCE(), '--query', file('query'), '--label-key', 'type'],
      /ref\.h5ad has no label column "type".*cell_type, one.*with --label-key/,
    ],
    [
      'no such column in the query',
      () => [
        ...[...REFERENCE(), '--query', file('query'), ...LABELS],
        ...['--query-label-key', 'cell_type'],
      ],
      /query\.h5ad has no label column "cell_type".*truth.*with --query-label-key/,
    ],
    [
      'one class only',
      () => [...REFERENCE(), '--query', file('query'), '--label-key', 'one'],
      /at least two classes.*only "all"/,
    ],
    ['no query', () => [...REFERENCE(), ...LABELS], /only --reference.*--query/],
    ['no reference', () => ['--query', file('query'), ...LABELS], /only --query.*--reference/],
    ['no label column named', () => [...REFERENCE(), '--query', file('query')], /--label-key/],
    [
      'no such file',
      () => [...REFERENCE(), '--query', file('nowhere'), ...LABELS],
      /cannot read .*nowhere\.h5ad: it does not exist/,
    ],
  ])('%s: one line, exit code 1, no output', (_, flags, message) => {
    const output = file('not-written');
    const run = example(...flags(), '--output', output, '--quiet');
    expect(run.stderr).toMatch(message);
    expect(run.stderr.trim().split('\n')).toHaveLength(1);
    expect(run).toMatchObject({ status: 1, stdout: '' });
    expect(existsSync(output)).toBe(false);
  });
});
