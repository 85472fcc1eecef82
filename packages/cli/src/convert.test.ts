/**
 * Runs the built program (`npm run build` first) on each sample file of every format and lets
 * Python's anndata open what it writes.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AnnData, CsrMatrix, DenseMatrix, numericColumn, silentReporter } from '@dance-ts/core';
import { readDataset, readH5mu, writeH5ad } from '@dance-ts/io';
import { convert, convertCommand } from './convert.js';
import { describeWithPython, python, temporaryFolder } from '../../io/src/testing/python.node.js';
import { describeWithData, realFile } from '../../io/src/testing/real-data.node.js';

const DANCE = fileURLToPath(new URL('../dist/dance.js', import.meta.url));

const folder = temporaryFolder();
afterAll(folder.remove);

interface Result {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `dance convert` as a process of its own. */
async function dance(...args: readonly string[]): Promise<Result> {
  const child = spawn(process.execPath, [DANCE, 'convert', ...args]);
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (text: Buffer) => (output.stdout += text.toString()));
  child.stderr.on('data', (text: Buffer) => (output.stderr += text.toString()));
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { status, ...output };
}

const X = CsrMatrix.fromTriplets(3, 4, [0, 0, 1, 2], [1, 3, 0, 2], [1, 2.5, 3, 0.5]);
const small = folder.file('small.h5ad');

beforeAll(async () => {
  const obsNames = ['a', 'b', 'c'];
  await writeH5ad(small, AnnData.fromMatrix(X, { obsNames, varNames: ['w', 'x', 'y', 'z'] }));
});

describe('dance convert', () => {
  test.each([['small.csv'], ['small.tsv.gz'], ['folder'], ['small.zarr'], ['again.h5ad']])(
    'writes %s, which reads back as the same data',
    async (name) => {
      const output = folder.file(name);
      const line = await convert(small, output);
      expect(line).toBe(`${output}: 3 cells x 4 genes, 4 stored values\n`);
      const back = await readDataset(output);
      expect(back.X.toDense()).toEqual(X.toDense());
      expect(back.obsNames).toEqual(['a', 'b', 'c']);
      expect(back.varNames).toEqual(['w', 'x', 'y', 'z']);
    },
  );

  test('names the modality of an .h5mu file, and takes it out again', async () => {
    const [several, single] = [folder.file('small.h5mu'), folder.file('single.h5ad')];
    const modality = 'protein';
    expect(await convert(small, several, { modality })).toMatch(/h5mu: protein 3 cells x 4/);
    expect((await readH5mu(several)).names).toEqual(['protein']);
    await convert(several, single, { modality });
    expect((await readDataset(single)).X).toEqual(X);
    await expect(convert(several, folder.file('none.h5ad'), { modality: 'rna' })).rejects.toThrow(
      'there is no modality "rna": expected one of protein',
    );
  });

  test('reads a Zarr store', async () => {
    const url = new URL('../../io/src/testing/fixtures/zarr-v3.zip', import.meta.url);
    expect(await convert(fileURLToPath(url), folder.file('zarr.h5ad'))).toMatch(
      /7 cells x 5 genes/,
    );
    const back = await readDataset(folder.file('zarr.h5ad'));
    expect(back.obs.columnNames).toContain('perhaps');
  });

  test('replaces nothing unless told so', async () => {
    const output = folder.file('taken.h5ad');
    writeFileSync(output, 'precious');
    const refused = await dance(small, output);
    expect(refused).toMatchObject({ status: 1, stdout: '' });
    expect(refused.stderr).toMatch(/^error: .*taken\.h5ad exists already\. Give --force .*\n$/);
    expect(readFileSync(output, 'utf8')).toBe('precious');
    expect(await dance(small, output, '--force')).toEqual({
      status: 0,
      stdout: `${output}: 3 cells x 4 genes, 4 stored values\n`,
      stderr: '',
    });
    expect(readFileSync(output).subarray(1, 4).toString()).toBe('HDF');
  });

  test('replaces the files of a folder only if nothing else lies there', async () => {
    const output = folder.file('taken folder');
    mkdirSync(output);
    const [to, force] = ['mtx' as const, true];
    await convert(small, output, { to });
    await expect(convert(small, output)).rejects.toThrow(/is not empty: got barcodes.*--force/);
    await convert(small, output, { force });
    writeFileSync(path.join(output, 'matrix.mtx'), 'of another data set');
    await expect(convert(small, output, { force })).rejects.toThrow(/not empty.*Name a new folder/);
  });

  test('says what plain text leaves out', async () => {
    const data = AnnData.fromMatrix(X);
    data.obs.set('batch', numericColumn(Int8Array.of(1, 2, 3)));
    data.obsm.set('X_pca', DenseMatrix.zeros(3, 2));
    await writeH5ad(folder.file('annotated.h5ad'), data);
    const warnings: string[] = [];
    const reporter = {
      ...silentReporter,
      message: (_: string, text: string) => warnings.push(text),
    };
    await convert(folder.file('annotated.h5ad'), folder.file('annotated.csv'), { reporter });
    expect(warnings).toEqual(['a table holds X and the names only; left out: obs.batch, obsm']);
  });

  test('leaves no output and no other file after a failure', async () => {
    const broken = folder.file('broken.h5ad');
    writeFileSync(broken, readFileSync(small).subarray(0, 4000));
    const before = readdirSync(folder.file('')).sort();
    for (const output of ['failed.h5ad', 'failed.csv', 'failed']) {
      await expect(convert(broken, folder.file(output))).rejects.toThrow(
        /broken\.h5ad is cut short/,
      );
    }
    expect(readdirSync(folder.file('')).sort()).toEqual(before);
  });

  test.each([
    ['an unknown ending', ['x.xlsx'], /^error: .*tells no format that can be written: got \.xlsx/],
    ['an unknown format', ['x', '--to', 'xlsx'], /Choose one of h5ad, h5mu, zarr, mtx, csv, tsv/],
    ['an unknown flag', ['x.h5ad', '--transposed'], /unknown option '--transposed'/],
  ])('refuses %s', async (_what, [output = '', ...flags], message) => {
    const result = await dance(small, folder.file(output), ...flags);
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(message);
    expect(existsSync(folder.file(output))).toBe(false);
  });

  test('an interruption ends with the code 130 and leaves nothing', async () => {
    const output = folder.file('interrupted.h5ad');
    const running = convertCommand().parseAsync([small, output, '--quiet'], { from: 'user' });
    process.emit('SIGINT');
    await running;
    expect(process.exitCode).toBe(130);
    process.exitCode = undefined;
    expect(existsSync(output)).toBe(false);
  });
});

/** Sample inputs, with the flags they need; the second modality of the .h5mu file is `mod2`. */
const INPUTS: readonly (readonly [input: string, ...flags: string[]])[] = [
  ['10x_seurat_mtx'],
  ['10x_v2_mtx'],
  ['10x_v3_mtx'],
  ['10x_v2.h5'],
  ['10x_v2_two_genomes.h5', '--genome', 'hg19_chr21'],
  ['10x_v3.h5'],
  ['visium/filtered_feature_bc_matrix.h5'],
  ['SCENIC.loom'],
  ['loompy_test.loom'],
  ['osmFISH_SScortex_mouse_all_cells.loom'],
  ['anndata_v0.5.0.h5ad'],
  ['anndata_v0.7.8.h5ad'],
  ['anndata_v0.11.4.h5ad'],
  ['bmmc_cite_starter_rna.h5ad'],
  ['old_compound_pbmc.h5ad'],
  ['pbmc68k_reduced.h5ad'],
  ['pbmc_10k_protein_v3.h5ad'],
  ['mudata_v0.2.4.h5mu', '--modality', 'mod2'],
  ['her2st_H1.tsv.gz'],
  ['sc_celseq2.count.csv.gz', '--transpose'],
  ['worm_neuron_cell.h5'],
];

/** Compares X of each result with what other libraries read in the input. */
const COMPARE = `
import gzip, scipy.io
from anndata.experimental import read_elem
def tenx(f):
    g = f['matrix'] if 'matrix' in f else f['hg19_chr21'] if 'hg19_chr21' in f else f[list(f)[0]]
    return sp.csc_matrix((g['data'][:], g['indices'][:], g['indptr'][:]), g['shape'][:]).T
def source(name):
    p = sys.argv[1] + '/' + name
    if os.path.isdir(p):
        m = [p + '/' + n for n in os.listdir(p) if 'matrix.mtx' in n][0]
        return scipy.io.mmread(m).T
    if 'csv' in name: return pd.read_csv(p, index_col=0).to_numpy(dtype='f4').T
    if 'tsv' in name: return pd.read_csv(p, index_col=0, sep='\\t').to_numpy(dtype='f4')
    with h5py.File(p) as f:
        if name.endswith('.loom'): return f['matrix'][...].T
        if name.endswith('.h5mu'): return read_elem(f['mod/mod2/X'])
        if name.endswith('.h5') and 'X' in f: return sp.csr_matrix(f['X'][...].astype('f4'))
        if name.endswith('.h5'): return tenx(f)
    return anndata.read_h5ad(p).X
result = {}
for k, name in enumerate(json.loads(sys.argv[3])):
    a = anndata.read_h5ad(f'{sys.argv[2]}/{k}.h5ad')
    X = source(name)
    if X is None or a.X is None:
        result[name] = X is None and a.X is None
        continue
    X = sp.csr_matrix(X).astype('f4')
    result[name] = X.shape == a.shape and (X != sp.csr_matrix(a.X)).nnz == 0
print(json.dumps(result))
`;

describeWithData('dance convert, for each sample file of every format,', () => {
  const results: Result[] = [];

  beforeAll(async () => {
    const waiting = [...INPUTS.entries()];
    const work = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const [k, [input, ...flags]] = next;
        const output = folder.file(`${k}.h5ad`);
        results[k] = await dance(realFile(`readers/${input}`), output, ...flags);
      }
    };
    await Promise.all([work(), work()]);
  }, 120_000);

  test.each(INPUTS.map(([input], k) => [input, k] as const))('writes %s as .h5ad', (_input, k) => {
    expect(results[k]).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/\d+ cells x \d+ genes/) as unknown,
    });
  });

  describeWithPython('that Python opens', () => {
    test('with the values that other libraries read', () => {
      const names = JSON.stringify(INPUTS.map(([name]) => name));
      const found = JSON.parse(
        python(COMPARE, realFile('readers'), folder.file(''), names),
      ) as unknown;
      expect(found).toEqual(Object.fromEntries(INPUTS.map(([name]) => [name, true])));
    });
  });

  test.each([
    [
      'sceMouseBrain_mini.Rds',
      /holds data of R.*sce <- readRDS\(".*Rds"\); zellkonverter::writeH5AD/,
    ],
    [
      'mudata_v0.2.4.h5mu',
      /several modalities.*got mod2, mod1, expected one of them as --modality/,
    ],
    ['10x_v2_two_genomes.h5', /several genomes: got another_genome, hg19_chr21/],
    ['scipy_sparse.npz', /of a format that cannot be read yet: got a zip archive/],
  ])('says what to do about %s', async (input, message) => {
    const reporter = silentReporter;
    await expect(
      convert(realFile(`readers/${input}`), folder.file('refused.h5ad'), { reporter }),
    ).rejects.toThrow(message);
  });
});
