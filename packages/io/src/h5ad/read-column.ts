import {
  booleanColumn,
  categoricalColumn,
  columnLength,
  columnValue,
  DataError,
  numericColumn,
  stringColumn,
  type BooleanColumn,
  type CategoricalColumn,
  type Category,
  type Column,
  type NumericColumn,
} from '@dance-ts/core';
import type { Decoded } from '../hdf5/decode.js';
import { UnsupportedElementError } from '../hdf5/h5-errors.js';
import type { ReadContext } from './element.js';
import { readElement } from './read-element.js';
import type { StoredArray, StoredGroup } from '../storage/stored-node.js';

/** A one-dimensional array of numbers, truth values or texts. */
export async function readPlainColumn(
  _context: ReadContext,
  dataset: StoredArray,
): Promise<Column> {
  if (dataset.shape?.length !== 1) {
    throw new UnsupportedElementError(`${dataset.file.name}: ${dataset.label} is not a column`, {
      got: `${dataset.shape?.length ?? 'no'} dimensions`,
      expected: '1',
    });
  }
  return toColumn(dataset, await dataset.read());
}

/** Column of decoded values. */
export function toColumn(node: StoredArray, data: Decoded): Column {
  switch (data.kind) {
    case 'number':
      return numericColumn(data.values, data.dtype);
    case 'boolean':
      return booleanColumn(data.values);
    case 'string':
      return stringColumn(data.values);
    case 'compound':
      throw new UnsupportedElementError(`${node.file.name}: ${node.label} holds records`, {
        expected: 'plain values',
      });
  }
}

/** Codes and categories side by side in a group (anndata 0.8 and later). */
export async function readCategorical(
  context: ReadContext,
  group: StoredGroup,
): Promise<CategoricalColumn> {
  const categories = group.get('categories');
  return categorical(
    group.dataset('codes'),
    categories.kind === 'dataset'
      ? await readCategories(categories)
      : columnCategories(categories, await readElement(context, categories, 'column')),
    group.attribute('ordered') === true,
  );
}

/** Codes with a reference to their categories (anndata 0.7). */
export async function readReferencedCategorical(
  _context: ReadContext,
  codes: StoredArray,
): Promise<CategoricalColumn> {
  const categories = codes.referenced('categories');
  return categorical(
    codes,
    await readCategories(categories),
    categories.attribute('ordered') === true,
  );
}

/**
 * Codes (a column of small integers) and categories as one column.
 *
 * @throws FormatError if they do not fit each other
 */
export function makeCategorical(
  node: StoredArray,
  codes: Int32Array,
  categories: readonly Category[],
  ordered: boolean,
): CategoricalColumn {
  try {
    return categoricalColumn(codes, categories, ordered);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    throw node.invalid(`is no valid categorical (${error.message})`, { cause: error });
  }
}

/** Numbers with a mask of missing ones. */
export async function readNullableInteger(
  _context: ReadContext,
  group: StoredGroup,
): Promise<NumericColumn> {
  const { values, missing } = await readMasked(group);
  if (values.kind !== 'number') throw group.invalid('holds no numbers', { got: values.kind });
  return numericColumn(values.values, values.dtype, missing);
}

/** Truth values with a mask of missing ones. */
export async function readNullableBoolean(
  _context: ReadContext,
  group: StoredGroup,
): Promise<BooleanColumn> {
  const { values, missing } = await readMasked(group);
  if (values.kind !== 'boolean') {
    throw group.invalid('holds no truth values', { got: values.kind });
  }
  return { kind: 'boolean', values: values.values, missing };
}

/** Texts with a mask of missing ones. */
export async function readNullableStrings(
  _context: ReadContext,
  group: StoredGroup,
): Promise<Column> {
  const { values, missing } = await readMasked(group);
  if (values.kind !== 'string') throw group.invalid('holds no texts', { got: values.kind });
  return stringColumn(values.values.map((text, i) => (missing[i] === 1 ? null : text)));
}

async function categorical(
  codes: StoredArray,
  categories: readonly Category[],
  ordered: boolean,
): Promise<CategoricalColumn> {
  if (codes.shape?.length !== 1) throw codes.invalid('is not a column of codes');
  return makeCategorical(codes, await codes.readInt32(), categories, ordered);
}

async function readCategories(dataset: StoredArray): Promise<readonly Category[]> {
  const data = await dataset.read();
  switch (data.kind) {
    case 'string':
      return data.values;
    case 'number':
      return Array.from(data.values);
    case 'boolean':
      return Array.from(data.values, (value) => value === 1);
    case 'compound':
      throw new UnsupportedElementError(`${dataset.file.name}: ${dataset.label} holds records`);
  }
}

/** Categories that are a column of their own, such as texts with a mask (anndata 0.14). */
function columnCategories(group: StoredGroup, column: Column): readonly Category[] {
  return Array.from({ length: columnLength(column) }, (_, i) => {
    const value = columnValue(column, i);
    if (value !== null) return value;
    throw group.invalid('has a missing category', { got: `none at place ${i}` });
  });
}

async function readMasked(
  group: StoredGroup,
): Promise<{ readonly values: Decoded; readonly missing: Uint8Array }> {
  const values = group.dataset('values');
  const mask = group.dataset('mask');
  const missing = await mask.read();
  if (missing.kind !== 'boolean' || mask.length !== values.length) {
    throw mask.invalid('does not mark the values of its column', {
      got: `${mask.length} ${missing.kind}`,
      expected: `${values.length} boolean`,
    });
  }
  return { values: await values.read(), missing: missing.values };
}
