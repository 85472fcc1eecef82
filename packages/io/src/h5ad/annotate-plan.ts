import {
  DataError,
  FormatError,
  silentReporter,
  Table,
  type Column,
  type DenseMatrix,
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

/** What has to be done to a file so that the additions find their place. */
export interface AnnotatePlan {
  /** Names to be taken out first. */
  readonly unlinkings: readonly Unlinking[];
  /** `obs` as it was, if it has to be written anew as a group. */
  readonly oldObs: Table | undefined;
  /** `obsm` as it was, if it has to be written anew as a group. */
  readonly oldObsm: readonly OldMatrix[] | undefined;
  /** True if the categoricals of `obs` are stored as anndata 0.7 did. */
  readonly hasReferencedCategories: boolean;
  /** New value of the attribute `column-order` of obs. */
  readonly columnOrder: readonly string[];
}

/**
 * Looks at a file and works out how the additions go into it.
 *
 * @throws DataError if an addition has the wrong length or a name that cannot be stored
 */
export async function planAnnotation(file: H5File, additions: Additions): Promise<AnnotatePlan> {
  const root = new H5Group(file, '/');
  const obs = root.get('obs');
  assertAdditions(additions, rowCount(obs));
  const unlinker = new Unlinker(file);
  const newColumns = (additions.obs ?? []).map(([name]) => name);
  const oldObs = await planOldObs(root, obs, newColumns, unlinker);
  const oldOrder = obs.kind === 'group' ? frameColumns(obs) : [];
  if (obs.kind === 'group') planColumns(obs, newColumns, unlinker);
  const oldObsm = await planObsm(root, additions, unlinker);
  planUns(root, additions, unlinker);
  const columnOrder = [...new Set([...oldOrder, ...newColumns])];
  assertColumnCount(columnOrder.length, 'obs');
  return {
    unlinkings: unlinker.unlinkings,
    oldObs,
    oldObsm,
    hasReferencedCategories: obs.kind === 'group' && identify(obs).version === '0.1.0',
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

function planColumns(obs: H5Group, newColumns: readonly string[], unlinker: Unlinker): void {
  const indexName = obs.text('_index') ?? '_index';
  const categories = obs.find('__categories');
  for (const name of newColumns) {
    if (name === indexName || name === '__categories') {
      throw new DataError(`obs cannot have a column "${name}"`, {
        expected: 'another name than that of its index',
      });
    }
    unlinker.remove(obs, name);
    if (categories?.kind === 'group') unlinker.remove(categories, name);
  }
}

/** Tables of files before anndata 0.7 are one dataset; new columns need a group. */
async function planOldObs(
  root: H5Group,
  obs: H5Node,
  newColumns: readonly string[],
  unlinker: Unlinker,
): Promise<Table | undefined> {
  if (obs.kind === 'group' || newColumns.length === 0) return undefined;
  const { obs: table } = await readAxes(readContext(silentReporter), root);
  unlinker.remove(root, 'obs');
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

function rowCount(obs: H5Node): number {
  if (obs.kind === 'dataset') return obs.length;
  return obs.dataset(obs.text('_index') ?? '_index').length;
}

function assertAdditions({ obs = [], obsm = [], uns = [] }: Additions, nObs: number): void {
  // A table checks the lengths of its columns.
  new Table(new Array<string>(nObs).fill(''), obs);
  for (const [name] of obs) assertElementName(name, 'obs: a column');
  for (const [name, matrix] of obsm) {
    assertElementName(name, 'obsm');
    if (matrix.nRows !== nObs) {
      throw new DataError(`obsm["${name}"] does not fit the file`, {
        got: `${matrix.nRows} rows`,
        expected: String(nObs),
      });
    }
  }
  for (const [path] of uns) {
    if (path.length === 0) throw new DataError('a value of uns needs a key', { got: 'no keys' });
    for (const key of path) assertElementName(key, 'uns');
  }
}
