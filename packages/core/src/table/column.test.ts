import { describe, expect, test } from '@jest/globals';
import { DataError } from '../errors.js';
import { caught } from '../testing/caught.js';
import {
  asCategorical,
  booleanColumn,
  categoricalColumn,
  categoricalFromStrings,
  columnLength,
  columnValue,
  compareText,
  copyColumn,
  numericColumn,
  selectColumnRows,
  stringColumn,
  type Category,
  type Column,
} from './column.js';

const valuesOf = (column: Column): (Category | null)[] =>
  Array.from({ length: columnLength(column) }, (_, i) => columnValue(column, i));

/** One column of each kind with its values; the second one is missing where it can be. */
const COLUMNS: [string, Column, (Category | null)[]][] = [
  ['numeric', numericColumn(Float64Array.of(1.5, 2, -3)), [1.5, 2, -3]],
  [
    'nullable numeric',
    numericColumn(Int32Array.of(1, 2, 3), 'int32', Uint8Array.of(0, 1, 0)),
    [1, null, 3],
  ],
  ['boolean', booleanColumn([true, false, 1]), [true, false, true]],
  [
    'nullable boolean',
    { kind: 'boolean', values: Uint8Array.of(1, 1, 0), missing: Uint8Array.of(0, 1, 0) },
    [true, null, false],
  ],
  ['string', stringColumn(['b', null, '']), ['b', null, '']],
  ['categorical', categoricalColumn(Int32Array.of(1, -1, 0), ['x', 'y']), ['y', null, 'x']],
];

describe.each(COLUMNS)('%s column', (_, column, values) => {
  test('gives its values, null where one is missing', () => {
    expect(valuesOf(column)).toEqual(values);
  });

  test('rows are selected in any order, also repeated', () => {
    const selected = selectColumnRows(column, [2, 1, 2]);
    expect(valuesOf(selected)).toEqual([values[2], values[1], values[2]]);
    expect(selected.kind).toBe(column.kind);
  });

  test('a copy is equal and shares no array', () => {
    const copy = copyColumn(column);
    expect(copy).toEqual(column);
    const arraysOf = (some: Column): unknown[] =>
      some.kind === 'categorical'
        ? [some.codes]
        : [some.values, 'missing' in some ? some.missing : undefined];
    arraysOf(copy).forEach((array, i) => {
      if (array !== undefined) expect(array).not.toBe(arraysOf(column)[i]);
    });
  });
});

describe('numericColumn', () => {
  test.each([
    ['int8', Int8Array.of(1)],
    ['uint8', Uint8Array.of(1)],
    ['int16', Int16Array.of(1)],
    ['uint16', Uint16Array.of(1)],
    ['int32', Int32Array.of(1)],
    ['uint32', Uint32Array.of(1)],
    ['float32', Float32Array.of(1)],
    ['float64', Float64Array.of(1)],
  ])('%s follows from the array', (dtype, values) => {
    expect(numericColumn(values).dtype).toBe(dtype);
  });

  test('keeps a dtype that is given, also through selection', () => {
    const column = numericColumn(Float64Array.of(2 ** 40, 1), 'int64');
    expect(selectColumnRows(column, [0])).toEqual({
      kind: 'numeric',
      values: Float64Array.of(2 ** 40),
      dtype: 'int64',
    });
  });

  test('needs a missing flag for each value', () => {
    const error = caught(() => numericColumn(Int32Array.of(1, 2), 'int32', Uint8Array.of(1)));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toContain('got 1, expected 2');
  });
});

describe('categorical columns', () => {
  test.each([[-2], [2]])('code %p is refused', (code) => {
    const error = caught(() => categoricalColumn(Int32Array.of(0, code), ['a', 'b']));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toContain(`got ${code}, expected -1 (missing) to 1`);
  });

  test('a category that occurs twice is refused', () => {
    expect(() => categoricalColumn(Int32Array.of(0), ['a', 'b', 'a'])).toThrow(
      'a category occurs twice: got a, b, a',
    );
  });

  test('categories of texts are sorted by code unit, whatever the locale', () => {
    const column = categoricalFromStrings(['b', 'Z', null, 'a', 'é', 'b']);
    expect(column.categories).toEqual(['Z', 'a', 'b', 'é']);
    expect([...column.codes]).toEqual([2, 0, -1, 1, 3, 2]);
    expect(column.ordered).toBe(false);
  });

  test('only missing values give no categories', () => {
    const column = categoricalFromStrings([null, null]);
    expect(column.categories).toEqual([]);
    expect([...column.codes]).toEqual([-1, -1]);
  });

  test('ordered survives selection', () => {
    const column = categoricalColumn(Int32Array.of(0, 1), ['low', 'high'], true);
    expect(selectColumnRows(column, [1])).toMatchObject({
      ordered: true,
      categories: ['low', 'high'],
    });
  });
});

describe('asCategorical', () => {
  test('is the column itself where it is categorical already', () => {
    const column = categoricalColumn(Int32Array.of(0), ['only', 'unused']);
    expect(asCategorical(column)).toBe(column);
  });

  test('sorts numbers as numbers', () => {
    const column = asCategorical(numericColumn(Int32Array.of(10, 9, 10, 100)));
    expect(column.categories).toEqual([9, 10, 100]);
    expect([...column.codes]).toEqual([1, 0, 1, 2]);
  });

  test('what is not finite or flagged missing has no category', () => {
    const values = Float32Array.of(1, NaN, Infinity, 0, 2);
    const column = asCategorical(numericColumn(values, 'float32', Uint8Array.of(0, 0, 0, 1, 0)));
    expect(column.categories).toEqual([1, 2]);
    expect([...column.codes]).toEqual([0, -1, -1, -1, 1]);
  });

  test('null texts are missing, empty ones are a category', () => {
    const column = asCategorical(stringColumn(['b', null, '', 'b']));
    expect(column.categories).toEqual(['', 'b']);
    expect([...column.codes]).toEqual([1, -1, 0, 1]);
  });

  test('false comes before true', () => {
    const column = asCategorical(booleanColumn([true, false]));
    expect(column.categories).toEqual([false, true]);
    expect([...column.codes]).toEqual([1, 0]);
  });
});

test('compareText orders by code unit', () => {
  expect(['a', 'B', 'b', 'A', 'a'].sort(compareText)).toEqual(['A', 'B', 'a', 'a', 'b']);
});
