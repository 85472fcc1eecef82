import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  AnnData,
  categoricalFromStrings,
  CsrMatrix,
  DataError,
  DenseMatrix,
  IoError,
  ParamError,
  Table,
  toCsr,
} from '@dance-ts/core';
import { writeH5ad } from '@dance-ts/io';
import { loadDanceCells } from './cells.node.js';
import { loadDanceMixtures } from './mixtures.node.js';
import { loadDanceModalities } from './modalities.node.js';
import { loadDanceSpots } from './spots.node.js';

let dataDir = '';
beforeAll(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'dance-folder-'));
});
afterAll(() => {
  rmSync(dataDir, { recursive: true });
});

function put(file: string, content: string | Uint8Array): string {
  const path = join(dataDir, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

async function putH5ad(file: string, data: AnnData): Promise<void> {
  mkdirSync(dirname(join(dataDir, file)), { recursive: true });
  await writeH5ad(join(dataDir, file), data);
}

describe('loadDanceCells', () => {
  test('tables of genes x cells are joined on their genes; time is the place of the table', async () => {
    const folder = 'train/mouse_embryo_data/GSE65525';
    put(`${folder}/GSM1599494_ES_d0_main.csv`, 'A,1,2\nB,0,3\n');
    put(`${folder}/GSM1599497_ES_d2_LIFminus.csv`, 'B,5\nA,4\n');
    put(`${folder}/GSM1599498_ES_d4_LIFminus.csv`, 'A,6\nB,0\nC,9\n');
    put(`${folder}/GSM1599499_ES_d7_LIFminus.csv`, 'A,0\nB,7\n');
    const data = await loadDanceCells('mouse_embryo_data', { dataDir });
    expect(data.varNames).toEqual(['A', 'B']);
    expect(Array.from(data.X.toDense().data)).toEqual([1, 0, 2, 3, 4, 5, 6, 0, 0, 7]);
    const { codes, categories } = data.labels('time');
    expect([...codes].map((code) => categories[code])).toEqual(['0', '0', '1', '2', '3']);
    expect(new Set(data.obsNames).size).toBe(5);
  });

  test('a packed table names its cells', async () => {
    const file = 'train/human_stemcell_data/GSE75748/GSE75748_sc_time_course_ec.csv.gz';
    put(file, gzipSync('"",H9.1,H9.2\nA,1,0\nB,2,3\n'));
    const data = await loadDanceCells('human_stemcell', { dataDir });
    expect(data.obsNames).toEqual(['H9.1', 'H9.2']);
    expect(Array.from(data.X.toDense().data)).toEqual([1, 2, 0, 3]);
  });

  test('a missing file: one line that says where to get it and where to put it', async () => {
    const load = loadDanceCells('mouse_ES_cell', { dataDir });
    await expect(load).rejects.toThrow(IoError);
    await expect(load).rejects.toThrow(/mouse_ES_cell\.h5.*GSE65525.*as mouse_ES_cell\.h5/);
  });

  test('a set of another task is refused with the loader that reads it', async () => {
    const load = loadDanceCells('151673', { dataDir });
    await expect(load).rejects.toThrow(ParamError);
    await expect(load).rejects.toThrow(/Use loadDanceSpots/);
  });
});

/** Cells whose X are the values of the competition and whose counts are ten times these. */
function cells(names: string[], first: number, feature: string): AnnData {
  const X = CsrMatrix.fromDense(DenseMatrix.fromRows(names.map((_, i) => [first + i, 1])));
  return new AnnData({
    X,
    obs: new Table(names).set('batch', categoricalFromStrings(names.map(() => 'b1'))),
    var: new Table([`${feature}1`, `${feature}2`]),
    layers: [['counts', X.mapData((value) => 10 * value)]],
  });
}

/** A solution: cell i of the first modality is the cell of that row of the second. */
function solution(partners: number[]): AnnData {
  const n = partners.length;
  const rows = partners.map((partner) => partners.map((_, j) => (j === partner ? 1 : 0)));
  const names = Array.from({ length: n }, (_, i) => String(i));
  return new AnnData({
    ...{ X: CsrMatrix.fromDense(DenseMatrix.fromRows(rows)), obs: new Table(names) },
    var: new Table(names),
  });
}

describe('loadDanceModalities', () => {
  const file = (name: string, part: string): string =>
    `${name}/${name}.censor_dataset.output_${part}.h5ad`;

  test('prediction: train above test, counts in X, values of the competition beside them', async () => {
    const name = 'openproblems_bmmc_cite_phase2_mod2';
    await putH5ad(file(name, 'train_mod1'), cells(['a', 'b'], 1, 'P'));
    await putH5ad(file(name, 'train_mod2'), cells(['a', 'b'], 5, 'G'));
    await putH5ad(file(name, 'test_mod1'), cells(['c'], 3, 'P'));
    await putH5ad(file(name, 'test_mod2'), cells(['c'], 7, 'G'));
    const pair = await loadDanceModalities('adt2gex', { task: 'predict-modality', dataDir });
    expect(pair.kinds).toEqual(['adt', 'rna']);
    expect(pair.mod1.obsNames).toEqual(['a', 'b', 'c']);
    expect(Array.from(pair.mod2.X.toDense().data)).toEqual([50, 10, 60, 10, 70, 10]);
    expect(Array.from(pair.mod2.layers.get('normalized')?.toDense().data ?? [])).toEqual([
      ...[5, 1, 6, 1, 7, 1],
    ]);
    expect([...pair.mod1.splits.train, ...pair.mod1.splits.test]).toEqual([0, 1, 2]);
    expect(pair.solution).toBeUndefined();
  });

  test('matching: train cells aligned by the solution, test cells as they are', async () => {
    const name = 'openproblems_bmmc_cite_phase2_rna';
    await putH5ad(file(name, 'train_mod1'), cells(['a', 'b', 'c'], 1, 'G'));
    await putH5ad(file(name, 'train_mod2'), cells(['0', '1', '2'], 11, 'P'));
    await putH5ad(file(name, 'train_sol'), solution([1, 2, 0]));
    await putH5ad(file(name, 'test_mod1'), cells(['d', 'e', 'f'], 4, 'G'));
    await putH5ad(file(name, 'test_mod2'), cells(['0', '1', '2'], 21, 'P'));
    await putH5ad(file(name, 'test_sol'), solution([2, 0, 1]));
    const pair = await loadDanceModalities('gex2adt', { task: 'match-modality', dataDir });
    const firsts = Array.from({ length: 6 }, (_, i) => toCsr(pair.mod2.X).get(i, 0) / 10);
    expect(firsts).toEqual([12, 13, 11, 21, 22, 23]);
    expect(Array.from(pair.solution ?? [])).toEqual([0, 1, 2, 5, 3, 4]);
    expect(pair.mod2.obsNames.slice(0, 4)).toEqual(['a', 'b', 'c', 'unmatched3']);
    expect(pair.mod2.splits.test).toHaveLength(3);
    await putH5ad(file(name, 'test_sol'), solution([2, 2, 1]));
    const load = loadDanceModalities('gex2adt', { task: 'match-modality', dataDir });
    await expect(load).rejects.toThrow(DataError);
  });

  test('joint embedding: labels of the solution, explored cells train', async () => {
    const name = 'openproblems_bmmc_cite_phase2';
    await putH5ad(file(name, 'mod1'), cells(['a', 'b', 'c'], 1, 'G'));
    await putH5ad(file(name, 'mod2'), cells(['a', 'b', 'c'], 5, 'P'));
    await putH5ad(`${name}/cite_gex_processed_training.h5ad`, cells(['a', 'b'], 1, 'G'));
    await putH5ad(`${name}/cite_adt_processed_training.h5ad`, cells(['a', 'b'], 5, 'P'));
    const truth = cells(['c', 'b', 'a'], 1, 'G');
    truth.obs.set('cell_type', categoricalFromStrings(['T', 'B', 'NK']));
    await putH5ad(file(name, 'solution'), truth);
    const pair = await loadDanceModalities('adt', { task: 'joint-embedding', dataDir });
    const { codes, categories } = pair.mod1.labels('cell_type');
    expect([...codes].map((code) => categories[code])).toEqual(['NK', 'B', 'T']);
    expect(Array.from(pair.mod1.splits.train)).toEqual([0, 1]);
    expect(pair.labelKey).toBe('cell_type');
  });
});

describe('loadDanceSpots', () => {
  test('spots in the tissue with their places and domains', async () => {
    const X = CsrMatrix.fromDense(DenseMatrix.fromRows([[1], [2], [3]]));
    const data = new AnnData({
      X,
      obs: new Table(['AA-1', 'CC-1', 'GG-1']),
      var: new Table(['g']),
    });
    // DANCE has .h5ad files under this name, too.
    await putH5ad('151507/151507_raw_feature_bc_matrix.h5', data);
    const positions = 'GG-1,1,3,9,300,900\nAA-1,1,1,7,100,700\nCC-1,0,2,8,200,800\n';
    put('151507/tissue_positions_list.txt', positions);
    put('151507/cluster_labels.csv', 'key,ground_truth\n151507_GG-1,WM\n151507_AA-1,\n');
    const spots = await loadDanceSpots('151507', { dataDir });
    expect(spots.obsNames).toEqual(['AA-1', 'GG-1']);
    const { codes, categories } = spots.labels('ground_truth');
    expect([...codes].map((code) => categories[code] ?? null)).toEqual([null, 'WM']);
    const [pixels, slide] = ['spatial', 'spatial_array'].map((key) => spots.obsm.get(key));
    expect(pixels).toEqual(
      DenseMatrix.fromRows([
        [700, 100],
        [900, 300],
      ]),
    );
    expect(slide).toEqual(
      DenseMatrix.fromRows([
        [1, 7],
        [3, 9],
      ]),
    );
    put('151507/cluster_labels.csv', 'ground_truth\nL1\nL2\nL3\n');
    await expect(loadDanceSpots('151507', { dataDir })).rejects.toThrow(/3 lines for 2 spots/);
  });
});

describe('loadDanceMixtures', () => {
  test('reference, spots, proportions and positions by name, whatever their order', async () => {
    put('GSE174746/ref_sc_count.csv', ',g1,g2,g3\nc1,1,2,3\nc2,4,5,6\n');
    put('GSE174746/ref_sc_annot.csv', ',cellType\nc2,B\nc1,A\n');
    put('GSE174746/mix_count.csv', ',g3,g1\ns1,7,8\ns2,9,1\n');
    put('GSE174746/true_p.csv', ',B,A\ns2,0.25,0.75\ns1,1,0\n');
    put('GSE174746/spatial_location.csv', ',x,y\ns2,3,4\ns1,1,2\n');
    const data = await loadDanceMixtures('GSE174746', { dataDir });
    expect(data.cellTypes).toEqual(['A', 'B']);
    expect(data.spots.varNames).toEqual(['g3', 'g1']);
    expect(Array.from(data.reference.X.toDense().data)).toEqual([3, 1, 6, 4]);
    expect(Array.from(data.proportions?.data ?? [])).toEqual([0, 1, 0.75, 0.25]);
    expect(data.spots.obsm.get('spatial')).toEqual(
      DenseMatrix.fromRows([
        [1, 2],
        [3, 4],
      ]),
    );
    put('GSE174746/true_p.csv', ',B,A\ns2,0.25,0.75\n');
    await expect(loadDanceMixtures('GSE174746', { dataDir })).rejects.toThrow(/no line for s1/);
  });

  test('missing files', async () => {
    const load = loadDanceMixtures('CARD_synthetic', { dataDir });
    await expect(load).rejects.toThrow(/ref_sc_count\.csv.*YMa-lab\/CARD/);
  });
});
