import { describe, expect, jest, test } from '@jest/globals';
import {
  AnnData,
  booleanColumn,
  categoricalColumn,
  CsrMatrix,
  DenseMatrix,
  numericColumn,
  silentReporter,
  stringColumn,
  Table,
  type Column,
  type Reporter,
  type UnsDict,
  type UnsValue,
} from '@dance-ts/core';
import { BOOLEAN_MARKER } from '../hdf5/boolean-patch.js';
import { MemorySource } from '../storage/byte-storage.js';
import { readH5adSource, type ReadH5adOptions } from './read-h5ad.js';
import { encodeH5ad, type WriteH5adOptions } from './write-h5ad.js';

async function roundTrip(
  data: AnnData,
  write: WriteH5adOptions = {},
  read: ReadH5adOptions = {},
): Promise<AnnData> {
  const bytes = await encodeH5ad(data, write);
  return readH5adSource(new MemorySource('round trip', bytes), read);
}

const names = (n: number, prefix: string): string[] =>
  Array.from({ length: n }, (_, i) => `${prefix}${i}`);

/** 3 cells x 4 genes. */
const counts = new CsrMatrix(
  3,
  4,
  Int32Array.of(0, 2, 2, 4),
  Int32Array.of(1, 3, 0, 2),
  Float32Array.of(1, 2.5, 3, 0.1),
);
const genes = new Table(names(4, 'g'));

const COLUMNS: [string, Column][] = [
  ['int8', numericColumn(Int8Array.of(-128, 0, 127))],
  ['uint8', numericColumn(Uint8Array.of(0, 1, 255))],
  ['int16', numericColumn(Int16Array.of(-32768, 0, 32767))],
  ['uint16', numericColumn(Uint16Array.of(0, 1, 65535))],
  ['int32', numericColumn(Int32Array.of(-(2 ** 31), 0, 2 ** 31 - 1))],
  ['uint32', numericColumn(Uint32Array.of(0, 1, 2 ** 32 - 1))],
  ['int64', numericColumn(Float64Array.of(-(2 ** 53) + 1, 0, 2 ** 53 - 1), 'int64')],
  ['uint64', numericColumn(Float64Array.of(0, 1, 2 ** 53 - 1), 'uint64')],
  ['float32', numericColumn(Float32Array.of(NaN, -0.1, Infinity))],
  ['float64', numericColumn(Float64Array.of(NaN, 0.1, -Infinity))],
  ['boolean', booleanColumn([true, false, true])],
  ['text', stringColumn(['', 'é中🧬', 'with "quotes"\nand lines'])],
  ['nullable integer', numericColumn(Int32Array.of(1, 0, 3), 'int32', Uint8Array.of(0, 1, 0))],
  [
    'nullable int64',
    numericColumn(Float64Array.of(0, 2 ** 40, 3), 'int64', Uint8Array.of(1, 0, 0)),
  ],
  [
    'nullable boolean',
    { kind: 'boolean', values: Uint8Array.of(1, 0, 0), missing: Uint8Array.of(0, 0, 1) },
  ],
  ['categorical', categoricalColumn(Int32Array.of(1, -1, 0), ['b', 'a'])],
  ['ordered', categoricalColumn(Int32Array.of(0, 2, 1), ['low', 'mid', 'high'], true)],
  ['numbers', categoricalColumn(Int32Array.of(0, 1, -1), [10, 2])],
  ['fractions', categoricalColumn(Int32Array.of(0, 1, 0), [0.5, 2])],
  ['truths', categoricalColumn(Int32Array.of(0, 1, 0), [true, false])],
  ['all missing', categoricalColumn(Int32Array.of(-1, -1, -1), [])],
];

describe('encodeH5ad and readH5ad', () => {
  test.each(COLUMNS)('keep a column of kind %s', async (name, column) => {
    const obs = new Table(names(3, 'c'), [[name, column]]);
    const read = await roundTrip(new AnnData({ X: counts, obs, var: genes }));
    expect(read.obs.get(name)).toEqual(column);
  });

  test('keep every slot', async () => {
    const data = new AnnData({
      X: counts,
      obs: new Table(names(3, 'c'), COLUMNS, 'barcode'),
      var: new Table(names(4, 'g'), [
        ['highly_variable', booleanColumn([true, false, true, true])],
      ]),
      layers: [
        ['counts', counts.mapData((value) => value * 2)],
        ['dense', counts.toDense()],
      ],
      obsm: [
        ['X_pca', new DenseMatrix(3, 2, Float32Array.of(1, 2, 3, 4, 5, 6))],
        ['sparse', counts],
        ['frame', new Table(names(3, 'c'), [['a', numericColumn(Float64Array.of(1, 2, 3))]])],
      ],
      varm: [['PCs', new DenseMatrix(4, 1, Float32Array.of(1, 2, 3, 4))]],
      obsp: [['connectivities', CsrMatrix.fromTriplets(3, 3, [0, 2], [1, 0], [1, 2])]],
      varp: [['correlation', DenseMatrix.zeros(4, 4)]],
      raw: {
        X: CsrMatrix.fromTriplets(3, 5, [0, 2], [4, 0], [7, 8]),
        var: new Table(names(5, 'r'), [['name', stringColumn(names(5, 'x'))]]),
        varm: new Map([['PCs', DenseMatrix.zeros(5, 2)]]),
      },
    });
    const read = await roundTrip(data);
    expect(read).toEqual(data);
    expect(read.obs.columnNames).toEqual(data.obs.columnNames);
  });

  test('keep nested annotation', async () => {
    const uns: UnsDict = new Map<string, UnsValue>([
      ['text', 'é\nü'],
      ['empty text', ''],
      ['integer', -5],
      ['large', 2 ** 53 - 1],
      ['real', 0.25],
      ['nan', NaN],
      ['yes', true],
      ['no', false],
      ['texts', ['a', 'ü', '']],
      ['no texts', []],
      ['numbers', Float64Array.of(1.5, NaN)],
      ['bytes', Uint8Array.of(1, 255)],
      ['no numbers', new Float32Array(0)],
      ['cube', { kind: 'ndarray', shape: [1, 2, 2], data: Float32Array.of(1, 2, 3, 4) }],
      ['sparse', counts],
      ['frame', new Table(['x', 'y'], [['v', categoricalColumn(Int32Array.of(0, -1), ['k'])]])],
      ['inner', new Map([['deeper', new Map([['value', 1]])]])],
      ['empty', new Map()],
    ]);
    const read = await roundTrip(
      new AnnData({ X: counts, obs: new Table(names(3, 'c')), var: genes, uns }),
    );
    expect(read.uns).toEqual(new Map([...uns].sort(([a], [b]) => (a < b ? -1 : 1))));
  });

  test('keep records, whose names may hold slashes', async () => {
    const records = new Table(
      ['0', '1'],
      [
        ['CD4+/CD25', stringColumn(['é', 'GENE2'])],
        ['scores', numericColumn(Float32Array.of(1, -2))],
      ],
      '',
    );
    const uns: UnsDict = new Map([['names', records]]);
    const read = await roundTrip(
      new AnnData({ X: counts, obs: new Table(names(3, 'c')), var: genes, uns }),
    );
    expect(read.uns).toEqual(uns);
  });

  test('keep data without X, and data without cells or genes', async () => {
    const withoutX = await roundTrip(new AnnData({ obs: new Table(['a']), var: new Table(['b']) }));
    expect(withoutX.hasX).toBe(false);
    for (const [nRows, nCols] of [
      [0, 3],
      [3, 0],
      [0, 0],
    ] as const) {
      const dense = AnnData.fromMatrix(DenseMatrix.zeros(nRows, nCols));
      dense.obs.set('label', categoricalColumn(new Int32Array(nRows).fill(-1), []));
      dense.obs.set('text', stringColumn(new Array<string>(nRows).fill('t')));
      dense.obs.set('flag', booleanColumn(new Uint8Array(nRows)));
      expect(await roundTrip(dense)).toEqual(dense);
      const sparse = AnnData.fromMatrix(CsrMatrix.fromDense(DenseMatrix.zeros(nRows, nCols)));
      expect(await roundTrip(sparse)).toEqual(sparse);
    }
  });

  test('keep texts that look like the marker of truth values', async () => {
    const obs = new Table(
      [BOOLEAN_MARKER, 'b', 'c'],
      [[BOOLEAN_MARKER, booleanColumn([true, false, true])]],
    );
    const data = new AnnData({ X: counts, obs, var: genes });
    expect(await roundTrip(data, { compression: null })).toEqual(data);
  });

  test('keep duplicate, empty and unusual cell names', async () => {
    const obs = new Table(['a', 'a', ' /ü ']);
    const read = await roundTrip(new AnnData({ X: counts, obs, var: genes }));
    expect(read.obsNames).toEqual(['a', 'a', ' /ü ']);
  });

  test('keep matrices of more values than one block, compressed or not', async () => {
    const nRows = 1000;
    const nCols = 4500;
    const dense = DenseMatrix.zeros(nRows, nCols);
    for (let i = 0; i < dense.data.length; i++) dense.data[i] = (i * 7919) % 1009;
    const data = AnnData.fromMatrix(CsrMatrix.fromDense(dense));
    data.layers.set('dense', dense);
    const read = await roundTrip(data, { compression: null });
    const { X } = read;
    expect(X.kind === 'csr' && Buffer.compare(bytesOf(X.data), bytesOf(data.X.data))).toBe(0);
    const layer = read.layers.get('dense');
    expect(layer && Buffer.compare(bytesOf(layer.data), bytesOf(dense.data))).toBe(0);
    expect(Object.keys(X)).toContain('indices');
  });

  test('give the same bytes whenever they are written', async () => {
    const first = await encodeH5ad(AnnData.fromMatrix(counts));
    const now = Date.now();
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => now + 3_600_000);
    try {
      const second = await encodeH5ad(AnnData.fromMatrix(counts));
      expect(Buffer.compare(first, second)).toBe(0);
      expect(clock).toHaveBeenCalled();
    } finally {
      clock.mockRestore();
    }
  });

  test('make the file smaller with gzip', async () => {
    const data = AnnData.fromMatrix(new DenseMatrix(100, 100, new Float32Array(10000).fill(3)));
    const [packed, plain] = [await encodeH5ad(data), await encodeH5ad(data, { compression: null })];
    expect(packed.length).toBeLessThan(plain.length / 2);
  });
});

describe('encodeH5ad', () => {
  test('writes texts with missing ones as a categorical', async () => {
    const obs = new Table(names(3, 'c'), [['label', stringColumn(['b', null, 'a'])]]);
    const read = await roundTrip(new AnnData({ X: counts, obs, var: genes }));
    expect(read.obs.get('label')).toEqual(categoricalColumn(Int32Array.of(1, -1, 0), ['a', 'b']));
  });

  test('writes real numbers with missing ones as NaN', async () => {
    const column = numericColumn(Float32Array.of(1, 2, 3), 'float32', Uint8Array.of(0, 1, 0));
    const obs = new Table(names(3, 'c'), [['value', column]]);
    const read = await roundTrip(new AnnData({ X: counts, obs, var: genes }));
    expect(read.obs.get('value')).toEqual(numericColumn(Float32Array.of(1, NaN, 3)));
  });

  test('leaves out null with a warning', async () => {
    const warnings: string[] = [];
    const uns: UnsDict = new Map([['nothing', null]]);
    const data = new AnnData({ X: counts, obs: new Table(names(3, 'c')), var: genes, uns });
    const read = await roundTrip(data, { reporter: collecting(warnings) });
    expect(warnings).toEqual(['uns/nothing is null and was not written']);
    expect(read.uns.size).toBe(0);
  });

  test.each(['a/b', '', '.', '..', 'a\0b'])('refuses the column name %j', async (name) => {
    const obs = new Table(names(3, 'c'), [[name, booleanColumn([true, true, true])]]);
    await expect(encodeH5ad(new AnnData({ X: counts, obs, var: genes }))).rejects.toMatchObject({
      code: 'DATA',
      message: expect.stringContaining('obs: a column has a name') as unknown,
    });
  });

  test('refuses texts that HDF5 would cut off, and categories of mixed types', async () => {
    const cut = new Table(names(3, 'c'), [['t', stringColumn(['a\0b', '', ''])]]);
    await expect(encodeH5ad(new AnnData({ X: counts, obs: cut, var: genes }))).rejects.toThrow(
      /obs\/t holds a text with a NUL/,
    );
    const mixed = new Table(names(3, 'c'), [
      ['m', categoricalColumn(Int32Array.of(0, 1, 0), ['a', 1])],
    ]);
    await expect(encodeH5ad(new AnnData({ X: counts, obs: mixed, var: genes }))).rejects.toThrow(
      /obs\/m\/categories mixes/,
    );
  });

  test('writes another index name where a column has the name of the index', async () => {
    const obs = new Table(names(3, 'c'), [['barcode', stringColumn(['x', 'y', 'z'])]], 'barcode');
    const read = await roundTrip(new AnnData({ X: counts, obs, var: genes }));
    expect(read.obsNames).toEqual(names(3, 'c'));
    expect(read.obs.get('barcode')).toEqual(stringColumn(['x', 'y', 'z']));
  });

  test('stops when its signal has fired', async () => {
    const data = AnnData.fromMatrix(counts);
    const signal = AbortSignal.abort();
    await expect(encodeH5ad(data, { signal })).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

describe('readH5ad', () => {
  test('reads only the layers asked for', async () => {
    const data = AnnData.fromMatrix(counts);
    data.layers.set('a', counts).set('b', counts);
    expect([...(await roundTrip(data, {}, { layers: ['b'] })).layers.keys()]).toEqual(['b']);
    expect([...(await roundTrip(data, {}, { layers: [] })).layers.keys()]).toEqual([]);
  });

  test('stops at its memory budget and when its signal has fired', async () => {
    const data = AnnData.fromMatrix(DenseMatrix.zeros(100, 100));
    await expect(roundTrip(data, {}, { memoryBudget: 20_000 })).rejects.toThrow(
      /X is larger than the memory budget.*expected at most 20000/,
    );
    const signal = AbortSignal.abort();
    await expect(roundTrip(data, {}, { signal })).rejects.toMatchObject({ code: 'ABORTED' });
  });

  test('two readers at a time do not disturb each other', async () => {
    const [a, b] = [AnnData.fromMatrix(counts), AnnData.fromMatrix(DenseMatrix.zeros(5, 6))];
    const [readA, readB] = await Promise.all([roundTrip(a), roundTrip(b)]);
    expect(readA).toEqual(a);
    expect(readB).toEqual(b);
  });
});

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function collecting(warnings: string[]): Reporter {
  return { ...silentReporter, message: (_level, text) => warnings.push(text) };
}
