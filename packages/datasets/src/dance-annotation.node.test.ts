import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  AnnData,
  categoricalFromStrings,
  DenseMatrix,
  silentReporter,
  type Reporter,
} from '@dance-ts/core';
import { writeH5ad } from '@dance-ts/io';
import { loadDanceAnnotation, type DanceAnnotationOptions } from './dance-annotation.node.js';

const BRAIN: DanceAnnotationOptions = {
  species: 'mouse',
  tissue: 'Brain',
  trainIds: ['3', '2'],
  testIds: ['4'],
  reporter: silentReporter,
};

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dance-layout-'));
  for (const part of ['train/mouse', 'test/mouse', 'map/mouse']) {
    await mkdir(join(folder, part), { recursive: true });
  }
  await put('train/mouse/mouse_Brain3_data.csv', '"","C1","C2","C3"\nA,1,0,2\nB,0,3,0\nC,4,5,0\n');
  await put('train/mouse/mouse_Brain3_celltype.csv', 'Cell,Cell_type\nC1,x\nC2,y\nC3,x\n');
  // Other genes in another order, lines of the types in another order beneath a numbering.
  await put(
    'train/mouse/mouse_Brain2_data.csv.gz',
    gzipSync('"","C1","C2"\nC,7,0\nD,1,1\nA,0,9\n'),
  );
  await put(
    'train/mouse/mouse_Brain2_celltype.csv',
    '"","Cell","Cell_type"\n"1","C2","z"\n"2","C1","x"\n',
  );
  await put('test/mouse/mouse_Brain4_data.csv', ',T1,T2,T3,T4\nA,1,0,1,2\nE,2,2,0,1\n');
  await put(
    'test/mouse/mouse_Brain4_celltype.csv',
    'Cell,Cell_type\nT1,x\nT2,fine\nT3,odd\nT4,far\n',
  );
  await put(
    'map/mouse/map.csv',
    [
      'Tissue,Celltype,Training dataset cell type',
      ...['Brain,fine,y', 'Brain,fine,x', 'Brain,far,nowhere', 'Lung,odd,x', ''],
    ].join('\n'),
  );
  await put('train/mouse/mouse_Eye3_data.csv', ',C1\nA,1\n');
  await put('train/mouse/mouse_Ear1_data.csv', ',C1,C2\nA,1,1\n');
  await put('train/mouse/mouse_Ear1_celltype.csv', 'Cell,Cell_type\nC1,x\nC9,y\n');
  const atlas = AnnData.fromMatrix(
    DenseMatrix.fromRows([
      [1, 2],
      [3, 4],
      [5, 6],
    ]),
  );
  atlas.obs.set('cell_type', categoricalFromStrings(['x', 'y', 'x']));
  atlas.obs.set('split', categoricalFromStrings(['train', 'test', 'train']));
  await writeH5ad(join(folder, 'train/mouse/mouse_Bloodab-12_data.h5ad'), atlas);
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function put(path: string, content: string | Uint8Array): Promise<void> {
  await writeFile(join(folder, path), content);
}

function load(changes: Partial<DanceAnnotationOptions> = {}) {
  return loadDanceAnnotation(folder, { ...BRAIN, ...changes });
}

describe('files of one tissue', () => {
  test('are joined on common genes, cells keep their own type', async () => {
    const { reference, labelKey } = await load();
    expect(reference.varNames).toEqual(['A', 'C']);
    expect(reference.obsNames).toEqual([
      ...['C1', 'C2', 'C3'].map((cell) => `mouse_Brain3_data_${cell}`),
      ...['C1', 'C2'].map((cell) => `mouse_Brain2_data_${cell}`),
    ]);
    const rows = [0, 1, 2, 3, 4].map((i) => [reference.X.get(i, 0), reference.X.get(i, 1)]);
    expect(rows).toEqual([
      [1, 4],
      [0, 5],
      [2, 0],
      [0, 7],
      [9, 0],
    ]);
    const { codes, categories } = reference.labels(labelKey);
    expect(categories).toEqual(['x', 'y', 'z']);
    expect([...codes]).toEqual([0, 1, 0, 0, 2]);
    expect(reference.obs.get('source')).toMatchObject({ values: ['3', '3', '3', '2', '2'] });
    expect(reference.channels.label).toEqual({ slot: 'obs', key: 'cell_type' });
  });

  test('one file keeps its genes; the query keeps those of its own', async () => {
    const { reference, query } = await load({ trainIds: ['3'] });
    expect(reference.varNames).toEqual(['A', 'B', 'C']);
    expect(query.varNames).toEqual(['A', 'E']);
    expect(query.X.get(3, 0)).toBe(2);
  });

  test('the map of the tissue gives the right answers, what it leaves open is reported', async () => {
    const messages: string[] = [];
    const reporter: Reporter = {
      ...silentReporter,
      message: (_, text) => void messages.push(text),
    };
    const { labelMap } = await load({ reporter });
    expect([...labelMap]).toEqual([['fine', ['y', 'x']]]);
    expect(messages).toEqual([expect.stringMatching(/^2 of 4 query cells .* wrong: far, odd$/)]);
  });
});

describe('one h5ad file', () => {
  const BLOOD = { tissue: 'Blood', trainIds: ['ab-12'], testIds: [] };

  test('is divided by a column', async () => {
    const { reference, query, labelMap } = await load(BLOOD);
    expect([reference.nObs, query.nObs]).toEqual([2, 1]);
    expect(query.X.get(0, 1)).toBe(4);
    expect(query.labels('cell_type').codes[0]).toBe(1);
    expect(labelMap.size).toBe(0);
  });

  test('without that column', async () => {
    await expect(load({ ...BLOOD, splitColumn: 'part' })).rejects.toThrow(/no column "part"/);
  });
});

describe('what is not there is answered with what is', () => {
  test.each<[string, Partial<DanceAnnotationOptions>, RegExp]>([
    ['id', { trainIds: ['5'] }, /no mouse_Brain5_data file.*ids 2, 3/],
    ['tissue', { tissue: 'Skin' }, /no ids of mouse_Skin, only .*mouse_Bloodab-12/],
    ['species', { species: 'human' }, /no folder .*human.*with mouse/],
    ['types', { tissue: 'Eye', trainIds: ['3'] }, /no cell types.*_celltype\.csv/],
    ['cells', { tissue: 'Ear', trainIds: ['1'] }, /no line for 1 of 2: C2/],
    ['train ids', { trainIds: [] }, /trainIds/],
  ])('%s', async (_, changes, message) => {
    await expect(load(changes)).rejects.toThrow(message);
  });

  test('folder', async () => {
    const missing = loadDanceAnnotation(join(folder, 'data'), BRAIN);
    await expect(missing).rejects.toThrow(/no folder .*with map, test, train/);
    expect((await readdir(folder)).sort()).toEqual(['map', 'test', 'train']);
  });

  test('a call that was stopped reads nothing', async () => {
    await expect(load({ signal: AbortSignal.abort() })).rejects.toThrow(/stopped/);
  });
});
