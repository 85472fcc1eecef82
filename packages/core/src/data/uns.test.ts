import { expect, test } from '@jest/globals';
import { CsrMatrix } from '../matrix/csr-matrix.js';
import { DenseMatrix } from '../matrix/dense-matrix.js';
import { categoricalColumn, numericColumn, type Column } from '../table/column.js';
import { Table } from '../table/table.js';
import { copyUns, viewUns, type NdArray, type UnsDict, type UnsValue } from './uns.js';

function example(): UnsDict {
  const ndarray: NdArray = { kind: 'ndarray', shape: [1, 1, 2], data: Float64Array.of(1, 2) };
  return new Map<string, UnsValue>([
    ['text', 'a'],
    ['nothing', null],
    ['texts', ['x', 'y']],
    ['numbers', Float32Array.of(1, 2)],
    ['ndarray', ndarray],
    ['column', numericColumn(Int32Array.of(1, 2), 'int32', Uint8Array.of(0, 1))],
    ['categories', categoricalColumn(Int32Array.of(0, -1), ['a'])],
    ['dense', DenseMatrix.fromRows([[1, 2]])],
    ['sparse', CsrMatrix.fromDense(DenseMatrix.fromRows([[0, 3]]))],
    ['table', new Table(['r'], [['n', numericColumn(Int32Array.of(5))]])],
    ['nested', new Map<string, UnsValue>([['inner', Int32Array.of(7)]])],
  ]);
}

test('a copy is equal and shares nothing that can be written to', () => {
  const dict = example();
  const copy = copyUns(dict);
  expect(copy).toEqual(dict);
  (copy.get('numbers') as Float32Array)[0] = 9;
  (copy.get('ndarray') as NdArray).data[0] = 9;
  const [column, categories] = [copy.get('column') as Column, copy.get('categories') as Column];
  if (column.kind !== 'numeric' || categories.kind !== 'categorical') throw new Error('lost');
  column.values[0] = 9;
  column.missing?.fill(9);
  categories.codes[0] = -1;
  (copy.get('dense') as DenseMatrix).data[0] = 9;
  (copy.get('sparse') as CsrMatrix).data[0] = 9;
  (copy.get('table') as Table).delete('n');
  const nested = copy.get('nested') as UnsDict;
  (nested.get('inner') as Int32Array)[0] = 9;
  nested.set('new', 1);
  copy.delete('text');
  expect(dict).toEqual(example());
});

test('a view shares arrays and matrices but no dictionary or table', () => {
  const dict = example();
  const view = viewUns(dict);
  expect(view).toEqual(dict);
  for (const key of ['numbers', 'ndarray', 'column', 'categories', 'dense', 'sparse']) {
    expect(view.get(key)).toBe(dict.get(key));
  }
  (view.get('table') as Table).delete('n');
  (view.get('nested') as UnsDict).set('new', 1);
  view.delete('text');
  expect(dict).toEqual(example());
});
