import { statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import {
  categoricalFromStrings,
  silentReporter,
  Table,
  toCsr,
  type AnnData,
  type CategoricalColumn,
  type CsrMatrix,
  type UnsDict,
} from '@dance-ts/core';
import { annotateH5ad, encodeH5ad, openH5ad, readDataset, readH5ad, readXyH5 } from '../index.js';
import { temporaryFolder } from '../testing/python.node.js';

const folder = temporaryFolder();
afterAll(folder.remove);

const dataFolder = process.env['DANCE_DATA_DIR'];
if (dataFolder === undefined) console.info('skipped, for lack of DANCE_DATA_DIR: real files');
const describeReal = dataFolder === undefined ? describe.skip : describe;
const real = (name: string): string => path.join(dataFolder ?? '', name);

/** File, cells, genes and cells of each type, largest first. */
const CLUSTERING: [string, number, number, number[]][] = [
  ['pbmc4k_top2000.h5ad', 4271, 2000, [1292, 702, 606, 459, 450, 332, 295, 135]],
  ['worm_neuron.h5ad', 4186, 13488, [1015, 842, 443, 400, 334, 314, 305, 239, 224, 70]],
  [
    'mouse_bladder_2100.h5ad',
    2100,
    20670,
    [550, 299, 268, 229, 184, 158, 102, 60, 53, 45, 33, 33, 30, 27, 21, 8],
  ],
  [
    'mouse_bladder_top2000.h5ad',
    2746,
    2003,
    [717, 357, 344, 316, 236, 224, 131, 80, 75, 64, 44, 41, 38, 36, 30, 13],
  ],
  [
    'human_kidney_young_top2000.h5ad',
    5685,
    2000,
    [1498, 1201, 731, 621, 483, 373, 268, 259, 118, 73, 60],
  ],
  ['mouse_es_klein_1000x900.h5ad', 1000, 900, [359, 292, 248, 101]],
  ['baron_mouse.h5ad', 1886, 14878, [894, 275, 218, 191, 139, 47, 41, 36, 14, 10, 8, 7, 6]],
  ['camp_fetal_220.h5ad', 220, 12694, [62, 57, 42, 24, 16, 11, 8]],
  ['pollen_300x8686.h5ad', 300, 8686, [54, 42, 40, 37, 26, 23, 22, 17, 16, 15, 8]],
  ['biase_fpkm.h5ad', 49, 25737, [20, 20, 9]],
  ['zheng_pbmc_500.h5ad', 500, 32738, [179, 175, 146]],
  ['zeisel_mini_200x2235.h5ad', 200, 2235, [61, 49, 30, 22, 16, 15, 7]],
];

describeReal('real data sets', () => {
  test.each(CLUSTERING)(
    'clustering/%s has %i cells and %i genes',
    async (name, nObs, nVars, sizes) => {
      const data = await readDataset(real(`clustering/${name}`));
      expect([data.nObs, data.nVars]).toEqual([nObs, nVars]);
      expect([data.X.nRows, data.X.nCols]).toEqual([nObs, nVars]);
      const labels = data.labels('cell_type');
      expect(classSizes(labels)).toEqual(sizes);
    },
  );

  test('the X/Y original of worm_neuron equals its .h5ad form', async () => {
    const [original, converted] = [
      await readXyH5(real('readers/worm_neuron_cell.h5')),
      await readH5ad(real('clustering/worm_neuron.h5ad')),
    ];
    expect(sameMatrix(csr(original), csr(converted))).toBe(true);
    expect(original.obsNames).toEqual(converted.obsNames);
    expect(original.varNames).toEqual(converted.varNames);
    expect(original.obs.get('cell_type')).toEqual(converted.obs.get('cell_type'));
  });

  test('a file of anndata 0.7 in CSC equals its converted form', async () => {
    const [original, converted] = [
      await readH5ad(real('readers/bmmc_cite_starter_rna.h5ad')),
      await readH5ad(real('multimodality/bmmc_cite_rna.h5ad')),
    ];
    expect([original.nObs, original.nVars]).toEqual([600, 1000]);
    const counts = original.layers.get('counts');
    expect(counts?.kind === 'csr' && sameMatrix(counts, csr(converted))).toBe(true);
    const normalized = converted.layers.get('normalized');
    expect(normalized?.kind === 'csr' && sameMatrix(csr(original), normalized)).toBe(true);
    expect(original.labels('cell_type').categories).toHaveLength(41);
    expect(original.obs.get('is_train').kind).toBe('boolean');
    expect(original.uns.get('organism')).toBe('human');
  });
});

describeReal('files of every version of anndata', () => {
  test('0.11: no X', async () => {
    const data = await readH5ad(real('readers/anndata_v0.11.4.h5ad'));
    expect([data.nObs, data.nVars, data.hasX]).toEqual([10, 20, false]);
    expect(data.obsNames[9]).toBe('9');
  });

  // Sums of X as Python's anndata gives them.
  test.each([
    ['anndata_v0.7.0', [30, 20], 285, 5],
    ['anndata_v0.7.8', [30, 20], 302, 5],
    ['pbmc_10k_protein_v3', [200, 16727], 909531, 3],
  ] as const)('%s: LZF is read, and annotating works', async (name, shape, sum, nColumns) => {
    const input = real(`readers/${name}.h5ad`);
    const data = await readH5ad(input, { reporter: silentReporter });
    expect([data.nObs, data.nVars]).toEqual(shape);
    expect(data.X.data.reduce((total, value) => total + value, 0)).toBe(sum);
    expect(data.obs.columnNames).toHaveLength(nColumns);
    const file = await openH5ad(input);
    const rows = await file.rows(7, 11);
    expect(rows).toEqual(data.X.selectRows([7, 8, 9, 10]));
    file.close();
    const output = folder.file(`${name}.h5ad`);
    const additions = {
      obs: [['new', categoricalFromStrings(new Array<string>(shape[0]).fill('k'))]] as const,
    };
    await annotateH5ad(input, output, additions);
    // A second column of that name replaces the first, so the first was found.
    const once = statSync(output).size;
    await annotateH5ad(output, output, additions);
    expect(once).toBeGreaterThan(statSync(input).size);
    const again = await readH5ad(output, { reporter: silentReporter });
    expect(again.X).toEqual(data.X);
    expect(again.obs.columnNames).toEqual([...data.obs.columnNames, 'new']);
  });

  test('0.5: tables of records, categories in uns, raw, embeddings', async () => {
    const data = await readH5ad(real('readers/anndata_v0.5.0.h5ad'));
    expect([data.nObs, data.nVars]).toEqual([700, 765]);
    expect(data.labels('phase').categories).toEqual(['G1', 'G2M', 'S']);
    expect(data.labels('louvain').categories).toHaveLength(11);
    expect(data.var.get('highly_variable').kind).toBe('boolean');
    expect(data.raw?.X.nCols).toBe(765);
    expect(data.obsm.get('X_umap')?.nRows).toBe(700);
    expect(data.varm.get('PCs')).toMatchObject({ nRows: 765, nCols: 50 });
    expect(data.uns.has('louvain_categories')).toBe(false);
    const ranked = (data.uns.get('rank_genes_groups') as UnsDict).get('names');
    expect(ranked instanceof Table && ranked.columnNames).toContain('CD4+/CD25 T Reg');
  });

  test('pbmc68k_reduced: scaled X beside a larger raw', async () => {
    const data = await readH5ad(real('readers/pbmc68k_reduced.h5ad'));
    expect([data.nObs, data.nVars]).toEqual([724, 221]);
    expect(data.raw?.X).toMatchObject({ kind: 'csr', nRows: 724, nCols: 2956 });
    expect(data.labels('bulk_labels').categories).toHaveLength(10);
    expect(data.X.kind).toBe('dense');
  });

  test('an old table without categories', async () => {
    const data = await readH5ad(real('readers/old_compound_pbmc.h5ad'));
    expect([data.nObs, data.nVars]).toEqual([2700, 100]);
    expect(data.obs.columnNames).toEqual(['barcode', 'n_counts']);
    expect(data.obs.get('barcode').kind).toBe('string');
  });

  test('what was read is the same after writing and reading again', async () => {
    for (const name of ['anndata_v0.5.0', 'pbmc68k_reduced', 'bmmc_cite_starter_rna']) {
      const data = await readH5ad(real(`readers/${name}.h5ad`));
      const again = await readH5ad(await encodeH5ad(data, { reporter: silentReporter }));
      expect(again.obs).toEqual(data.obs);
      expect(again.var).toEqual(data.var);
      expect([...again.uns.keys()]).toEqual([...data.uns.keys()]);
      expect([...again.obsm.keys()]).toEqual([...data.obsm.keys()]);
      expect(sameMatrix(toCsr(again.X), toCsr(data.X))).toBe(true);
      if (data.raw === undefined) continue;
      expect(again.raw?.var).toEqual(data.raw.var);
      expect(again.raw && sameMatrix(toCsr(again.raw.X), toCsr(data.raw.X))).toBe(true);
    }
  });

  test.each([
    ['readers/mudata_v0.2.4.h5mu', /several modalities \(MuData\)/],
    ['readers/10x_v3.h5', /not annotated data: got matrix/],
    ['readers/her2st_H1.tsv.gz', /not an HDF5 file: got a gzip archive/],
  ])('%s is refused as .h5ad by what it is', async (name, message) => {
    await expect(readH5ad(real(name))).rejects.toThrow(message);
  });

  test('a file of several modalities is no data set of cells and genes', async () => {
    const reading = readDataset(real('readers/mudata_v0.2.4.h5mu'));
    await expect(reading).rejects.toThrow(/of a format that cannot be read yet/);
  });
});

function csr({ X }: AnnData): CsrMatrix {
  if (X.kind === 'csr') return X;
  throw new Error('X is dense');
}

function sameMatrix(a: CsrMatrix, b: CsrMatrix): boolean {
  return (
    a.nRows === b.nRows &&
    a.nCols === b.nCols &&
    a.indptr.every((value, i) => value === b.indptr[i]) &&
    a.nnz === b.nnz &&
    a.indices.every((value, i) => value === b.indices[i]) &&
    a.data.every((value, i) => value === b.data[i])
  );
}

function classSizes({ codes, categories }: CategoricalColumn): number[] {
  const sizes = new Array<number>(categories.length).fill(0);
  for (const code of codes) if (code >= 0) sizes[code]! += 1;
  return sizes.sort((a, b) => b - a);
}
