/**
 * Every element type of the file format makes the whole circle: written here, read and written
 * again by Python's anndata, and read here. What Python sees on the way is looked at as well. Types
 * that this library does not write, or that Debian's anndata does not, are made with h5py.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  AnnData,
  booleanColumn,
  categoricalColumn,
  columnValue,
  CsrMatrix,
  DenseMatrix,
  numericColumn,
  silentReporter,
  stringColumn,
  Table,
  type Column,
  type UnsDict,
  type UnsValue,
} from '@dance-ts/core';
import { readH5ad, writeH5ad } from '../index.js';
import { describeWithPython, python, temporaryFolder } from '../testing/python.node.js';

const folder = temporaryFolder();
afterAll(folder.remove);

const NUMBERS = {
  int8: Int8Array.of(-128, 0, 127),
  uint8: Uint8Array.of(0, 1, 255),
  int16: Int16Array.of(-32768, 0, 32767),
  uint16: Uint16Array.of(0, 1, 65535),
  int32: Int32Array.of(-(2 ** 31), 0, 2 ** 31 - 1),
  uint32: Uint32Array.of(0, 1, 2 ** 32 - 1),
  float32: Float32Array.of(-0.5, NaN, Infinity),
  float64: Float64Array.of(1e-300, NaN, -Infinity),
};

const COLUMNS: readonly (readonly [string, Column])[] = [
  ...Object.entries(NUMBERS).map(([name, values]) => [name, numericColumn(values)] as const),
  ['int64', numericColumn(Float64Array.of(-(2 ** 53) + 1, 0, 2 ** 53 - 1), 'int64')],
  ['uint64', numericColumn(Float64Array.of(0, 1, 2 ** 53 - 1), 'uint64')],
  ['bool', booleanColumn([true, false, true])],
  ['string', stringColumn(['', 'ü', '𝄞'])],
  ...(['int8', 'uint16', 'int32'] as const).map(
    (dtype) =>
      [
        `nullable ${dtype}`,
        numericColumn(NUMBERS[dtype].map(Math.abs), dtype, Uint8Array.of(0, 1, 0)),
      ] as const,
  ),
  [
    'nullable int64',
    numericColumn(Float64Array.of(1, 0, 2 ** 40), 'int64', Uint8Array.of(0, 1, 0)),
  ],
  [
    'nullable bool',
    { kind: 'boolean', values: Uint8Array.of(1, 0, 0), missing: Uint8Array.of(0, 0, 1) },
  ],
  ['categories', categoricalColumn(Int32Array.of(1, -1, 0), ['β', 'a'])],
  ['ordered', categoricalColumn(Int32Array.of(1, 0, 1), ['low', 'high'], true)],
  ['years', categoricalColumn(Int32Array.of(1, 0, 1), [2010, 2020])],
  ['halves', categoricalColumn(Int32Array.of(1, 0, -1), [0.5, 1.5])],
  ['truths', categoricalColumn(Int32Array.of(1, 0, 1), [false, true])],
  ['all missing', categoricalColumn(Int32Array.of(-1, -1, -1), [])],
];

const DTYPES: Readonly<Record<string, string>> = {
  string: 'object',
  'nullable int8': 'Int8',
  'nullable uint16': 'UInt16',
  'nullable int32': 'Int32',
  'nullable int64': 'Int64',
  'nullable bool': 'boolean',
  ...Object.fromEntries(
    ['categories', 'ordered', 'years', 'halves', 'truths', 'all missing'].map((name) => [
      name,
      'category',
    ]),
  ),
};

const csr = CsrMatrix.fromTriplets(3, 3, [0, 0, 1, 2], [1, 2, 0, 2], [1, 2.5, 3, 0.5]);
const dense = new DenseMatrix(3, 2, Float32Array.of(1, 2, 3, 4, 5, NaN));
const names = ['a', 'é', 'c'];
const frame = new Table(names, COLUMNS, 'key');

const UNS: UnsDict = new Map<string, UnsValue>([
  ['text', 'ü'],
  ['empty text', ''],
  ['integer', -7],
  ['large', 2 ** 40],
  ['fraction', 0.5],
  ['not a number', NaN],
  ['yes', true],
  ['no', false],
  ['texts', ['#fff', '', 'ü']],
  ['no texts', []],
  ...Object.entries(NUMBERS).map(([name, values]) => [name, values] as const),
  ['no numbers', new Float32Array(0)],
  ...COLUMNS.filter(([name]) => name in DTYPES && name !== 'string').map(
    ([name, column]) => [`column of ${name}`, column] as const,
  ),
  ['cube', { kind: 'ndarray', shape: [1, 2, 2], data: Float64Array.of(1, 2, 3, 4) }],
  ['grid', { kind: 'ndarray', shape: [2, 2], data: Int16Array.of(1, 2, 3, 4) }],
  ['sparse', csr],
  ['empty sparse', new CsrMatrix(2, 0, new Int32Array(3), new Int32Array(0), new Float32Array(0))],
  ['frame', frame],
  ['frame without columns', new Table(['r'])],
  ['frame without rows', new Table([], [['v', numericColumn(new Int8Array(0))]])],
  [
    'records',
    new Table(
      ['0', '1'],
      [
        ['a/b', stringColumn(['g', 'hé'])],
        ['n', numericColumn(Float32Array.of(1, 2))],
      ],
      '',
    ),
  ],
  ['nothing in it', new Map()],
  ['deep', new Map([['er', new Map<string, UnsValue>([['k', ['v']]])]])],
]);

function sample(hasX: boolean): AnnData {
  return new AnnData({
    ...(hasX ? { X: csr } : {}),
    obs: new Table(names, COLUMNS, 'cell'),
    var: new Table(['x', 'y', 'z'], COLUMNS),
    layers: [
      ['sparse', csr],
      ['dense', csr.toDense()],
    ],
    obsm: [
      ['dense', dense],
      ['sparse', csr],
      ['frame', new Table(names, COLUMNS, 'cell')],
    ],
    varm: [
      ['dense', dense],
      ['sparse', csr],
    ],
    obsp: [
      ['sparse', csr],
      ['dense', csr.toDense()],
    ],
    varp: [['sparse', csr]],
    ...(hasX
      ? { raw: { X: csr, var: new Table(['x', 'y', 'z'], COLUMNS), varm: new Map([['d', dense]]) } }
      : {}),
    uns: UNS,
  });
}

const CIRCLE = `
folder = sys.argv[1] + '/'
seen = {}
for name in ['with X', 'without X']:
    a = anndata.read_h5ad(folder + name + '.h5ad')
    seen[name] = {k: str(v) for k, v in a.obs.dtypes.items()}
    a.write_h5ad(folder + name + ' again.h5ad')
print(json.dumps(seen))
`;

describeWithPython('every element type makes the circle through Python', () => {
  let seen: Record<string, Record<string, string>>;
  beforeAll(async () => {
    await writeH5ad(folder.file('with X.h5ad'), sample(true));
    await writeH5ad(folder.file('without X.h5ad'), sample(false));
    seen = JSON.parse(python(CIRCLE, folder.file(''))) as typeof seen;
  });

  describe.each([['with X'], ['without X']])('data %s', (name) => {
    let again: AnnData;
    const data = sample(name === 'with X');
    beforeAll(async () => {
      again = await readH5ad(folder.file(`${name} again.h5ad`));
    });

    test('columns have the types of pandas on the way', () => {
      const expected = COLUMNS.map(([column]) => [column, DTYPES[column] ?? column]);
      expect(seen[name]).toEqual(Object.fromEntries(expected));
    });

    test.each(COLUMNS.map(([column]) => column))('column of kind %s', (column) => {
      expect(again.obs.get(column)).toEqual(data.obs.get(column));
      expect(again.var.get(column)).toEqual(data.var.get(column));
    });

    test.each([...UNS.keys()])('uns: %s', (key) => {
      expect(again.uns.get(key)).toEqual(UNS.get(key));
    });

    test.each(['layers', 'obsm', 'varm', 'obsp', 'varp'] as const)('every form in %s', (slot) => {
      expect(again[slot]).toEqual(data[slot]);
    });

    test('X, raw and names', () => {
      expect(again.hasX).toBe(data.hasX);
      if (data.hasX) expect(again.X).toEqual(data.X);
      expect(again.raw).toEqual(data.raw);
      expect(again.obsNames).toEqual(names);
      expect(again.obs.indexName).toBe('cell');
      expect(again.uns.size).toBe(UNS.size);
    });
  });
});

/** Elements that Debian's anndata does not write, or that need a form of their own. */
const MADE = `
path = sys.argv[1] + '/made.h5ad'
a = anndata.AnnData(np.eye(3, dtype='f4'), dtype='float32')
a.obs['flag'] = pd.Categorical([True, False, True])
a.uns = {'half': np.float16(0.5), 'f32': np.float32(0.25), 'u8': np.uint8(200),
         'missing': pd.Categorical(['u', None]), 'complex': np.array([1j])}
a.write_h5ad(path)
def element(parent, name, kind, version, **children):
    g = parent.create_group(name)
    g.attrs.update({'encoding-type': kind, 'encoding-version': version})
    for key, values in children.items():
        g[key] = values
    return g
texts = lambda values: np.array(values, dtype=object)
with h5py.File(path, 'a') as f:
    d = f['uns'].create_dataset('none', data=h5py.Empty('f4'))
    d.attrs.update({'encoding-type': 'null', 'encoding-version': '0.1.0'})
    d = f['uns'].create_dataset('bytes', data=b'raw')
    d.attrs.update({'encoding-type': 'bytes', 'encoding-version': '0.2.0'})
    g = element(f['obs'], 'text', 'nullable-string-array', '0.1.0', values=texts(['a', '', 'c']),
                mask=np.array([False, True, False]))
    g.attrs['na-value'] = 'NaN'
    element(f['uns'], 'texts', 'nullable-string-array', '0.1.0', values=texts(['a', '', 'c']),
            mask=np.array([False, True, False]))
    element(f['obs'], 'stage', 'categorical', '0.2.0', codes=np.array([1, 0, -1], 'i1'))
    h = element(f['obs/stage'], 'categories', 'nullable-string-array', '0.1.0',
                values=texts(['lo', 'hi']), mask=np.array([False, False]))
    f['obs/stage'].attrs['ordered'] = True
    f['obs'].attrs['column-order'] = texts(['flag', 'text', 'stage'])
    g = element(f['layers'], 'small', 'csr_matrix', '0.1.0', data=np.array([1, 2, 3], 'u1'),
                indices=np.array([0, 1, 2], 'u2'), indptr=np.array([0, 1, 2, 3], 'u1'))
    g.attrs['shape'] = np.array([3, 3])
`;

describeWithPython('elements that other versions of anndata write', () => {
  test('are read, or left out with a warning', async () => {
    python(MADE, folder.file(''));
    const warnings: string[] = [];
    const reporter = {
      ...silentReporter,
      message: (_: string, text: string) => warnings.push(text),
    };
    const data = await readH5ad(folder.file('made.h5ad'), { reporter });
    const values = (name: string): unknown[] =>
      [0, 1, 2].map((i) => columnValue(data.obs.get(name), i));
    expect(values('flag')).toEqual([true, false, true]);
    expect(values('text')).toEqual(['a', null, 'c']);
    expect(data.obs.get('stage')).toEqual(
      categoricalColumn(Int32Array.of(1, 0, -1), ['lo', 'hi'], true),
    );
    expect(data.layers.get('small')).toEqual(
      CsrMatrix.fromTriplets(3, 3, [0, 1, 2], [0, 1, 2], [1, 2, 3]),
    );
    expect(data.uns).toEqual(
      new Map<string, UnsValue>([
        ['bytes', 'raw'],
        ['f32', 0.25],
        ['missing', categoricalColumn(Int32Array.of(0, -1), ['u'])],
        ['none', null],
        ['texts', stringColumn(['a', null, 'c'])],
        ['u8', 200],
      ]),
    );
    expect(warnings.map((text) => /: (uns\/\w+) /.exec(text)?.[1])).toEqual([
      'uns/complex',
      'uns/half',
    ]);
  });
});
