import { describe, expect, test } from '@jest/globals';
import { DataError } from '../errors.js';
import { CsrMatrix } from '../matrix/csr-matrix.js';
import { DenseMatrix } from '../matrix/dense-matrix.js';
import { Rng } from '../random/rng.js';
import {
  categoricalFromStrings,
  columnValue,
  numericColumn,
  stringColumn,
} from '../table/column.js';
import { Table } from '../table/table.js';
import { caught } from '../testing/caught.js';
import { randomDense } from '../testing/random-matrices.js';
import { AnnData, type AnnDataParts } from './anndata.js';
import type { UnsDict } from './uns.js';

const CELLS = 4;
const GENES = 3;
const RAW_GENES = 5;

/** Value that tells where it came from: 10 x row + column. */
const coded = (nRows: number, nCols: number): DenseMatrix =>
  new DenseMatrix(
    nRows,
    nCols,
    Float32Array.from(
      { length: nRows * nCols },
      (_, e) => 10 * Math.floor(e / nCols) + (e % nCols),
    ),
  );
const numbered = (n: number): [string, ReturnType<typeof numericColumn>] => [
  'number',
  numericColumn(Int32Array.from({ length: n }, (_, i) => i)),
];
const named = (prefix: string, n: number): Table =>
  new Table(
    Array.from({ length: n }, (_, i) => `${prefix}${i}`),
    [numbered(n)],
  );

/** Data with something in every slot; each value says to which cell and gene it belongs. */
function full(sparse = false): AnnData {
  const matrix = (nRows: number, nCols: number): DenseMatrix | CsrMatrix =>
    sparse ? CsrMatrix.fromDense(coded(nRows, nCols)) : coded(nRows, nCols);
  return new AnnData({
    X: matrix(CELLS, GENES),
    obs: named('c', CELLS),
    var: named('g', GENES),
    obsm: [
      ['X_pca', coded(CELLS, 2)],
      ['scores', named('c', CELLS)],
    ],
    varm: [
      ['PCs', coded(GENES, 2)],
      ['loadings', named('g', GENES)],
    ],
    obsp: [['connectivities', matrix(CELLS, CELLS)]],
    varp: [['correlations', matrix(GENES, GENES)]],
    layers: [['counts', matrix(CELLS, GENES)]],
    uns: new Map<string, UnsDict | string>([
      ['note', 'kept'],
      ['neighbors', new Map([['method', 'umap']])],
    ]),
    raw: {
      X: matrix(CELLS, RAW_GENES),
      var: named('r', RAW_GENES),
      varm: new Map([['PCs', coded(RAW_GENES, 2)]]),
    },
  });
}

/** The numbers of a table's only column. */
const numbersOf = (table: Table): unknown[] =>
  table.index.map((_, i) => columnValue(table.get('number'), i));

/** What a matrix of {@link coded} values becomes when rows and columns are selected. */
const codes = (rows: readonly number[], columns: readonly number[]): number[] =>
  rows.flatMap((i) => columns.map((j) => 10 * i + j));

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const dataOf = (value: unknown): number[] => {
  if (value instanceof DenseMatrix || value instanceof CsrMatrix) return [...value.toDense().data];
  throw new Error('not a matrix');
};
const tableOf = (value: unknown): Table => {
  if (value instanceof Table) return value;
  throw new Error('not a table');
};

describe('construction', () => {
  const part = (extra: Partial<AnnDataParts>) => () =>
    new AnnData({ obs: named('c', CELLS), var: named('g', GENES), ...extra });

  test.each<[string, () => AnnData, string]>([
    ['X', part({ X: coded(GENES, CELLS) }), 'X does not fit its data: got 3 x 4, expected 4 x 3'],
    ['a layer', part({ layers: [['raw', coded(4, 4)]] }), 'layers["raw"] does not fit its data'],
    ['obsm', part({ obsm: [['X_pca', coded(3, 2)]] }), 'obsm["X_pca"] does not fit'],
    ['a table in obsm', part({ obsm: [['s', named('c', 5)]] }), 'got 5 rows, expected 4'],
    ['varm', part({ varm: [['PCs', coded(4, 2)]] }), 'varm["PCs"] does not fit'],
    ['obsp', part({ obsp: [['d', coded(4, 3)]] }), 'obsp["d"] does not fit'],
    ['varp', part({ varp: [['d', coded(4, 4)]] }), 'varp["d"] does not fit'],
    [
      'raw.X',
      part({ raw: { X: coded(3, 5), var: named('r', 5), varm: new Map() } }),
      'raw.X does not fit its data: got 3 x 5, expected 4 x 5',
    ],
    [
      'raw.varm',
      part({ raw: { X: coded(4, 5), var: named('r', 5), varm: new Map([['PCs', coded(3, 2)]]) } }),
      'raw.varm["PCs"] does not fit its data: got 3 rows, expected 5',
    ],
  ])('refuses %s of another shape', (_, build, message) => {
    const error = caught(build);
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toContain(message);
  });

  test('fromMatrix generates names or takes those given', () => {
    const generated = AnnData.fromMatrix(coded(2, 3));
    expect(generated.obsNames).toEqual(['cell_00000', 'cell_00001']);
    expect(generated.varNames).toEqual(['gene_00000', 'gene_00001', 'gene_00002']);
    const given = AnnData.fromMatrix(coded(1, 2), { obsNames: ['a'], varNames: ['x', 'y'] });
    expect([given.nObs, given.nVars]).toEqual([1, 2]);
    expect(given.varNames).toEqual(['x', 'y']);
    expect(() => AnnData.fromMatrix(coded(1, 2), { obsNames: ['a', 'b'] })).toThrow(
      'X does not fit its data: got 1 x 2, expected 2 x 2',
    );
  });

  test('all cells train at first', () => {
    const { splits } = full();
    expect([...splits.train]).toEqual([0, 1, 2, 3]);
    expect(splits.val.length + splits.test.length).toBe(0);
  });
});

describe('X', () => {
  test('can be absent, and the error names the layers there are', () => {
    const parts = { obs: named('c', CELLS), var: named('g', GENES) };
    const data = new AnnData({ ...parts, layers: [['counts', coded(CELLS, GENES)]] });
    expect(data.hasX).toBe(false);
    const error = caught(() => data.X);
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toContain('(there are: counts)');
  });

  test('is replaced by a matrix of the same shape only', () => {
    const data = full();
    const matrix = DenseMatrix.zeros(CELLS, GENES);
    data.X = matrix;
    expect(data.X).toBe(matrix);
    expect(() => {
      data.X = coded(2, 2);
    }).toThrow('X does not fit its data: got 2 x 2, expected 4 x 3');
    expect(data.X).toBe(matrix);
  });
});

describe('labels', () => {
  const data = full();
  data.obs.set('type', stringColumn(['b', 'a', null, 'b']));

  test('any column can be read as labels', () => {
    const labels = data.labels('type');
    expect(labels.categories).toEqual(['a', 'b']);
    expect([...labels.codes]).toEqual([1, 0, -1, 1]);
    expect(data.labels('number').categories).toEqual([0, 1, 2, 3]);
  });

  test('an unknown column is refused, listing those there are', () => {
    const error = caught(() => data.labels('cell_type'));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toContain('no label column "cell_type": got columns number, type');
    const bare = AnnData.fromMatrix(coded(1, 1));
    expect(caught(() => bare.labels('x')).message).toContain('(none)');
  });
});

describe.each([
  ['dense', false],
  ['sparse', true],
])('subset of %s data', (_, sparse) => {
  test.each([
    [
      [3, 1],
      [2, 0],
    ],
    [[0], upTo(GENES)],
    [upTo(CELLS), [1]],
    [[], []],
  ])('cells %p and genes %p stay aligned in every slot', (cells, genes) => {
    const part = full(sparse).subset({ obs: cells, var: genes });
    expect(part.obsNames).toEqual(cells.map((i) => `c${i}`));
    expect(part.varNames).toEqual(genes.map((j) => `g${j}`));
    expect(numbersOf(part.obs)).toEqual(cells);
    expect(numbersOf(part.var)).toEqual(genes);
    expect(dataOf(part.X)).toEqual(codes(cells, genes));
    expect(dataOf(part.layers.get('counts'))).toEqual(codes(cells, genes));
    expect(dataOf(part.obsm.get('X_pca'))).toEqual(codes(cells, [0, 1]));
    expect(numbersOf(tableOf(part.obsm.get('scores')))).toEqual(cells);
    expect(dataOf(part.varm.get('PCs'))).toEqual(codes(genes, [0, 1]));
    expect(numbersOf(tableOf(part.varm.get('loadings')))).toEqual(genes);
    expect(dataOf(part.obsp.get('connectivities'))).toEqual(codes(cells, cells));
    expect(dataOf(part.varp.get('correlations'))).toEqual(codes(genes, genes));
    expect(dataOf(part.raw?.X)).toEqual(codes(cells, upTo(RAW_GENES)));
    expect(part.raw?.var.nRows).toBe(RAW_GENES);
    expect(part.uns.get('note')).toBe('kept');
    expect([...part.splits.train]).toEqual(upTo(cells.length));
  });

  test('only one side may be given', () => {
    const part = full(sparse).subset({ var: [1] });
    expect([part.nObs, part.nVars]).toEqual([CELLS, 1]);
    expect(dataOf(part.X)).toEqual(codes(upTo(CELLS), [1]));
    expect(dataOf(part.obsp.get('connectivities'))).toEqual(codes(upTo(CELLS), upTo(CELLS)));
  });

  test.each([[{ obs: [4] }], [{ obs: [-1] }], [{ var: [3] }]])('%p is refused', (selection) => {
    expect(caught(() => full(sparse).subset(selection))).toBeInstanceOf(DataError);
  });
});

test('subset refuses a cell that is not there where there is no matrix, too', () => {
  const data = new AnnData({ obs: named('c', 2), var: named('g', 2) });
  expect(() => data.subset({ obs: [2] })).toThrow(DataError);
});

test('random subsets equal a selection of the dense X', () => {
  const rng = Rng.fromSeed(0);
  for (let round = 0; round < 20; round++) {
    const dense = randomDense(rng, 1 + rng.int(9), 1 + rng.int(9));
    const obs = rng.permutation(dense.nRows).subarray(0, rng.int(dense.nRows + 1));
    const genes = rng.permutation(dense.nCols).subarray(0, rng.int(dense.nCols + 1));
    const expected = [...obs].flatMap((i) => [...genes].map((j) => dense.get(i, j)));
    const data = AnnData.fromMatrix(CsrMatrix.fromDense(dense));
    expect(dataOf(data.subset({ obs, var: genes }).X)).toEqual(expected);
  }
});

describe.each([
  ['subset', (data: AnnData) => data.subset({})],
  ['view', (data: AnnData) => data.view()],
])('writing to a %s', (_, derive) => {
  test('leaves the data as they were', () => {
    const data = full();
    const derived = derive(data);
    derived.X = DenseMatrix.zeros(CELLS, GENES);
    derived.obs.set('new', categoricalFromStrings(['a', 'b', 'a', 'b']));
    derived.obs.delete('number');
    derived.var.set('new', stringColumn(['x', 'y', 'z']));
    derived.obsm.set('X_new', coded(CELLS, 2));
    derived.obsm.delete('X_pca');
    derived.layers.set('new', coded(CELLS, GENES));
    derived.obsp.clear();
    derived.varm.clear();
    derived.varp.clear();
    derived.uns.set('new', 1);
    derived.splits = { train: Int32Array.of(0), val: new Int32Array(0), test: new Int32Array(0) };
    derived.channels = { label: { slot: 'obs', key: 'new' } };
    expect(data).toEqual(full());
  });

  test('also inside tables, nested dictionaries and raw', () => {
    const data = full();
    const derived = derive(data);
    tableOf(derived.obsm.get('scores')).delete('number');
    tableOf(derived.varm.get('loadings')).delete('number');
    (derived.uns.get('neighbors') as UnsDict).set('method', 'gauss');
    derived.raw?.var.delete('number');
    derived.raw?.varm.clear();
    expect(data).toEqual(full());
  });
});

test('a view shares matrices and keeps splits and channels', () => {
  const data = full();
  data.splits = { train: Int32Array.of(1), val: Int32Array.of(0), test: Int32Array.of(2, 3) };
  data.channels = { feature: [{ slot: 'obsm', key: 'X_pca' }] };
  const view = data.view();
  expect(view.X).toBe(data.X);
  expect(view.obsm.get('X_pca')).toBe(data.obsm.get('X_pca'));
  expect(view.splits).toBe(data.splits);
  expect(view.channels).toBe(data.channels);
});
