import {
  DataError,
  FormatError,
  silentReporter,
  Table,
  type Column,
  type DenseMatrix,
  type Matrix,
  type UnsValue,
} from '@dance-ts/core';
import { product, type DecodedMember, type DecodedNumbers } from '../hdf5/decode.js';
import type { H5File } from '../hdf5/h5-file.js';
import { objectAddress } from '../hdf5/h5-library.js';
import { H5Group, type H5Dataset, type H5Node } from '../hdf5/h5-node.js';
import { readArray } from '../hdf5/read-values.js';
import type { Unlinking } from '../hdf5/unlink.js';
import { assertElementName } from './element-names.js';
import { identify } from './element.js';
import { CATEGORIES_SUFFIX } from './legacy-frames.js';
import { readAxes, readContext } from './read-h5ad.js';
import { frameColumns } from './read-table.js';
import { assertColumnCount } from './write-table.js';

/** What is to be added to a file; an element of the same name is replaced. */
export interface Additions {
  /** Columns of `obs`. */
  readonly obs?: readonly (readonly [name: string, column: Column])[];
  /** Columns of `var`. */
  readonly var?: readonly (readonly [name: string, column: Column])[];
  /** Matrices of `layers`, cells x genes. */
  readonly layers?: readonly (readonly [name: string, matrix: Matrix])[];
  /** Matrices of `obsm`, one row a cell. */
  readonly obsm?: readonly (readonly [name: string, matrix: DenseMatrix])[];
  /** Values of `uns`, each with the keys that lead to it. */
  readonly uns?: readonly (readonly [path: readonly string[], value: UnsValue])[];
}

/** A matrix of an old file, in the number type it has there. */
export interface OldMatrix {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: DecodedNumbers;
}

/** Names of the two tables of a file. */
export type Axis = 'obs' | 'var';

/** What has to be done to a table so that new columns find their place. */
export interface TablePlan {
  /** The table as it was, if it has to be written anew as a group. */
  readonly old: Table | undefined;
  /** True if its categoricals are stored as anndata 0.7 did. */
  readonly hasReferencedCategories: boolean;
  /** New value of its attribute `column-order`. */
  readonly columnOrder: readonly string[];
}

/** What has to be done to a file so that the additions find their place. */
export interface AnnotatePlan {
  /** Names to be taken out first. */
  readonly unlinkings: readonly Unlinking[];
  readonly tables: Readonly<Record<Axis, TablePlan>>;
  /** `obsm` as it was, if it has to be written anew as a group. */
  readonly oldObsm: readonly OldMatrix[] | undefined;
}

/**
 * Looks at a file and works out how the additions go into it.
 *
 * @throws DataError if an addition has the wrong length or a name that cannot be stored
 */
export async function planAnnotation(file: H5File, additions: Additions): Promise<AnnotatePlan> {
  const root = new H5Group(file, '/');
  assertAdditions(additions, rowCount(root.get('obs')), rowCount(root.get('var')));
  const unlinker = new Unlinker(file);
  const tables = {
    obs: await planTable(root, 'obs', additions, unlinker),
    var: await planTable(root, 'var', additions, unlinker),
  };
  const oldObsm = await planObsm(root, additions, unlinker);
  planLayers(root, additions, unlinker);
  planUns(root, additions, unlinker);
  return { unlinkings: unlinker.unlinkings, tables, oldObsm };
}

async function planTable(
  root: H5Group,
  axis: Axis,
  { [axis]: columns = [] }: Additions,
  unlinker: Unlinker,
): Promise<TablePlan> {
  const table = root.get(axis);
  const newColumns = columns.map(([name]) => name);
  const old = await planOldTable(root, axis, newColumns, unlinker);
  const oldOrder = table.kind === 'group' ? frameColumns(table) : [];
  if (table.kind === 'group') planColumns(table, axis, newColumns, unlinker);
  const columnOrder = [...new Set([...oldOrder, ...newColumns])];
  assertColumnCount(columnOrder.length, axis);
  return {
    old,
    hasReferencedCategories: table.kind === 'group' && identify(table).version === '0.1.0',
    columnOrder,
  };
}

/** Collects names to be removed, by group. */
class Unlinker {
  private readonly groups = new Map<string, Unlinking & { names: string[] }>();

  constructor(private readonly file: H5File) {}

  get unlinkings(): readonly Unlinking[] {
    return [...this.groups.values()];
  }

  /** Removes a child, if it is there. */
  remove(group: H5Group, name: string): void {
    if (!group.has(name)) return;
    let entry = this.groups.get(group.path);
    if (entry === undefined) {
      entry = { group: group.label, address: this.addressOf(group), names: [] };
      this.groups.set(group.path, entry);
    }
    entry.names.push(name);
  }

  /** An object reference is the address of the object's header. */
  private addressOf({ path, label }: H5Group): number {
    const { module, id } = this.file;
    return this.file.guard(label, () => objectAddress(module, id, path));
  }
}

function planColumns(
  table: H5Group,
  axis: Axis,
  newColumns: readonly string[],
  unlinker: Unlinker,
): void {
  const indexName = table.text('_index') ?? '_index';
  const categories = table.find('__categories');
  for (const name of newColumns) {
    if (name === indexName || name === '__categories') {
      throw new DataError(`${axis} cannot have a column "${name}"`, {
        expected: 'another name than that of its index',
      });
    }
    unlinker.remove(table, name);
    if (categories?.kind === 'group') unlinker.remove(categories, name);
  }
}

/** Tables of files before anndata 0.7 are one dataset; new columns need a group. */
async function planOldTable(
  root: H5Group,
  axis: Axis,
  newColumns: readonly string[],
  unlinker: Unlinker,
): Promise<Table | undefined> {
  if (root.get(axis).kind === 'group' || newColumns.length === 0) return undefined;
  const { [axis]: table } = await readAxes(readContext(silentReporter), root);
  unlinker.remove(root, axis);
  const uns = root.find('uns');
  if (uns?.kind === 'group') {
    // They move into the categorical columns; old readers of both would apply them twice.
    for (const [name, column] of table.entries()) {
      if (column.kind === 'categorical') unlinker.remove(uns, name + CATEGORIES_SUFFIX);
    }
  }
  const kept = [...table.entries()].filter(([name]) => !newColumns.includes(name));
  return new Table(table.index, kept, table.indexName);
}

function planLayers(root: H5Group, { layers = [] }: Additions, unlinker: Unlinker): void {
  const group = root.find('layers');
  if (group?.kind !== 'group') return;
  for (const [name] of layers) unlinker.remove(group, name);
}

async function planObsm(
  root: H5Group,
  { obsm: matrices = [] }: Additions,
  unlinker: Unlinker,
): Promise<readonly OldMatrix[] | undefined> {
  const obsm = root.find('obsm');
  const names = matrices.map(([name]) => name);
  if (obsm === undefined || names.length === 0) return undefined;
  if (obsm.kind === 'group') {
    for (const name of names) unlinker.remove(obsm, name);
    return undefined;
  }
  unlinker.remove(root, 'obsm');
  return (await readOldObsm(obsm)).filter(({ name }) => !names.includes(name));
}

async function readOldObsm(obsm: H5Dataset): Promise<readonly OldMatrix[]> {
  const data = await readArray(obsm);
  if (data.kind !== 'compound') throw obsm.invalid('is no mapping', { expected: 'records' });
  return data.members.map(({ name, itemShape, data: values }: DecodedMember) => {
    if (values.kind !== 'number') throw obsm.invalid(`holds no numbers in its member "${name}"`);
    const shape = [obsm.length, itemShape.length === 0 ? 1 : product(itemShape)];
    return { name, shape, data: values };
  });
}

function planUns(root: H5Group, { uns: values = [] }: Additions, unlinker: Unlinker): void {
  for (const [path] of values) {
    let group = root.find('uns');
    for (const key of path.slice(0, -1)) {
      if (group === undefined) break;
      if (group.kind === 'dataset') throw notADictionary(group);
      group = group.find(key);
    }
    if (group === undefined) continue;
    if (group.kind === 'dataset') throw notADictionary(group);
    unlinker.remove(group, path[path.length - 1]!);
  }
}

function notADictionary(node: H5Node): FormatError {
  return node.invalid('is not a dictionary', { remedy: 'Choose another path in uns.' });
}

function rowCount(table: H5Node): number {
  if (table.kind === 'dataset') return table.length;
  return table.dataset(table.text('_index') ?? '_index').length;
}

function assertAdditions(additions: Additions, nObs: number, nVars: number): void {
  const { obs = [], var: genes = [], obsm = [], layers = [], uns = [] } = additions;
  // A table checks the lengths of its columns.
  new Table(new Array<string>(nObs).fill(''), obs);
  new Table(new Array<string>(nVars).fill(''), genes);
  for (const [name] of obs) assertElementName(name, 'obs: a column');
  for (const [name] of genes) assertElementName(name, 'var: a column');
  for (const [name, matrix] of obsm) {
    assertElementName(name, 'obsm');
    if (matrix.nRows === nObs) continue;
    throw doesNotFit(`obsm["${name}"]`, `${matrix.nRows} rows`, String(nObs));
  }
  for (const [name, { nRows, nCols }] of layers) {
    assertElementName(name, 'layers');
    if (nRows === nObs && nCols === nVars) continue;
    throw doesNotFit(`layers["${name}"]`, `${nRows} x ${nCols}`, `${nObs} x ${nVars}`);
  }
  for (const [path] of uns) {
    if (path.length === 0) throw new DataError('a value of uns needs a key', { got: 'no keys' });
    for (const key of path) assertElementName(key, 'uns');
  }
}

function doesNotFit(what: string, got: string, expected: string): DataError {
  return new DataError(`${what} does not fit the file`, { got, expected });
}
