import { describe, expect, test } from '@jest/globals';
import { DataError, ParamError } from '../errors.js';
import { CsrMatrix } from '../matrix/csr-matrix.js';
import { DenseMatrix } from '../matrix/dense-matrix.js';
import { silentReporter } from '../progress/reporter.js';
import {
  booleanColumn,
  categoricalColumn,
  columnLength,
  columnValue,
  numericColumn,
  stringColumn,
  type Category,
  type Column,
} from '../table/column.js';
import { Table } from '../table/table.js';
import { caught } from '../testing/caught.js';
import { AnnData } from './anndata.js';
import { concat, type ConcatOptions } from './concat.js';
import type { UnsValue } from './uns.js';

const sparse = (rows: number[][]): CsrMatrix => CsrMatrix.fromDense(DenseMatrix.fromRows(rows));
const dense = (rows: number[][]): DenseMatrix => DenseMatrix.fromRows(rows);
const rowsOf = (data: AnnData): number[][] =>
  Array.from({ length: data.nObs }, (_, i) => [...data.X.toDense().row(i)]);
const valuesOf = (column: Column): (Category | null)[] =>
  Array.from({ length: columnLength(column) }, (_, i) => columnValue(column, i));

const a = (): AnnData =>
  AnnData.fromMatrix(sparse([[1, 2, 3], [0, 5, 0]]), { obsNames: ['p', 'q'], varNames: ['z', 'x', 'y'] }); // prettier-ignore
const b = (): AnnData =>
  AnnData.fromMatrix(sparse([[7, 0, 8]]), { obsNames: ['p'], varNames: ['y', 'w', 'x'] });

describe('genes', () => {
  test('inner: those of all parts in the order of the first', () => {
    const both = concat([a(), b()]);
    expect(both.varNames).toEqual(['x', 'y']);
    expect(both.X.kind).toBe('csr');
    expect(rowsOf(both)).toEqual([[2, 3], [5, 0], [8, 7]]); // prettier-ignore
  });

  test('outer: those of any part, sorted; nothing is stored where a part lacks one', () => {
    const both = concat([a(), b()], { join: 'outer' });
    expect(both.varNames).toEqual(['w', 'x', 'y', 'z']);
    expect(rowsOf(both)).toEqual([[0, 2, 3, 1], [0, 5, 0, 0], [0, 8, 7, 0]]); // prettier-ignore
    expect((both.X as CsrMatrix).nnz).toBe(6);
  });

  test('outer of dense data: NaN, or what is asked for', () => {
    const parts = [a(), b()].map((part) => {
      part.X = part.X.toDense();
      return part;
    });
    expect(rowsOf(concat(parts, { join: 'outer' }))[2]).toEqual([0, 8, 7, NaN]);
    expect(rowsOf(concat(parts, { join: 'outer', fillValue: -1 }))[2]).toEqual([0, 8, 7, -1]);
  });

  test('outer of sparse data with a value to fill in', () => {
    const both = concat([a(), b()], { join: 'outer', fillValue: 4 });
    expect(rowsOf(both)).toEqual([[4, 2, 3, 1], [4, 5, 0, 0], [0, 8, 7, 4]]); // prettier-ignore
  });

  test('one sparse part makes all of it sparse', () => {
    const part = b();
    part.X = part.X.toDense();
    expect(concat([part, a()]).X.kind).toBe('csr');
  });

  test('the same genes in the same order stay so, names that occur twice included', () => {
    const twice = (): AnnData =>
      AnnData.fromMatrix(dense([[1, 2, 3]]), { varNames: ['g', 'g', 'a'] });
    const both = concat([twice(), twice()], { join: 'outer' });
    expect(both.varNames).toEqual(['g', 'g', 'a']);
    expect(rowsOf(both)).toEqual([[1, 2, 3], [1, 2, 3]]); // prettier-ignore
  });

  test('parts without X, and a part without cells', () => {
    const bare = (): AnnData => new AnnData({ obs: new Table(['c']), var: new Table(['g']) });
    expect(concat([bare(), bare()]).hasX).toBe(false);
    expect(rowsOf(concat([a().subset({ obs: [] }), b()], { join: 'outer' }))).toEqual([
      [0, 8, 7, 0],
    ]);
  });
});

describe('cells', () => {
  test('a column tells which part a cell came from, in the order of the parts', () => {
    const { obs } = concat(new Map([['late', a()], ['early', b()]]), { label: 'batch' }); // prettier-ignore
    expect(obs.get('batch')).toEqual(categoricalColumn(Int32Array.of(0, 0, 1), ['late', 'early']));
  });

  test('names get the key of their part', () => {
    expect(concat([a(), b()]).obsNames).toEqual(['p', 'q', 'p']);
    expect(concat({ one: a(), two: b() }, { indexUnique: '-' }).obsNames).toEqual(['p-one', 'q-one', 'p-two']); // prettier-ignore
    expect(concat([a(), b()], { indexUnique: '_' }).obsNames).toEqual(['p_0', 'q_0', 'p_1']);
    expect(concat([a(), b()], { indexUnique: '_', keys: ['s', 't'] }).obsNames).toEqual(['p_s', 'q_s', 'p_t']); // prettier-ignore
  });

  test('the parts stay as they were', () => {
    const part = a();
    concat([part, b()], { label: 'batch', join: 'outer', indexUnique: '-' });
    expect(part.obs.columnNames).toEqual([]);
    expect(part.obsNames).toEqual(['p', 'q']);
    expect(rowsOf(part)).toEqual(rowsOf(a()));
  });
});

/** The column that follows from one of two cells and one of one cell; undefined: not there. */
function stacked(first: Column | undefined, second: Column | undefined): Column {
  const [x, y] = [a(), b()];
  if (first) x.obs.set('it', first);
  if (second) y.obs.set('it', second);
  return concat([x, y], { join: 'outer' }).obs.get('it');
}

describe('columns of obs', () => {
  test('inner keeps those of all parts', () => {
    const [x, y] = [a(), b()];
    x.obs.set('first', stringColumn(['a', 'b'])).set('both', stringColumn(['c', 'd']));
    y.obs.set('both', stringColumn(['e'])).set('second', stringColumn(['f']));
    expect(concat([x, y]).obs.columnNames).toEqual(['both']);
    const outer = concat([x, y], { join: 'outer' }).obs;
    expect(outer.columnNames).toEqual(['first', 'both', 'second']);
    expect(valuesOf(outer.get('first'))).toEqual(['a', 'b', null]);
    expect(valuesOf(outer.get('second'))).toEqual([null, null, 'f']);
  });

  test('the same categories keep their order; others are united and sorted', () => {
    const size = (codes: number[], categories: string[]): Column =>
      categoricalColumn(Int32Array.from(codes), categories, true);
    expect(stacked(size([0, 1], ['low', 'high']), size([1], ['low', 'high']))).toEqual(
      size([0, 1, 1], ['low', 'high']),
    );
    expect(stacked(size([0, -1], ['low', 'high']), size([0], ['mid']))).toEqual(
      categoricalColumn(Int32Array.of(1, -1, 2), ['high', 'low', 'mid']),
    );
    expect(stacked(size([0, 1], ['low', 'high']), undefined)).toEqual(
      size([0, 1, -1], ['low', 'high']),
    );
  });

  test('numeric categories are sorted as numbers; mixed ones become texts', () => {
    const numbers = categoricalColumn(Int32Array.of(0, 1), [10, 9]);
    const others = categoricalColumn(Int32Array.of(0), [100]);
    expect(stacked(numbers, others)).toMatchObject({ categories: [9, 10, 100] });
    const texts = categoricalColumn(Int32Array.of(0), ['9']);
    expect(stacked(numbers, texts)).toMatchObject({ categories: ['10', '9'] });
    expect(valuesOf(stacked(numbers, texts))).toEqual(['10', '9', '9']);
  });

  // The types are those of numpy.result_type.
  test.each([
    [Int8Array.of(1, 2), Int8Array.of(3), 'int8'],
    [Int8Array.of(1, 2), Uint8Array.of(3), 'int16'],
    [Uint32Array.of(1, 2), Int32Array.of(3), 'int64'],
    [Int32Array.of(1, 2), Int16Array.of(3), 'int32'],
    [Int32Array.of(1, 2), Float32Array.of(3), 'float64'],
    [Uint16Array.of(1, 2), Float32Array.of(3), 'float32'],
    [Float32Array.of(1, 2), Float64Array.of(3), 'float64'],
  ])('numbers %p and %p become %s', (first, second, dtype) => {
    const column = stacked(numericColumn(first), numericColumn(second));
    expect(column).toMatchObject({ kind: 'numeric', dtype });
    expect(valuesOf(column)).toEqual([1, 2, 3]);
  });

  test('64-bit integers of both kinds become float64', () => {
    const signed = numericColumn(Float64Array.of(-1, 2), 'int64');
    const unsigned = numericColumn(Float64Array.of(3), 'uint64');
    expect(stacked(signed, unsigned)).toMatchObject({ dtype: 'float64' });
  });

  test('whole numbers with a gap become float64 with NaN; nullable ones stay whole', () => {
    expect(stacked(numericColumn(Int32Array.of(1, 2)), undefined)).toEqual(
      numericColumn(Float64Array.of(1, 2, NaN)),
    );
    expect(stacked(undefined, numericColumn(Float32Array.of(3)))).toEqual(
      numericColumn(Float32Array.of(NaN, NaN, 3)),
    );
    const nullable = numericColumn(Int32Array.of(1, 0), 'int32', Uint8Array.of(0, 1));
    expect(valuesOf(stacked(nullable, undefined))).toEqual([1, null, null]);
    expect(stacked(nullable, numericColumn(Int32Array.of(5)))).toMatchObject({ dtype: 'int32' });
    expect(valuesOf(stacked(nullable, numericColumn(Int32Array.of(5))))).toEqual([1, null, 5]);
  });

  test('truth values with a gap become nullable', () => {
    expect(stacked(booleanColumn([true, false]), booleanColumn([true]))).toEqual(
      booleanColumn([true, false, true]),
    );
    expect(valuesOf(stacked(undefined, booleanColumn([true])))).toEqual([null, null, true]);
  });

  test('kinds that do not go together become texts', () => {
    const numbers = numericColumn(Float64Array.of(1.5, NaN));
    expect(stacked(numbers, stringColumn(['x']))).toEqual(stringColumn(['1.5', null, 'x']));
    const labels = categoricalColumn(Int32Array.of(0, -1), ['T']);
    expect(stacked(labels, stringColumn(['x']))).toEqual(stringColumn(['T', null, 'x']));
  });
});

describe('what lies beside X', () => {
  const withEmbedding = (data: AnnData, width: number): AnnData => {
    data.obsm.set(
      'E',
      DenseMatrix.zeros(data.nObs, width).mapData(() => 1),
    );
    return data;
  };

  test('embeddings are cut to the narrowest, or filled up to the widest', () => {
    const parts = [withEmbedding(a(), 2), withEmbedding(b(), 1)];
    expect(concat(parts).obsm.get('E')).toEqual(dense([[1], [1], [1]]));
    expect(concat(parts, { join: 'outer' }).obsm.get('E')).toEqual(dense([[1, 1], [1, 1], [1, NaN]])); // prettier-ignore
  });

  test('an embedding that a part lacks is NaN there, or dropped', () => {
    const parts = [a(), withEmbedding(b(), 2)];
    expect(concat(parts).obsm.has('E')).toBe(false);
    expect(concat(parts, { join: 'outer' }).obsm.get('E')).toEqual(dense([[NaN, NaN], [NaN, NaN], [1, 1]])); // prettier-ignore
  });

  test('tables of obsm are joined by column name', () => {
    const parts = [a(), b()];
    parts[0]!.obsm.set('t', new Table(['p', 'q'], [['u', stringColumn(['1', '2'])]]));
    parts[1]!.obsm.set('t', new Table(['p'], [['u', stringColumn(['3'])], ['v', stringColumn(['4'])]])); // prettier-ignore
    const inner = concat(parts, { indexUnique: '-' }).obsm.get('t') as Table;
    expect(inner.columnNames).toEqual(['u']);
    expect(inner.index).toEqual(['p-0', 'q-0', 'p-1']);
    const outer = concat(parts, { join: 'outer' }).obsm.get('t') as Table;
    expect(valuesOf(outer.get('v'))).toEqual([null, null, '4']);
    parts[1]!.obsm.set('t', DenseMatrix.zeros(1, 1));
    expect(caught(() => concat(parts)).message).toContain('obsm["t"] is a table in some parts');
  });

  test('pairwise: blocks along the diagonal', () => {
    const [x, y] = [a(), b()];
    x.obsp.set('g', sparse([[0, 1], [2, 0]])); // prettier-ignore
    y.obsp.set('g', dense([[3]]));
    expect(concat([x, y]).obsp.size).toBe(0);
    const blocks = [[0, 1, 0], [2, 0, 0], [0, 0, 3]]; // prettier-ignore
    expect(concat([x, y], { pairwise: true }).obsp.get('g')?.toDense()).toEqual(dense(blocks));
    y.obsp.clear();
    expect(concat([x, y], { pairwise: true }).obsp.size).toBe(0);
    blocks[2] = [0, 0, 0];
    const outer = concat([x, y], { pairwise: true, join: 'outer' });
    expect(outer.obsp.get('g')?.toDense()).toEqual(dense(blocks));
  });

  test('raw is joined if all have it, else dropped with a warning', () => {
    const withRaw = (data: AnnData): AnnData =>
      new AnnData({ obs: data.obs, var: data.var, X: data.X, raw: { X: data.X, var: data.var, varm: new Map() } }); // prettier-ignore
    const { raw } = concat([withRaw(a()), withRaw(b())], { join: 'outer' });
    expect(raw?.var.index).toEqual(['w', 'x', 'y', 'z']);
    expect(raw?.X.shape).toEqual([3, 4]);
    const texts: string[] = [];
    const reporter = { ...silentReporter, message: (_: string, text: string) => texts.push(text) };
    expect(concat([withRaw(a()), b()], { reporter }).raw).toBeUndefined();
    expect(texts).toEqual(['concat: raw is dropped, as only some of the parts have it']);
  });
});

describe('merge', () => {
  const annotated = (data: AnnData, columns: Record<string, string[]>): AnnData => {
    for (const [name, values] of Object.entries(columns)) data.var.set(name, stringColumn(values));
    return data;
  };
  // Of genes x and y: "id" is the same, "note" differs, "one" and "two" are in one part each.
  const parts = (): AnnData[] => [
    annotated(a(), { id: ['Z', 'X', 'Y'], note: ['1', '2', '3'], one: ['i', 'j', 'k'] }),
    annotated(b(), { id: ['Y', 'W', 'X'], note: ['4', '5', '6'], two: ['l', 'm', 'n'] }),
  ];

  test.each([
    [undefined, []],
    ['same', ['id']],
    ['unique', ['id', 'one', 'two']],
    ['first', ['id', 'note', 'one', 'two']],
    ['only', ['one', 'two']],
  ] as const)('%p keeps the columns %p of var', (merge, names) => {
    const { var: variables } = concat(parts(), merge === undefined ? {} : { merge });
    expect(variables.columnNames).toEqual(names);
    if (merge === 'first') expect(valuesOf(variables.get('note'))).toEqual(['2', '3']);
    if (merge === 'only') expect(valuesOf(variables.get('two'))).toEqual(['n', 'l']);
  });

  test('genes that a part lacks have missing values', () => {
    const { var: variables } = concat(parts(), { join: 'outer', merge: 'first' });
    expect(valuesOf(variables.get('id'))).toEqual([null, 'X', 'Y', 'Z']);
    expect(valuesOf(variables.get('two'))).toEqual(['m', 'n', 'l', null]);
    expect(concat(parts(), { join: 'outer', merge: 'same' }).var.columnNames).toEqual([]);
  });

  test('uns is merged key by key', () => {
    const withUns = (data: AnnData, entries: [string, UnsValue][]): AnnData => {
      for (const [key, value] of entries) data.uns.set(key, value);
      return data;
    };
    const two = [
      withUns(a(), [['v', Float64Array.of(1, NaN)], ['d', new Map([['x', 1], ['y', 2]])], ['m', sparse([[0, 1]])]]), // prettier-ignore
      withUns(b(), [['v', Float64Array.of(1, NaN)], ['d', new Map([['x', 1], ['y', 3]])], ['m', dense([[0, 1]])]]), // prettier-ignore
    ];
    expect(concat(two).uns.size).toBe(0);
    const [column, other] = [stringColumn(['x', null]), stringColumn(['x', 'y'])];
    two.forEach(({ uns }) => uns.set('same column', stringColumn(['x', null])));
    two.forEach(({ uns }, p) => uns.set('columns', p === 0 ? column : other));
    two.forEach(({ uns }, p) => uns.set('column or list', p === 0 ? column : ['x', 'y']));
    const merged = concat(two, { unsMerge: 'same' }).uns;
    expect([...merged.keys()]).toEqual(['v', 'd', 'same column']);
    expect(merged.get('d')).toEqual(new Map([['x', 1]]));
  });
});

describe('refused', () => {
  const without = (): AnnData => new AnnData({ obs: new Table(['c']), var: a().var });
  const twice = (): AnnData => AnnData.fromMatrix(dense([[1, 2]]), { varNames: ['x', 'x'] });
  test.each<[string, AnnData[], ConcatOptions, unknown, RegExp]>([
    ['no parts', [], {}, DataError, /no data/],
    [
      'X in some',
      [a(), without()],
      {},
      DataError,
      /only some of the parts have X: got none in part 1/,
    ],
    ['names twice', [a(), twice()], {}, DataError, /twice in the var of part 1: got "x".*unique/],
    [
      'no gene in common',
      [a(), AnnData.fromMatrix(dense([[1]]))],
      {},
      DataError,
      /share no gene: got z, x, y \.\.\. and gene_00000\. Name/,
    ],
    ['too few keys', [a(), b()], { keys: ['k'] }, ParamError, /got 1, expected 2/],
    ['a key twice', [a(), b()], { keys: ['k', 'k'] }, ParamError, /twice: got "k"/],
  ])('%s', (_, parts, options, type, message) => {
    const error = caught(() => concat(parts, options));
    expect(error).toBeInstanceOf(type);
    expect(error.message).toMatch(message);
  });

  test('keys beside those of a record', () => {
    expect(caught(() => concat({ one: a() }, { keys: ['k'] }))).toBeInstanceOf(ParamError);
  });
});
