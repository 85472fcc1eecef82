import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  AnnData,
  categoricalColumn,
  CsrMatrix,
  DenseMatrix,
  MuData,
  numericColumn,
  silentReporter,
  Table,
  type UnsDict,
  type UnsValue,
} from '@dance-ts/core';
import { encodeH5ad, encodeH5mu, readDataset, readH5mu, writeH5mu } from '../index.js';
import { describeWithPython, python, temporaryFolder } from '../testing/python.node.js';
import { describeWithData, realFile } from '../testing/real-data.node.js';

const folder = temporaryFolder();
afterAll(folder.remove);

const rna = (): AnnData =>
  AnnData.fromMatrix(CsrMatrix.fromTriplets(2, 3, [0, 1], [2, 0], [1, 2]), {
    obsNames: ['a', 'b'],
    varNames: ['g1', 'g2', 'g3'],
  });
const adt = (): AnnData =>
  new AnnData({
    X: DenseMatrix.fromRows([[1], [2]]),
    obs: new Table(['b', 'c']),
    var: new Table(['p1']),
  });

const uns = (): UnsDict =>
  new Map<string, UnsValue>([
    ['ints', numericColumn(Int16Array.of(1, 0), 'int16', Uint8Array.of(0, 1))],
    ['levels', categoricalColumn(Int32Array.of(0, -1), ['b'])],
    ['note', 'x'],
  ]);

test('what is written is read again', async () => {
  const data = new MuData(
    [
      ['rna', rna()],
      ['adt', adt()],
    ],
    uns(),
  );
  const read = await readH5mu(await encodeH5mu(data));
  expect(read.names).toEqual(['rna', 'adt']);
  expect(read.get('rna')).toEqual(rna());
  expect(read.get('adt')).toEqual(adt());
  expect(read.uns).toEqual(uns());
  expect(read.sharedObsNames()).toEqual(['b']);
});

test('files of one modality and of several are told apart', async () => {
  await expect(readH5mu(await encodeH5ad(rna()))).rejects.toThrow(/holds no modalities: got X, /);
  const several = await encodeH5mu(new MuData([['rna', rna()]]));
  await expect(readDataset(several)).rejects.toThrow(/several modalities: use readH5mu/);
});

const CHECK = `
from anndata.experimental import read_elem
with h5py.File(sys.argv[1], 'r') as f:
    r, a = read_elem(f['mod/rna']), read_elem(f['mod/adt'])
    print(json.dumps([dict(f.attrs)['encoding-type'], list(f['mod'].attrs['mod-order']), list(read_elem(f['obs']).index),
        f['obsmap/rna'][:].tolist(), f['obsmap/adt'][:].tolist(), f['varmap/adt'][:].tolist(), r.X.toarray().tolist(), list(a.obs_names)]))
`;
const ADD_GLOBALS = `
from anndata.experimental import write_elem
with h5py.File(sys.argv[1], 'r+') as f:
    del f['obs']
    write_elem(f, 'obs', pd.DataFrame({'label': ['x', 'y', 'z'], 'rna:n': [1, 2, 3]}, index=['a', 'b', 'c']))
    f.require_group('uns')
    write_elem(f['uns'], 'ints', pd.array([1, None], dtype='Int16'))
    write_elem(f['uns'], 'levels', pd.Categorical(['b', None]))
    write_elem(f, 'obsm/X_joint', np.arange(6.).reshape(3, 2)); write_elem(f, 'obsm/rna', np.ones((3, 1)))
`;

describeWithPython('h5mu files and Python', () => {
  beforeAll(async () => {
    const modalities: [string, AnnData][] = [
      ['rna', rna()],
      ['adt', adt()],
    ];
    await writeH5mu(folder.file('two.h5mu'), new MuData(modalities));
  });

  test('Python finds the modalities and the maps', () => {
    expect(JSON.parse(python(CHECK, folder.file('two.h5mu')))).toEqual([
      'MuData',
      ['rna', 'adt'],
      ['a', 'b', 'c'],
      [1, 2, 0],
      [0, 1, 2],
      [0, 0, 0, 1],
      [
        [0, 0, 1],
        [2, 0, 0],
      ],
      ['b', 'c'],
    ]);
  });

  test('global annotation goes to the modalities', async () => {
    python(ADD_GLOBALS, folder.file('two.h5mu'));
    const data = await readH5mu(folder.file('two.h5mu'));
    expect(data.uns.get('levels')).toEqual(uns().get('levels'));
    expect(data.uns.get('ints')).toMatchObject({ dtype: 'int16', missing: Uint8Array.of(0, 1) });
    expect(data.get('adt').obs.columnNames).toEqual(['label']);
    expect(data.get('adt').labels('label').categories).toEqual(['y', 'z']);
    expect(data.get('adt').obsm.get('X_joint')).toEqual(
      new DenseMatrix(2, 2, Float32Array.of(2, 3, 4, 5)),
    );
    expect([...data.get('rna').obsm.keys()]).toEqual(['X_joint']);
  });
});

describeWithData('h5mu of mudata', () => {
  test('is read with both modalities in the order it gives', async () => {
    const file = realFile('readers/mudata_v0.2.4.h5mu');
    const data = await readH5mu(file, { reporter: silentReporter });
    expect(data.names.map((name) => [name, ...data.get(name).X.shape])).toEqual([
      ['mod2', 100, 30],
      ['mod1', 100, 20],
    ]);
  });
});
