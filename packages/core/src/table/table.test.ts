import { describe, expect, test } from '@jest/globals';
import { DataError } from '../errors.js';
import { caught } from '../testing/caught.js';
import { columnValue, numericColumn, stringColumn } from './column.js';
import { Table } from './table.js';

const example = (): Table =>
  new Table(
    ['c0', 'c1', 'c2'],
    [
      ['n', numericColumn(Int32Array.of(10, 11, 12))],
      ['s', stringColumn(['a', 'b', null])],
    ],
    'barcode',
  );

test('keeps names and columns in order', () => {
  const table = example();
  expect(table.nRows).toBe(3);
  expect(table.index).toEqual(['c0', 'c1', 'c2']);
  expect(table.indexName).toBe('barcode');
  expect(table.columnNames).toEqual(['n', 's']);
  expect([...table.entries()].map(([name]) => name)).toEqual(['n', 's']);
});

test('set replaces in place, delete removes', () => {
  const table = example();
  table.set('n', stringColumn(['x', 'y', 'z'])).set('new', numericColumn(Int32Array.of(1, 2, 3)));
  expect(table.columnNames).toEqual(['n', 's', 'new']);
  expect(table.get('n').kind).toBe('string');
  table.delete('s');
  table.delete('never there');
  expect(table.columnNames).toEqual(['n', 'new']);
  expect(table.has('s')).toBe(false);
  expect(table.find('s')).toBeUndefined();
});

describe('errors', () => {
  test('a column of another length, also in the constructor', () => {
    const message = 'column "bad" does not fit its table: got 2 values, expected 3';
    const error = caught(() => example().set('bad', numericColumn(Int32Array.of(1, 2))));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toBe(message);
    expect(() => new Table(['a', 'b', 'c'], [['bad', stringColumn(['x', 'y'])]])).toThrow(message);
  });

  test('an unknown column names those there are', () => {
    expect(() => example().get('x')).toThrow('there is no column "x": expected one of "n", "s"');
    expect(() => new Table([]).get('x')).toThrow('expected a table with columns');
  });

  test('at most twelve columns are named', () => {
    const table = new Table([]);
    for (let i = 0; i < 15; i++) table.set(`c${i}`, stringColumn([]));
    expect(caught(() => table.get('x')).message).toMatch(/"c11", and 3 more$/);
  });

  test.each([[3], [-1], [0.5]])('row %p is refused', (row) => {
    const error = caught(() => example().selectRows([0, row]));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toContain(`got ${row}, expected an integer in [0, 3)`);
  });
});

describe('rows', () => {
  test('indexOf is the first row of that name, -1 for an unknown one', () => {
    const table = new Table(['a', 'b', 'a']);
    expect(['a', 'b', 'z'].map((name) => table.indexOf(name))).toEqual([0, 1, -1]);
  });

  test('selection keeps names and columns together', () => {
    const selected = example().selectRows([2, 0, 2]);
    expect(selected.index).toEqual(['c2', 'c0', 'c2']);
    expect(selected.indexName).toBe('barcode');
    expect([0, 1, 2].map((i) => columnValue(selected.get('n'), i))).toEqual([12, 10, 12]);
    expect([0, 1, 2].map((i) => columnValue(selected.get('s'), i))).toEqual([null, 'a', null]);
  });

  test('generated names have equal width and sort in order', () => {
    const { index } = Table.withGeneratedIndex(123457, 'cell');
    expect(index[0]).toBe('cell_000000');
    expect(index[123456]).toBe('cell_123456');
    expect(Table.withGeneratedIndex(2, 'gene').index).toEqual(['gene_00000', 'gene_00001']);
    expect(Table.withGeneratedIndex(0, 'gene').nRows).toBe(0);
  });
});

test('a copy does not change with its original', () => {
  const table = example();
  const copy = table.copy();
  const column = table.get('n');
  if (column.kind === 'numeric') column.values[0] = 99;
  table.set('later', stringColumn(['x', 'y', 'z'])).delete('s');
  expect(columnValue(copy.get('n'), 0)).toBe(10);
  expect(copy.columnNames).toEqual(['n', 's']);
  expect(copy.indexName).toBe('barcode');
});
