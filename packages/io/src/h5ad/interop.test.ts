import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  AnnData,
  booleanColumn,
  categoricalColumn,
  columnValue,
  CsrMatrix,
  DenseMatrix,
  numericColumn,
  stringColumn,
  Table,
  type UnsDict,
  type UnsValue,
} from '@dance-ts/core';
import { readH5ad, writeH5ad } from '../index.js';
import { describeWithPython, python, temporaryFolder } from '../testing/python.node.js';

const folder = temporaryFolder();
afterAll(folder.remove);

const X = CsrMatrix.fromTriplets(3, 4, [0, 0, 1, 2], [1, 3, 0, 2], [1, 2.5, 3, 0.5]);

function sample(): AnnData {
  const obs = new Table(
    ['a', 'é', 'c'],
    [
      ['label', categoricalColumn(Int32Array.of(1, -1, 0), ['β', 'a'])],
      ['stage', categoricalColumn(Int32Array.of(0, 1, 1), ['low', 'high'], true)],
      ['flag', booleanColumn([true, false, true])],
      ['count', numericColumn(Float64Array.of(1, 2 ** 40, 3), 'int64')],
      ['score', numericColumn(Float32Array.of(0.5, NaN, 2))],
      ['text', stringColumn(['x', '', 'ü'])],
      ['maybe', numericColumn(Int32Array.of(1, 0, 3), 'int32', Uint8Array.of(0, 1, 0))],
      [
        'perhaps',
        { kind: 'boolean', values: Uint8Array.of(1, 0, 0), missing: Uint8Array.of(0, 0, 1) },
      ],
    ],
    'barcode',
  );
  const uns: UnsDict = new Map<string, UnsValue>([
    ['seed', 7],
    ['rate', 0.5],
    ['done', true],
    ['name', 'ü'],
    ['colors', ['#fff', '#000']],
    ['cube', { kind: 'ndarray', shape: [1, 2, 2], data: Float32Array.of(1, 2, 3, 4) }],
    ['graph', X],
    ['frame', new Table(['r'], [['v', numericColumn(Int8Array.of(3))]])],
    ['inner', new Map([['deep', new Map([['k', 'v']])]])],
    ['records', new Table(['0'], [['a/b', stringColumn(['g'])]], '')],
  ]);
  return new AnnData({
    X,
    obs,
    var: new Table(['w', 'x', 'y', 'z']),
    layers: [['dense', X.toDense()]],
    obsm: [['X_pca', new DenseMatrix(3, 2, Float32Array.of(1, 2, 3, 4, 5, 6))]],
    obsp: [['near', CsrMatrix.fromTriplets(3, 3, [0], [2], [1])]],
    raw: { X, var: new Table(['w', 'x', 'y', 'z']), varm: new Map() },
    uns,
  });
}

const DESCRIBE = `
a = anndata.read_h5ad(sys.argv[1])
with h5py.File(sys.argv[1]) as f:
    ordered = {k: str(type(f['obs'][k].attrs['ordered'])) for k in ['label', 'stage']}
    growable = [f['X'][k].maxshape for k in ['data', 'indices', 'indptr']]
    kinds = {k: str(f['uns'][k].dtype) for k in ['seed', 'rate', 'done']}
    encodings = {k: f[k].attrs['encoding-type'] for k in f}
print(json.dumps({
  'X': [type(a.X).__name__, str(a.X.dtype), a.X.toarray().tolist(), bool(a.X.has_sorted_indices)],
  'obs_names': list(a.obs_names), 'index_name': a.obs.index.name, 'var_names': list(a.var_names),
  'dtypes': {k: str(v) for k, v in a.obs.dtypes.items()},
  'values': {k: [None if pd.isna(v) else v for v in a.obs[k].tolist()] for k in a.obs},
  'stage': [list(a.obs.stage.cat.categories), a.obs.stage.cat.ordered, a.obs.label.cat.ordered],
  'ordered': ordered, 'growable': growable, 'kinds': kinds, 'encodings': encodings,
  'dense': a.layers['dense'].tolist(), 'pca': [str(a.obsm['X_pca'].dtype), a.obsm['X_pca'].tolist()],
  'near': a.obsp['near'].toarray().tolist(), 'raw': a.raw.X.toarray().tolist(),
  'uns': {k: a.uns[k] for k in ['seed', 'rate', 'done', 'name']},
  'colors': list(a.uns['colors']), 'cube': a.uns['cube'].tolist(), 'graph': a.uns['graph'].toarray().tolist(),
  'frame': a.uns['frame'].to_dict(), 'inner': a.uns['inner'],
  'records': [a.uns['records'].dtype.names, a.uns['records']['a/b'].tolist()],
}, default=lambda o: o.item()))`;

describeWithPython('what we write, Python reads', () => {
  let seen: Record<string, unknown>;
  beforeAll(async () => {
    await writeH5ad(folder.file('ours.h5ad'), sample());
    seen = JSON.parse(python(DESCRIBE, folder.file('ours.h5ad'))) as Record<string, unknown>;
  });

  test('matrices', () => {
    const dense = Array.from({ length: 3 }, (_, i) => [...X.toDense().row(i)]);
    expect(seen['X']).toEqual(['csr_matrix', 'float32', dense, true]);
    expect(seen['growable']).toEqual([[null], [null], [null]]);
    expect(seen['dense']).toEqual(dense);
    expect(seen['raw']).toEqual(dense);
    expect(seen['graph']).toEqual(dense);
    expect(seen['near']).toEqual([
      [0, 0, 1],
      [0, 0, 0],
      [0, 0, 0],
    ]);
    expect(seen['pca']).toEqual([
      'float32',
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
    ]);
  });

  test('names, number types and values of columns', () => {
    expect(seen['obs_names']).toEqual(['a', 'é', 'c']);
    expect(seen['index_name']).toBe('barcode');
    expect(seen['var_names']).toEqual(['w', 'x', 'y', 'z']);
    expect(seen['dtypes']).toEqual({
      label: 'category',
      stage: 'category',
      flag: 'bool',
      count: 'int64',
      score: 'float32',
      text: 'object',
      maybe: 'Int32',
      perhaps: 'boolean',
    });
    expect(seen['values']).toEqual({
      label: ['a', null, 'β'],
      stage: ['low', 'high', 'high'],
      flag: [true, false, true],
      count: [1, 2 ** 40, 3],
      score: [0.5, null, 2],
      text: ['x', '', 'ü'],
      maybe: [1, null, 3],
      perhaps: [true, false, null],
    });
  });

  test('truth values as booleans of numpy', () => {
    expect(seen['ordered']).toEqual({
      label: "<class 'numpy.bool_'>",
      stage: "<class 'numpy.bool_'>",
    });
    expect(seen['stage']).toEqual([['low', 'high'], true, false]);
    expect(seen['kinds']).toEqual({ seed: 'int64', rate: 'float64', done: 'bool' });
  });

  test('nested annotation', () => {
    expect(seen['uns']).toEqual({ seed: 7, rate: 0.5, done: true, name: 'ü' });
    expect(seen['colors']).toEqual(['#fff', '#000']);
    expect(seen['cube']).toEqual([
      [
        [1, 2],
        [3, 4],
      ],
    ]);
    expect(seen['frame']).toEqual({ v: { r: 3 } });
    expect(seen['inner']).toEqual({ deep: { k: 'v' } });
    expect(seen['records']).toEqual([['a/b'], ['g']]);
  });

  test('every element with its encoding', () => {
    const dict = Object.fromEntries(
      ['layers', 'obsm', 'obsp', 'uns', 'varm', 'varp'].map((name) => [name, 'dict']),
    );
    expect(seen['encodings']).toEqual({
      ...dict,
      X: 'csr_matrix',
      obs: 'dataframe',
      var: 'dataframe',
      raw: 'raw',
    });
  });
});

const WRITE = `
path = lambda name: os.path.join(sys.argv[1], name)
dense = np.array([[0, 1, 0, 2], [3, 0, 0, 0], [0, 0, 4, 300]])
obs = lambda: pd.DataFrame(index=['a', 'a', 'ü'])
var = lambda: pd.DataFrame(index=list('wxyz'))
forms = {'csr': sp.csr_matrix(dense.astype('f4')), 'csc': sp.csc_matrix(dense.astype('f8')),
         'dense': dense.astype('f4'), 'int64': dense.astype('i8'), 'uint16': dense.astype('u2'),
         'csr of int64': sp.csr_matrix(dense.astype('i8')), 'float64': dense.astype('f8')}
for name, X in forms.items():
    anndata.AnnData(X, obs=obs(), var=var(), dtype=X.dtype).write_h5ad(
        path(name + '.h5ad'), compression='gzip')
with h5py.File(path('csr.h5ad')) as s, h5py.File(path('big endian.h5ad'), 'w') as f:
    for k in s: s.copy(k, f)
    for k in s.attrs: f.attrs[k] = s.attrs[k]
    for k, t in [('data', '>f8'), ('indices', '>i8'), ('indptr', '>i4')]:
        v = s['X'][k][...]; del f['X'][k]; f['X'][k] = v.astype(t)
with h5py.File(path('csr.h5ad')) as s, h5py.File(path('boolean.h5ad'), 'w') as f:
    for k in s: s.copy(k, f)
    del f['X']; f['X'] = dense > 0
    f['X'].attrs['encoding-type'] = 'array'; f['X'].attrs['encoding-version'] = '0.2.0'
with h5py.File(path('csr.h5ad')) as s, h5py.File(
        path('user block.h5ad'), 'w', libver='latest', userblock_size=1024) as f:
    for k in s: s.copy(k, f)
a = anndata.AnnData(forms['csr'], obs=obs(), var=var(), dtype='float32')
a.obs['label'] = pd.Categorical(['x', None, 'y'])
a.obs['stage'] = pd.Categorical(['low', 'high', 'low'], ['low', 'high'], ordered=True)
a.obs['year'] = pd.Categorical([2020, 2010, 2020])
a.obs['flag'] = [True, False, True]
a.obs['n'] = [1, -2, 2**40]
a.obs['maybe'] = pd.array([1, None, 3], dtype='Int64')
a.obs['perhaps'] = pd.array([True, None, False], dtype='boolean')
a.obs['small'] = np.array([1, 2, 3], 'i1')
a.obsm['frame'] = pd.DataFrame({'q': [1.5, 2, 3]}, index=a.obs_names)
a.obsm['sparse'] = sp.csc_matrix(dense[:, :2])
a.obsp['near'] = sp.csr_matrix(np.eye(3))
a.varm['loadings'] = np.arange(8.).reshape(4, 2)
a.layers['counts'] = forms['csc']
a.raw = a
a.uns = {'t': 'ü', 'i': 5, 'f': 0.5, 'b': np.bool_(True), 'list': np.array(['p', 'q'], dtype=object),
         'ints': np.array([1, 2**40]), 'small ints': np.array([1, 2]), 'grid': np.arange(6).reshape(2, 3),
         'truths': np.array([True, False]), 'empty': {}, 'deep': {'er': {'k': 1}},
         'frame': pd.DataFrame({'c': ['m']}, index=['r']), 'cat': pd.Categorical(['u', 'v', 'u']),
         'graph': sp.csr_matrix(dense), 'rec': np.rec.fromarrays([[1, 2], ['g', 'h']], names='n,s')}
a.write_h5ad(path('all.h5ad'))
`;

describeWithPython('what Python writes, we read', () => {
  beforeAll(() => {
    python(WRITE, folder.file(''));
  });

  test.each([
    ['csr', 'csr'],
    ['csc', 'csr'],
    ['csr of int64', 'csr'],
    ['big endian', 'csr'],
    ['user block', 'csr'],
    ['dense', 'dense'],
    ['int64', 'dense'],
    ['uint16', 'dense'],
    ['float64', 'dense'],
  ])('X stored as %s', async (name, kind) => {
    const data = await readH5ad(folder.file(`${name}.h5ad`));
    expect(data.X.kind).toBe(kind);
    expect([...data.X.toDense().data]).toEqual([0, 1, 0, 2, 3, 0, 0, 0, 0, 0, 4, 300]);
    expect(data.obsNames).toEqual(['a', 'a', 'ü']);
    expect(data.varNames).toEqual(['w', 'x', 'y', 'z']);
  });

  test('X stored as truth values', async () => {
    const { X: truths } = await readH5ad(folder.file('boolean.h5ad'));
    expect([...truths.toDense().data]).toEqual([0, 1, 0, 1, 1, 0, 0, 0, 0, 0, 1, 1]);
  });

  test('from a path, bytes or a Blob alike', async () => {
    const bytes = readFileSync(folder.file('all.h5ad'));
    const expected = await readH5ad(folder.file('all.h5ad'));
    expect(await readH5ad(new Uint8Array(bytes))).toEqual(expected);
    expect(await readH5ad(new Blob([bytes]))).toEqual(expected);
  });

  test('columns of every kind', async () => {
    const { obs } = await readH5ad(folder.file('all.h5ad'));
    expect(obs.columnNames).toEqual([
      'label',
      'stage',
      'year',
      'flag',
      'n',
      'maybe',
      'perhaps',
      'small',
    ]);
    const values = (name: string): unknown[] => [0, 1, 2].map((i) => columnValue(obs.get(name), i));
    expect(values('label')).toEqual(['x', null, 'y']);
    expect(obs.get('stage')).toEqual(
      categoricalColumn(Int32Array.of(0, 1, 0), ['low', 'high'], true),
    );
    expect(obs.get('year')).toEqual(categoricalColumn(Int32Array.of(1, 0, 1), [2010, 2020]));
    expect(obs.get('flag')).toEqual(booleanColumn([true, false, true]));
    expect(obs.get('n')).toEqual(numericColumn(Float64Array.of(1, -2, 2 ** 40), 'int64'));
    expect(obs.get('small')).toEqual(numericColumn(Int8Array.of(1, 2, 3)));
    expect(values('maybe')).toEqual([1, null, 3]);
    expect(values('perhaps')).toEqual([true, null, false]);
  });

  test('every slot', async () => {
    const data = await readH5ad(folder.file('all.h5ad'));
    expect(data.layers.get('counts')).toEqual(data.X);
    expect(data.raw?.X).toEqual(data.X);
    expect(data.raw?.var.index).toEqual(['w', 'x', 'y', 'z']);
    expect(data.obsm.get('frame')).toEqual(
      new Table(['a', 'a', 'ü'], [['q', numericColumn(Float64Array.of(1.5, 2, 3))]]),
    );
    expect(data.obsm.get('sparse')).toEqual(CsrMatrix.fromTriplets(3, 2, [0, 1], [1, 0], [1, 3]));
    expect(data.obsp.get('near')).toEqual(
      CsrMatrix.fromTriplets(3, 3, [0, 1, 2], [0, 1, 2], [1, 1, 1]),
    );
    expect(data.varm.get('loadings')).toEqual(
      new DenseMatrix(4, 2, Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7)),
    );
  });

  test('nested annotation', async () => {
    const { uns, X: matrix } = await readH5ad(folder.file('all.h5ad'));
    const expected: Record<string, UnsValue> = {
      t: 'ü',
      i: 5,
      f: 0.5,
      b: true,
      list: ['p', 'q'],
      ints: Float64Array.of(1, 2 ** 40),
      'small ints': Int32Array.of(1, 2),
      grid: { kind: 'ndarray', shape: [2, 3], data: Int32Array.of(0, 1, 2, 3, 4, 5) },
      truths: Uint8Array.of(1, 0),
      empty: new Map(),
      deep: new Map([['er', new Map([['k', 1]])]]),
      frame: new Table(['r'], [['c', stringColumn(['m'])]]),
      cat: categoricalColumn(Int32Array.of(0, 1, 0), ['u', 'v']),
      graph: matrix,
    };
    for (const [key, value] of Object.entries(expected)) expect(uns.get(key)).toEqual(value);
    expect(uns.get('rec')).toEqual(
      new Table(
        ['0', '1'],
        [
          ['n', numericColumn(Float64Array.of(1, 2), 'int64')],
          ['s', stringColumn(['g', 'h'])],
        ],
        '',
      ),
    );
    expect(uns.size).toBe(Object.keys(expected).length + 1);
  });
});

describe('writeH5ad', () => {
  test('says why a file cannot be written, and leaves nothing behind', async () => {
    const data = AnnData.fromMatrix(X);
    await expect(writeH5ad(folder.file('none/x.h5ad'), data)).rejects.toMatchObject({ code: 'IO' });
    await expect(writeH5ad('/proc/x.h5ad', data)).rejects.toThrow(/cannot write \/proc\/x\.h5ad/);
  });
});
