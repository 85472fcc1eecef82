import { CsrMatrix } from '../matrix/csr-matrix.js';
import type { Matrix } from '../matrix/matrix.js';
import type { Column, NumericArray } from '../table/column.js';
import { Table } from '../table/table.js';
import type { Aligned } from './anndata.js';
import { alignColumn, equalColumns } from './concat-columns.js';
import { alignColumns, alignRows } from './concat-matrices.js';
import { joinKeys, type Alignment } from './concat-names.js';
import type { NdArray, UnsDict, UnsValue } from './uns.js';

/**
 * What becomes of entries that do not belong to cells, such as columns of `var`:
 * `same`: those that are there in all parts and equal; `unique`: those with one value only, wherever
 * they are; `first`: the first of each; `only`: those that one part alone has.
 */
export type MergeStrategy = 'same' | 'unique' | 'first' | 'only';

/** Chooses one of the values of a key, one a part that has it. */
function choose<T>(
  values: readonly T[],
  strategy: MergeStrategy,
  isEqual: (a: T, b: T) => boolean,
): T | undefined {
  const [first, ...others] = values;
  if (first === undefined || strategy === 'first') return first;
  if (strategy === 'only') return others.length === 0 ? first : undefined;
  return others.every((other) => isEqual(first, other)) ? first : undefined;
}

function mergeEntries<T>(
  parts: readonly ReadonlyMap<string, T>[],
  strategy: MergeStrategy | undefined,
  pick: (values: readonly T[], strategy: MergeStrategy) => T | undefined,
): Map<string, T> {
  const merged = new Map<string, T>();
  if (strategy === undefined) return merged;
  const keys = joinKeys(
    parts.map((part) => part.keys()),
    strategy === 'same' ? 'inner' : 'outer',
  );
  for (const key of keys) {
    const values = parts.map((part) => part.get(key)).filter((value) => value !== undefined);
    const chosen = pick(values, strategy);
    if (chosen !== undefined) merged.set(key, chosen);
  }
  return merged;
}

/** The table of the joined names with those columns of the parts that the strategy chooses. */
export function mergeTables(
  tables: readonly Table[],
  { names, sources }: Alignment,
  strategy: MergeStrategy | undefined,
): Table {
  const [first] = tables;
  const isShared = tables.every(({ indexName }) => indexName === first?.indexName);
  const aligned = tables.map(
    (table, p) =>
      new Map([...table.entries()].map(([key, column]) => [key, alignColumn(column, sources[p]!)])),
  );
  const columns = mergeEntries(aligned, strategy, (values, how) =>
    choose(values, how, equalColumns),
  );
  return new Table(names, columns, isShared ? first?.indexName : undefined);
}

/** Entries of `varm` that the strategy chooses, in the order of the joined names. */
export function mergeAligned(
  parts: readonly ReadonlyMap<string, Aligned>[],
  { names, sources }: Alignment,
  strategy: MergeStrategy | undefined,
): Map<string, Aligned> {
  if (strategy === undefined) return new Map();
  const aligned = parts.map(
    (part, p) =>
      new Map([...part].map(([key, entry]) => [key, realign(entry, names, sources[p]!)])),
  );
  return mergeEntries(aligned, strategy, (values, how) => choose(values, how, equalValues));
}

/** Entries of `varp` that the strategy chooses, in the order of the joined names. */
export function mergePairs(
  parts: readonly ReadonlyMap<string, Matrix>[],
  { sources }: Alignment,
  strategy: MergeStrategy | undefined,
): Map<string, Matrix> {
  if (strategy === undefined) return new Map();
  const aligned = parts.map(
    (part, p) =>
      new Map([...part].map(([key, matrix]) => [key, realignPairs(matrix, sources[p]!)])),
  );
  return mergeEntries(aligned, strategy, (values, how) => choose(values, how, equalValues));
}

/** Entries of `uns` that the strategy chooses; dictionaries are merged key by key. */
export function mergeUns(
  parts: readonly UnsDict[],
  strategy: MergeStrategy | undefined,
): Map<string, UnsValue> {
  return mergeEntries<UnsValue>(parts, strategy, (values, how) => {
    const dicts = values.filter((value) => value instanceof Map);
    if (dicts.length < values.length) return choose(values, how, equalValues);
    const merged = mergeUns(dicts, how);
    return merged.size === 0 ? undefined : merged;
  });
}

function realign(entry: Aligned, names: readonly string[], source: Int32Array): Aligned {
  if (!(entry instanceof Table)) return alignRows(entry, source);
  const columns = [...entry.entries()].map(
    ([key, column]) => [key, alignColumn(column, source)] as const,
  );
  return new Table(names, columns, entry.indexName);
}

function realignPairs(matrix: Matrix, source: Int32Array): Matrix {
  const rows = alignRows(matrix, source);
  return rows.kind === 'csr'
    ? alignColumns(rows, source, 0)
    : alignRows(rows.transpose(), source).toDense().transpose();
}

function equalValues(a: UnsValue, b: UnsValue): boolean {
  if (a === b) return true;
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') {
    return Number.isNaN(a) && Number.isNaN(b);
  }
  if (a instanceof Table) return b instanceof Table && equalTables(a, b);
  if (b instanceof Table || a instanceof Map || b instanceof Map) return false;
  if (isList(a) || isList(b)) return isList(a) && isList(b) && equalLists(a, b);
  if (isColumn(a) || isColumn(b)) return isColumn(a) && isColumn(b) && equalColumns(a, b);
  if (a.kind !== b.kind || !equalLists(shapeOf(a), shapeOf(b))) return false;
  return a.kind === 'csr' && b.kind === 'csr' ? equalSparse(a, b) : equalLists(a.data, b.data);
}

function isList(value: object): value is readonly string[] | NumericArray {
  return Array.isArray(value) || ArrayBuffer.isView(value);
}

function isColumn(value: Column | Matrix | NdArray): value is Column {
  return !('shape' in value);
}

function shapeOf(value: Matrix | NdArray): readonly number[] {
  return value.shape;
}

function equalLists(a: ArrayLike<string | number>, b: ArrayLike<string | number>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i] && !(Number.isNaN(a[i]) && Number.isNaN(b[i]))) return false;
  }
  return true;
}

/** Stored zeros count as nothing. */
function equalSparse(a: CsrMatrix, b: CsrMatrix): boolean {
  const [x, y] = [withoutZeros(a), withoutZeros(b)];
  return (
    equalLists(x.indptr, y.indptr) && equalLists(x.indices, y.indices) && equalLists(x.data, y.data)
  );
}

function withoutZeros(matrix: CsrMatrix): CsrMatrix {
  if (!matrix.data.includes(0)) return matrix;
  const kept = Int32Array.from(matrix.data.keys()).filter((e) => matrix.data[e] !== 0);
  const before = new Int32Array(matrix.nnz + 1);
  for (let e = 0; e < matrix.nnz; e++) before[e + 1] = before[e]! + (matrix.data[e] === 0 ? 0 : 1);
  return new CsrMatrix(
    matrix.nRows,
    matrix.nCols,
    matrix.indptr.map((end) => before[end]!),
    kept.map((e) => matrix.indices[e]!),
    Float32Array.from(kept, (e) => matrix.data[e]!),
  );
}

function equalTables(a: Table, b: Table): boolean {
  return (
    equalLists(a.index, b.index) &&
    equalLists(a.columnNames, b.columnNames) &&
    a.columnNames.every((name) => equalColumns(a.get(name), b.get(name)))
  );
}
