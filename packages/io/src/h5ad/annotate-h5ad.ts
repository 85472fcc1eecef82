import { asCategorical, defaultReporter, type CategoricalColumn } from '@dance-ts/core';
import { findSignature, withH5File } from '../hdf5/h5-file.js';
import type { H5Writer } from '../hdf5/h5-writer.js';
import { withH5Writer } from '../hdf5/open-writer.js';
import { unlink } from '../hdf5/unlink.js';
import { keepOpen, MemoryStorage, type ByteStorage } from '../storage/byte-storage.js';
import {
  planAnnotation,
  type Additions,
  type AnnotatePlan,
  type OldMatrix,
} from './annotate-plan.js';
import { smallestCodes, writeCategories, writeColumn } from './write-column.js';
import type { WriteH5adOptions } from './write-h5ad.js';
import { writeArray, writeGroup, writeMatrix } from './write-matrix.js';
import { writeTable } from './write-table.js';
import { writeUnsValue } from './write-uns.js';

/** Where anndata 0.7 keeps the categories of the columns of a table. */
const OLD_CATEGORIES = '/obs/__categories';

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
    await addColumns(writer, additions, plan);
    await addMatrices(writer, additions, plan.oldObsm);
    await addUns(writer, additions, options);
  });
}

async function addColumns(
  writer: H5Writer,
  { obs = [] }: Additions,
  plan: AnnotatePlan,
): Promise<void> {
  if (obs.length === 0) return;
  if (plan.oldObs !== undefined) {
    for (const [name, column] of obs) plan.oldObs.set(name, column);
    await writeTable(writer, '/obs', plan.oldObs);
    return;
  }
  for (const [name, column] of obs) {
    const isTextWithGaps = column.kind === 'string' && column.values.includes(null);
    const stored = isTextWithGaps ? asCategorical(column) : column;
    if (plan.hasReferencedCategories && stored.kind === 'categorical') {
      await writeReferencedCategorical(writer, name, stored);
    } else {
      await writeColumn(writer, `/obs/${name}`, stored);
    }
  }
  writer.setAttribute('/obs', 'column-order', plan.columnOrder, true);
}

/** Categories apart from the codes, with a reference to them, as anndata 0.7 reads them. */
async function writeReferencedCategorical(
  writer: H5Writer,
  name: string,
  column: CategoricalColumn,
): Promise<void> {
  if (!writer.exists(OLD_CATEGORIES)) writer.createGroup(OLD_CATEGORIES);
  const categories = `${OLD_CATEGORIES}/${name}`;
  await writeCategories(writer, categories, column.categories);
  writer.setBooleanAttribute(categories, 'ordered', column.ordered);
  const codes = smallestCodes(column);
  await writer.writeNumbers(`/obs/${name}`, codes, [codes.length]);
  writer.setReferenceAttribute(`/obs/${name}`, 'categories', categories);
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
