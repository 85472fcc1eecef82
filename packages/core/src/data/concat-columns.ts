import {
  categoricalColumn,
  columnLength,
  columnValue,
  compareText,
  numericColumn,
  selectColumnRows,
  stringColumn,
  type BooleanColumn,
  type CategoricalColumn,
  type Category,
  type Column,
  type NumericArray,
  type NumericColumn,
  type NumericDtype,
} from '../table/column.js';
import { Table } from '../table/table.js';
import { joinKeys, type Join } from './concat-names.js';

/** A column, or the number of rows for which there is none. */
type Piece = Column | number;

/** Tables below each other, with the columns of all (`inner`) or of any (`outer`) of them. */
export function stackTables(tables: readonly Table[], index: readonly string[], join: Join): Table {
  const names = joinKeys(
    tables.map(({ columnNames }) => columnNames),
    join,
  );
  const [first] = tables;
  const isShared = tables.every(({ indexName }) => indexName === first?.indexName);
  return new Table(
    index,
    names.map((name) => [
      name,
      stackColumns(tables.map((table) => table.find(name) ?? table.nRows)),
    ]),
    isShared ? first?.indexName : undefined,
  );
}

/**
 * Columns below each other; a number stands for so many missing values. Numbers get the type that
 * holds them all; whole numbers without missing flags become float64 with NaN where some are
 * missing; categories are united; kinds that do not go together become texts.
 */
export function stackColumns(pieces: readonly Piece[]): Column {
  const columns = pieces.filter((piece) => typeof piece !== 'number');
  if (columns.length === 1 && pieces.length === 1) return columns[0]!;
  const kinds = new Set(columns.map(({ kind }) => kind));
  if (kinds.size !== 1) return stackTexts(pieces);
  switch (columns[0]!.kind) {
    case 'numeric':
      return stackNumbers(pieces as (NumericColumn | number)[]);
    case 'boolean':
      return stackBooleans(pieces as (BooleanColumn | number)[]);
    case 'categorical':
      return stackCategories(pieces as (CategoricalColumn | number)[]);
    case 'string':
      return stackTexts(pieces);
  }
}

/** Rows of a column in the given order, missing where the row is -1. */
export function alignColumn(column: Column, rows: Int32Array): Column {
  if (!rows.includes(-1)) return selectColumnRows(column, rows);
  // The row behind the last one is the missing one.
  const n = columnLength(column);
  return selectColumnRows(
    stackColumns([column, 1]),
    rows.map((row) => (row === -1 ? n : row)),
  );
}

function lengthOf(piece: Piece): number {
  return typeof piece === 'number' ? piece : columnLength(piece);
}

function totalLength(pieces: readonly Piece[]): number {
  return pieces.reduce<number>((sum, piece) => sum + lengthOf(piece), 0);
}

function stackNumbers(pieces: readonly (NumericColumn | number)[]): NumericColumn {
  const columns = pieces.filter((piece) => typeof piece !== 'number');
  const hasGap = pieces.some((piece) => typeof piece === 'number' && piece > 0);
  const isNullable = columns.some(({ missing }) => missing !== undefined);
  const common = columns.map(({ dtype }) => dtype).reduce(commonDtype);
  const dtype = hasGap && !isNullable && !common.startsWith('float') ? 'float64' : common;
  const total = totalLength(pieces);
  const values = new ARRAYS[dtype](total);
  const missing = isNullable ? new Uint8Array(total) : undefined;
  let offset = 0;
  for (const piece of pieces) {
    const length = lengthOf(piece);
    if (typeof piece === 'number') {
      if (missing === undefined) values.fill(NaN, offset, offset + length);
      else missing.fill(1, offset, offset + length);
    } else {
      values.set(piece.values, offset);
      if (piece.missing) missing?.set(piece.missing, offset);
    }
    offset += length;
  }
  return numericColumn(values, dtype, missing);
}

function stackBooleans(pieces: readonly (BooleanColumn | number)[]): BooleanColumn {
  const total = totalLength(pieces);
  const values = new Uint8Array(total);
  const missing = new Uint8Array(total);
  let offset = 0;
  for (const piece of pieces) {
    const length = lengthOf(piece);
    if (typeof piece === 'number') {
      missing.fill(1, offset, offset + length);
    } else {
      values.set(piece.values, offset);
      if (piece.missing) missing.set(piece.missing, offset);
    }
    offset += length;
  }
  const isNullable =
    missing.includes(1) || pieces.some((piece) => typeof piece !== 'number' && piece.missing);
  return { kind: 'boolean', values, ...(isNullable && { missing }) };
}

/** Categories in their order if all columns have the same ones; else their union, sorted. */
function stackCategories(pieces: readonly (CategoricalColumn | number)[]): CategoricalColumn {
  const columns = pieces.filter((piece) => typeof piece !== 'number');
  const first = columns[0]!;
  const isSame = columns.every(
    ({ categories, ordered }) =>
      ordered === first.ordered && sameCategories(categories, first.categories),
  );
  const categories = isSame ? first.categories : unitedCategories(columns);
  const codeOf = new Map(categories.map((category, code) => [String(category), code]));
  const codes = new Int32Array(totalLength(pieces)).fill(-1);
  let offset = 0;
  for (const piece of pieces) {
    if (typeof piece !== 'number') {
      const united = piece.categories.map((category) => codeOf.get(String(category)) ?? -1);
      piece.codes.forEach((code, i) => {
        codes[offset + i] = code < 0 ? -1 : united[code]!;
      });
    }
    offset += lengthOf(piece);
  }
  return categoricalColumn(codes, categories, isSame && first.ordered);
}

function sameCategories(a: readonly Category[], b: readonly Category[]): boolean {
  return a.length === b.length && a.every((category, i) => category === b[i]);
}

/** Sorted; as texts, if they are not all of one type. */
function unitedCategories(columns: readonly CategoricalColumn[]): readonly Category[] {
  const all = [...new Set(columns.flatMap(({ categories }) => categories))];
  const isMixed = new Set(all.map((category) => typeof category)).size > 1;
  const united = isMixed ? [...new Set(all.map(String))] : all;
  if (united.every((category) => typeof category === 'number')) return united.sort((a, b) => a - b);
  return united.sort((a, b) => compareText(String(a), String(b)));
}

function stackTexts(pieces: readonly Piece[]): Column {
  return stringColumn(
    pieces.flatMap((piece) =>
      Array.from({ length: lengthOf(piece) }, (_, i) => {
        const value = typeof piece === 'number' ? null : columnValue(piece, i);
        return value === null || Number.isNaN(value) ? null : String(value);
      }),
    ),
  );
}

const ARRAYS: Readonly<Record<NumericDtype, new (length: number) => NumericArray>> = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: Float64Array,
  uint64: Float64Array,
  float32: Float32Array,
  float64: Float64Array,
};

/** The smallest type that holds the values of both, by NumPy's rules. */
function commonDtype(a: NumericDtype, b: NumericDtype): NumericDtype {
  if (a === b) return a;
  const [x, y] = [describe(a), describe(b)];
  if (x.kind === 'float' || y.kind === 'float') {
    const isSingle = [x, y].every(({ kind, bits }) => bits <= (kind === 'float' ? 32 : 16));
    return isSingle ? 'float32' : 'float64';
  }
  if (x.kind === y.kind) return x.bits > y.bits ? a : b;
  const [signed, unsigned] = x.kind === 'int' ? [x, y] : [y, x];
  const bits = Math.max(signed.bits, 2 * unsigned.bits);
  return bits > 64 ? 'float64' : (`int${bits}` as NumericDtype);
}

function describe(dtype: NumericDtype): { kind: string; bits: number } {
  const kind = dtype.replace(/\d+$/, '');
  return { kind, bits: Number(dtype.slice(kind.length)) };
}

/** True if both columns hold the same values, of the same kind, missing in the same rows. */
export function equalColumns(a: Column, b: Column): boolean {
  const n = columnLength(a);
  if (a.kind !== b.kind || n !== columnLength(b)) return false;
  if (a.kind === 'numeric' && b.kind === 'numeric' && a.dtype !== b.dtype) return false;
  for (let i = 0; i < n; i++) {
    const [x, y] = [columnValue(a, i), columnValue(b, i)];
    if (x !== y && !(Number.isNaN(x) && Number.isNaN(y))) return false;
  }
  return true;
}
