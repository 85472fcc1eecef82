import { DataError } from '../errors.js';

/** Number formats a column can have on disk. */
export type NumericDtype =
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'float32'
  | 'float64';

/** Typed arrays a numeric column is held in; 64-bit integers are held as exact float64. */
export type NumericArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array;

/** Numbers, with `missing[i] = 1` where a nullable column has no value. */
export interface NumericColumn {
  readonly kind: 'numeric';
  readonly values: NumericArray;
  readonly dtype: NumericDtype;
  readonly missing?: Uint8Array;
}

/** Truth values 0 and 1. */
export interface BooleanColumn {
  readonly kind: 'boolean';
  readonly values: Uint8Array;
  readonly missing?: Uint8Array;
}

/** Texts; `null` is missing. */
export interface StringColumn {
  readonly kind: 'string';
  readonly values: readonly (string | null)[];
}

/** One level of a categorical column. */
export type Category = string | number | boolean;

/** Codes into a list of distinct categories; code -1 is missing. */
export interface CategoricalColumn {
  readonly kind: 'categorical';
  readonly codes: Int32Array;
  readonly categories: readonly Category[];
  readonly ordered: boolean;
}

/** One typed column of a {@link Table}. */
export type Column = NumericColumn | BooleanColumn | StringColumn | CategoricalColumn;

/**
 * Column of numbers; the dtype follows the array unless it is given.
 *
 * @throws {@link DataError} if there is not one missing flag a value
 */
export function numericColumn(
  values: NumericArray,
  dtype: NumericDtype = dtypeOf(values),
  missing?: Uint8Array,
): NumericColumn {
  if (missing !== undefined && missing.length !== values.length) {
    throw new DataError('missing flags do not fit their column', {
      got: String(missing.length),
      expected: String(values.length),
    });
  }
  return { kind: 'numeric', values, dtype, ...(missing === undefined ? {} : { missing }) };
}

/** Column of truth values. */
export function booleanColumn(values: ArrayLike<boolean | number>): BooleanColumn {
  return { kind: 'boolean', values: Uint8Array.from(values, (value) => (value ? 1 : 0)) };
}

/** Column of texts. */
export function stringColumn(values: readonly (string | null)[]): StringColumn {
  return { kind: 'string', values };
}

/**
 * Categorical column of codes and categories.
 *
 * @throws {@link DataError} if a code is out of range or a category occurs twice
 */
export function categoricalColumn(
  codes: Int32Array,
  categories: readonly Category[],
  ordered = false,
): CategoricalColumn {
  const bad = codes.find((code) => code < -1 || code >= categories.length);
  if (bad !== undefined) {
    throw new DataError('categorical code out of range', {
      got: String(bad),
      expected: `-1 (missing) to ${categories.length - 1}`,
    });
  }
  if (new Set(categories).size !== categories.length) {
    throw new DataError('a category occurs twice', { got: categories.join(', ') });
  }
  return { kind: 'categorical', codes, categories, ordered };
}

/** Categorical column from texts; categories are sorted, as pandas does. */
export function categoricalFromStrings(values: readonly (string | null)[]): CategoricalColumn {
  const categories = [...new Set(values.filter((value) => value !== null))].sort(compareText);
  const codeOf = new Map(categories.map((category, code) => [category, code]));
  const codes = Int32Array.from(values, (value) =>
    value === null ? -1 : (codeOf.get(value) ?? -1),
  );
  return categoricalColumn(codes, categories);
}

/** Number of rows of a column. */
export function columnLength(column: Column): number {
  return column.kind === 'categorical' ? column.codes.length : column.values.length;
}

/** Value at row `i`; `null` where it is missing. */
export function columnValue(column: Column, i: number): Category | null {
  switch (column.kind) {
    case 'categorical': {
      const code = column.codes[i]!;
      return code < 0 ? null : column.categories[code]!;
    }
    case 'string':
      return column.values[i]!;
    case 'boolean':
      return column.missing?.[i] ? null : column.values[i] === 1;
    case 'numeric':
      return column.missing?.[i] ? null : column.values[i]!;
  }
}

/**
 * Categorical view of any column: strings and numbers become sorted categories.
 * Non-finite numbers are missing, an empty text is a category of its own.
 */
export function asCategorical(column: Column): CategoricalColumn {
  if (column.kind === 'categorical') return column;
  const n = columnLength(column);
  const values = Array.from({ length: n }, (_, i) => {
    const value = columnValue(column, i);
    return typeof value === 'number' && !Number.isFinite(value) ? null : value;
  });
  const categories = [...new Set(values.filter((value) => value !== null))].sort(compareCategories);
  const codeOf = new Map(categories.map((category, code) => [category, code]));
  const codes = Int32Array.from(values, (value) =>
    value === null ? -1 : (codeOf.get(value) ?? -1),
  );
  return categoricalColumn(codes, categories);
}

/** Rows of a column in the given order. */
export function selectColumnRows(column: Column, rows: ArrayLike<number>): Column {
  switch (column.kind) {
    case 'categorical':
      return { ...column, codes: Int32Array.from(rows, (i) => column.codes[i]!) };
    case 'string':
      return { ...column, values: Array.from(rows, (i) => column.values[i]!) };
    case 'boolean':
      return { ...column, values: pick(column.values, rows), ...pickMissing(column.missing, rows) };
    case 'numeric':
      return { ...column, values: pick(column.values, rows), ...pickMissing(column.missing, rows) };
  }
}

/** Column with copies of its arrays. */
export function copyColumn(column: Column): Column {
  return selectColumnRows(
    column,
    Int32Array.from({ length: columnLength(column) }, (_, i) => i),
  );
}

function pick<T extends NumericArray>(values: T, rows: ArrayLike<number>): T {
  const picked = new (values.constructor as new (length: number) => T)(rows.length);
  for (let r = 0; r < rows.length; r++) picked[r] = values[rows[r]!]!;
  return picked;
}

function pickMissing(
  missing: Uint8Array | undefined,
  rows: ArrayLike<number>,
): { missing?: Uint8Array } {
  return missing === undefined ? {} : { missing: pick(missing, rows) };
}

function dtypeOf(values: NumericArray): NumericDtype {
  return values.constructor.name.replace('Array', '').toLowerCase() as NumericDtype;
}

/** Code-unit order, the same on every machine (locale-free). */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareCategories(a: Category, b: Category): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : compareText(String(a), String(b));
}
