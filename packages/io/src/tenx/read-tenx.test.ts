import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CsrMatrix, toCsr, type AnnData } from '@dance-ts/core';
import { FileStorage } from '../storage/file-storage.node.js';
import { openFolder } from '../storage/folder.node.js';
import { describeWithPython, python, temporaryFolder } from '../testing/python.node.js';
import { describeWithData, realFile } from '../testing/real-data.node.js';
import { memoryFolder } from '../testing/sources.js';
import { readTenxFolder } from './read-tenx-folder.js';
import { readTenxH5Source } from './read-tenx-h5.js';

const MATRIX = '%%MatrixMarket matrix coordinate integer general\n3 2 3\n1 1 4\n3 1 5\n2 2 6\n';
const BARCODES = 'AAA-1\nCCC-1\n';
const GENES = 'ENSG1\tTSPAN6\nENSG2\tTNMD\nENSG3\tTSPAN6\n';
const FEATURES =
  'ENSG1\tTSPAN6\tGene Expression\nENSG2\tTNMD\tGene Expression\nCD3\tCD3\tAntibody Capture\n';
const X = CsrMatrix.fromTriplets(2, 3, [0, 0, 1], [0, 2, 1], [4, 5, 6]);

const V2 = { 'matrix.mtx': MATRIX, 'barcodes.tsv': BARCODES, 'genes.tsv': GENES };
const V3 = {
  'matrix.mtx.gz': gzipSync(MATRIX),
  'barcodes.tsv.gz': gzipSync(BARCODES),
  'features.tsv.gz': gzipSync(FEATURES),
};

describe('readTenxFolder', () => {
  test('reads version 2 as cells x genes', async () => {
    const data = await readTenxFolder(memoryFolder(V2));
    expect(data.X).toEqual(X);
    expect(data.obsNames).toEqual(['AAA-1', 'CCC-1']);
    expect(data.varNames).toEqual(['TSPAN6', 'TNMD', 'TSPAN6']);
    expect(data.var.get('gene_ids')).toEqual({
      kind: 'string',
      values: ['ENSG1', 'ENSG2', 'ENSG3'],
    });
    expect(data.var.columnNames).toEqual(['gene_ids']);
  });

  test('names genes by their ids or uniquely on request', async () => {
    const byId = await readTenxFolder(memoryFolder(V2), { varNames: 'ids' });
    expect(byId.varNames).toEqual(['ENSG1', 'ENSG2', 'ENSG3']);
    expect(byId.var.columnNames).toEqual(['gene_symbols']);
    const unique = await readTenxFolder(memoryFolder(V2), { uniqueNames: true });
    expect(unique.varNames).toEqual(['TSPAN6', 'TNMD', 'TSPAN6-1']);
  });

  test('reads version 3 and keeps the feature types asked for', async () => {
    const data = await readTenxFolder(memoryFolder(V3));
    expect(data.X).toEqual(X);
    expect(data.var.get('feature_types')).toEqual({
      kind: 'categorical',
      codes: Int32Array.of(1, 1, 0),
      categories: ['Antibody Capture', 'Gene Expression'],
      ordered: false,
    });
    const proteins = await readTenxFolder(memoryFolder(V3), { featureTypes: ['Antibody Capture'] });
    expect(proteins.varNames).toEqual(['CD3']);
    expect(proteins.X).toEqual(CsrMatrix.fromTriplets(2, 1, [0], [0], [5]));
    await expect(readTenxFolder(memoryFolder(V3), { featureTypes: ['Peaks'] })).rejects.toThrow(
      /none of the features asked for: got feature types Gene Expression, Antibody Capture.*Peaks/,
    );
  });

  test('finds the prefix of the names, and asks for one of several', async () => {
    const files = {
      'a_matrix.mtx': MATRIX,
      'a_barcodes.tsv': BARCODES,
      'a_features.tsv': '"g1"\r\n"g2"\r\n"g3"\r\n',
    };
    const data = await readTenxFolder(memoryFolder(files));
    expect(data.varNames).toEqual(['g1', 'g2', 'g3']);
    const both = memoryFolder({ ...files, 'b_matrix.mtx': MATRIX });
    await expect(readTenxFolder(both)).rejects.toThrow(/several matrices: got "a_", "b_"/);
    expect((await readTenxFolder(both, { prefix: 'a_' })).X).toEqual(X);
  });

  test.each([
    [
      { ...V2, 'barcodes.tsv': 'AAA-1\n' },
      /matrix\.mtx does not fit.*: got 3 genes x 2 cells, exp/,
    ],
    [{ 'matrix.mtx': MATRIX, 'genes.tsv': GENES }, /lacks a file: got genes.tsv, matrix.mtx, exp/],
    [{ 'barcodes.tsv': BARCODES }, /lacks a file: .*expected matrix\.mtx or matrix\.mtx\.gz/],
    [{ ...V2, 'genes.tsv': 'a\tb\nc\n' }, /genes\.tsv: line 2 does not look like the first/],
    [{ ...V2, 'genes.tsv': 'a\tb\n\tc\n' }, /genes\.tsv: line 2 does not look like the first/],
    [{ ...V2, 'genes.tsv': Uint8Array.of(0xff, 0xfe) }, /genes\.tsv: line 1 .*not UTF-8/],
    [{ ...V2, 'matrix.mtx': `${MATRIX}9 9 9\n` }, /matrix\.mtx: line 6 holds one entry too many/],
  ])('refuses folder %#', async (files, message) => {
    await expect(readTenxFolder(memoryFolder(files as typeof V2))).rejects.toThrow(message);
  });
});

const MAKE = `
m = sp.csc_matrix(np.array([[4, 0], [0, 6], [5, 0]], dtype='i4'))
text = lambda *v: np.array(v, dtype='S')
def counts(g, **more):
    for k in ['data', 'indices', 'indptr']: g[k] = getattr(m, k)
    g['shape'] = np.array([3, 2]); g['barcodes'] = text('AAA-1', 'CCC-1')
    for k, v in more.items(): g[k] = v
path = lambda name: os.path.join(sys.argv[1], name + '.h5')
genes = dict(genes=text('g1', 'g2', 'g3'), gene_names=text('A', 'B', 'A'))
with h5py.File(path('v2'), 'w') as f: counts(f.create_group('hg19'), **genes)
with h5py.File(path('two'), 'w') as f:
    counts(f.create_group('hg19'), **genes); counts(f.create_group('mm10'), **genes)
    f['mm10/data'][:] = [7, 8, 9]
def v3(file, **more):
    with h5py.File(path(file), 'w') as f:
        g = f.create_group('matrix'); counts(g); h = g.create_group('features')
        d = dict(id=text('g1', 'g2', 'g3'), name=text('A', 'B', 'A'), genome=text('hg', 'hg', 'mm'),
            feature_type=text('Gene Expression', 'Gene Expression', 'Antibody Capture'))
        for k, v in {**d, **more}.items(): h[k] = v
v3('v3'); v3('short', name=text('A', 'B'))
with h5py.File(path('other'), 'w') as f: f['x'] = 1
`;

const folder = temporaryFolder();
afterAll(folder.remove);
const readH5 = (name: string, options = {}): Promise<AnnData> =>
  readTenxH5Source(FileStorage.open(folder.file(`${name}.h5`)), options);

describeWithPython('readTenxH5Source', () => {
  beforeAll(() => {
    python(MAKE, folder.file(''));
  });

  test('reads version 2', async () => {
    const data = await readH5('v2');
    expect(data.X).toEqual(X);
    expect(data.varNames).toEqual(['A', 'B', 'A']);
    expect(data.obsNames).toEqual(['AAA-1', 'CCC-1']);
    expect(data.var.columnNames).toEqual(['gene_ids', 'genome']);
  });

  test('asks which of several genomes to read', async () => {
    await expect(readH5('two')).rejects.toThrow(/holds several genomes: got hg19, mm10, expected/);
    await expect(readH5('two', { genome: 'x' })).rejects.toThrow(/does not hold the genome "x"/);
    expect((await readH5('two', { genome: 'mm10' })).X.data).toEqual(Float32Array.of(7, 8, 9));
  });

  test('reads version 3, all of it or some features', async () => {
    const data = await readH5('v3');
    expect(data.X).toEqual(X);
    expect(data.var.columnNames).toEqual(['gene_ids', 'feature_types', 'genome']);
    const genes = await readH5('v3', { featureTypes: ['Gene Expression'] });
    expect(genes.varNames).toEqual(['A', 'B']);
    expect((await readH5('v3', { genome: 'mm' })).varNames).toEqual(['A']);
  });

  test.each([
    ['short', /matrix has lists of names that do not fit.*: got 3, 2, 3, 3 features, 2 barcodes/],
    ['other', /holds no counts in the way of 10x Genomics: got x/],
  ])('refuses %s', async (name, message) => {
    await expect(readH5(name)).rejects.toThrow(message);
  });
});

describeWithData('10x files', () => {
  const summary = (data: AnnData): number[] => {
    const X = toCsr(data.X);
    const sums = X.rowSums();
    return [...X.shape, X.nnz, sums.reduce((sum, value) => sum + value, 0), sums[0]!];
  };

  test.each([
    ['10x_v2_mtx', [12, 343, 12, 12, 1]],
    ['10x_v3_mtx', [1107, 507, 23866, 41549, 36]],
    ['10x_seurat_mtx', [80, 240, 4814, 23110, 80]],
  ])('reads the folder %s', async (name, expected) => {
    const data = await readTenxFolder(await openFolder(realFile(`readers/${name}`)));
    expect(summary(data)).toEqual(expected);
  });

  test('reads the .h5 files to the same data as the folders', async () => {
    for (const version of ['v2', 'v3']) {
      const inFolder = await readTenxFolder(
        await openFolder(realFile(`readers/10x_${version}_mtx`)),
      );
      const inFile = await readTenxH5Source(
        FileStorage.open(realFile(`readers/10x_${version}.h5`)),
      );
      expect(summary(inFile)).toEqual(summary(inFolder));
      expect(inFile.obsNames).toEqual(inFolder.obsNames);
      expect(inFile.varNames).toEqual(inFolder.varNames);
    }
  });

  test('lists the genomes of a file with two', async () => {
    const two = FileStorage.open(realFile('readers/10x_v2_two_genomes.h5'));
    await expect(readTenxH5Source(two)).rejects.toThrow(/got another_genome, hg19_chr21/);
  });
});
