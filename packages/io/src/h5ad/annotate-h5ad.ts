import { asCategorical, defaultReporter, type CategoricalColumn } from '@dance-ts/core';
import { findSignature, withH5File } from '../hdf5/h5-file.js';
import type { H5Writer } from '../hdf5/h5-writer.js';
import { withH5Writer } from '../hdf5/open-writer.js';
import { unlink } from '../hdf5/unlink.js';
import { keepOpen, MemoryStorage, type ByteStorage } from '../storage/byte-storage.js';
import {
  planAnnotation,
  type Additions,
  type Axis,
  type OldMatrix,
  type TablePlan,
} from './annotate-plan.js';
import { smallestCodes, writeCategories, writeColumn } from './write-column.js';
import type { WriteH5adOptions } from './write-h5ad.js';
import { writeArray, writeGroup, writeMatrix } from './write-matrix.js';
import { writeTable } from './write-table.js';
import { writeUnsValue } from './write-uns.js';

/**
 * A copy of the bytes of an .h5ad file with additions; everything else in it stays as it is.
 *
 * @throws FormatError if the bytes are no .h5ad file
 * @throws DataError if an addition does not fit the file
 */
export async function annotateH5adBytes(
  bytes: Uint8Array,
  additions: Additions,
  options: WriteH5adOptions = {},
): Promise<Uint8Array> {
  const storage = new MemoryStorage('the given bytes', bytes);
  await annotateStorage(storage, additions, options);
  return storage.toBytes();
}

/**
 * Adds to an .h5ad file in place. The bytes of the elements that are there are not touched: new
 * ones are appended, and names that are replaced are taken out of their groups.
 *
 * The storage is useless if this throws; give a copy.
 */
export async function annotateStorage(
  storage: ByteStorage,
  additions: Additions,
  options: WriteH5adOptions = {},
): Promise<void> {
  const { signal } = options;
  const plan = await withH5File(keepOpen(storage), { signal }, (file) =>
    planAnnotation(file, additions),
  );
  unlink(storage, findSignature(storage), plan.unlinkings);
  await withH5Writer(storage, 'append', options, async (writer) => {
    await addColumns(writer, 'obs', additions, plan.tables.obs);
    await addColumns(writer, 'var', additions, plan.tables.var);
    await addMatrices(writer, additions, plan.oldObsm);
    await addLayers(writer, additions);
    await addUns(writer, additions, options);
  });
}

async function addColumns(
  writer: H5Writer,
  axis: Axis,
  { [axis]: columns = [] }: Additions,
  { old, hasReferencedCategories, columnOrder }: TablePlan,
): Promise<void> {
  if (columns.length === 0) return;
  const table = `/${axis}`;
  if (old !== undefined) {
    for (const [name, column] of columns) old.set(name, column);
    await writeTable(writer, table, old);
    return;
  }
  for (const [name, column] of columns) {
    const isTextWithGaps = column.kind === 'string' && column.values.includes(null);
    const stored = isTextWithGaps ? asCategorical(column) : column;
    if (hasReferencedCategories && stored.kind === 'categorical') {
      await writeReferencedCategorical(writer, table, name, stored);
    } else {
      await writeColumn(writer, `${table}/${name}`, stored);
    }
  }
  writer.setAttribute(table, 'column-order', columnOrder, true);
}

/** Categories apart from the codes, with a reference to them, as anndata 0.7 keeps them. */
async function writeReferencedCategorical(
  writer: H5Writer,
  table: string,
  name: string,
  column: CategoricalColumn,
): Promise<void> {
  const group = `${table}/__categories`;
  if (!writer.exists(group)) writer.createGroup(group);
  const categories = `${group}/${name}`;
  await writeCategories(writer, categories, column.categories);
  writer.setBooleanAttribute(categories, 'ordered', column.ordered);
  const codes = smallestCodes(column);
  await writer.writeNumbers(`${table}/${name}`, codes, [codes.length]);
  writer.setReferenceAttribute(`${table}/${name}`, 'categories', categories);
}

async function addLayers(writer: H5Writer, { layers = [] }: Additions): Promise<void> {
  if (layers.length === 0) return;
  if (!writer.exists('/layers')) writeGroup(writer, '/layers', 'dict', '0.1.0');
  for (const [name, matrix] of layers) await writeMatrix(writer, `/layers/${name}`, matrix);
}

async function addMatrices(
  writer: H5Writer,
  { obsm = [] }: Additions,
  oldObsm: readonly OldMatrix[] | undefined,
): Promise<void> {
  if (obsm.length === 0) return;
  if (!writer.exists('/obsm')) writeGroup(writer, '/obsm', 'dict', '0.1.0');
  for (const { name, shape, data } of oldObsm ?? []) {
    await writeArray(writer, `/obsm/${name}`, data.values, shape);
  }
  for (const [name, matrix] of obsm) await writeMatrix(writer, `/obsm/${name}`, matrix);
}

async function addUns(
  writer: H5Writer,
  { uns = [] }: Additions,
  options: WriteH5adOptions,
): Promise<void> {
  const reporter = options.reporter ?? defaultReporter();
  for (const [keys, value] of uns) {
    let path = '/uns';
    for (const key of keys) {
      if (!writer.exists(path)) writeGroup(writer, path, 'dict', '0.1.0');
      path = `${path}/${key}`;
    }
    await writeUnsValue(writer, path, value, reporter);
  }
}
