import {
  asCategorical,
  DataError,
  type BooleanColumn,
  type CategoricalColumn,
  type Category,
  type Column,
  type NumericColumn,
} from '@dance-ts/core';
import type { ElementWriter } from '../storage/element-writer.js';
import type { StorableArray } from '../hdf5/stored-type.js';
import { writeArray, writeEncoding, writeGroup } from './write-matrix.js';

/**
 * Writes a column in the encoding of anndata 0.8. Texts with missing ones become a categorical,
 * which every version of anndata can read.
 */
export async function writeColumn(
  writer: ElementWriter,
  path: string,
  column: Column,
): Promise<void> {
  switch (column.kind) {
    case 'numeric':
      return writeNumeric(writer, path, column);
    case 'boolean':
      return writeBoolean(writer, path, column);
    case 'string': {
      const { values } = column;
      if (values.every((value) => value !== null)) return writeStrings(writer, path, values);
      return writeCategorical(writer, path, asCategorical(column));
    }
    case 'categorical':
      return writeCategorical(writer, path, column);
  }
}

/** Writes a list of texts as a `string-array` element. */
export function writeStrings(
  writer: ElementWriter,
  path: string,
  texts: readonly string[],
): Promise<void> {
  writer.writeTexts(path, texts, [texts.length]);
  writeEncoding(writer, path, 'string-array', '0.2.0');
  return Promise.resolve();
}

/** Writes truth values as an `array` element. */
export async function writeBooleanArray(
  writer: ElementWriter,
  path: string,
  values: Uint8Array,
): Promise<void> {
  await writer.writeBooleans(path, values, [values.length]);
  writeEncoding(writer, path, 'array', '0.2.0');
}

/** Codes of a categorical in the smallest integer type, as anndata writes them. */
export function smallestCodes({ codes, categories }: CategoricalColumn): StorableArray {
  if (categories.length <= 2 ** 7) return Int8Array.from(codes);
  if (categories.length <= 2 ** 15) return Int16Array.from(codes);
  return codes;
}

/** Writes the levels of a categorical: all texts, all numbers or all truth values. */
export async function writeCategories(
  writer: ElementWriter,
  path: string,
  categories: readonly Category[],
): Promise<void> {
  if (categories.every((category) => typeof category === 'string')) {
    return writeStrings(writer, path, categories);
  }
  if (categories.every((category) => typeof category === 'number')) {
    const values = categories.every((category) => Number.isSafeInteger(category))
      ? BigInt64Array.from(categories, BigInt)
      : Float64Array.from(categories);
    return writeArray(writer, path, values, [values.length]);
  }
  if (categories.every((category) => typeof category === 'boolean')) {
    return writeBooleanArray(writer, path, Uint8Array.from(categories, Number));
  }
  throw new DataError(`${path.slice(1)} mixes texts, numbers and truth values`, {
    got: categories.slice(0, 6).map(String).join(', '),
    expected: 'categories of one type',
  });
}

async function writeNumeric(
  writer: ElementWriter,
  path: string,
  column: NumericColumn,
): Promise<void> {
  const { missing, dtype } = column;
  const values = storedValues(column);
  const shape = [values.length];
  if (missing === undefined) return writeArray(writer, path, values, shape);
  if (dtype.startsWith('float')) {
    const masked = Float64Array.from(column.values, (value, i) => (missing[i] ? NaN : value));
    return writeArray(
      writer,
      path,
      dtype === 'float32' ? Float32Array.from(masked) : masked,
      shape,
    );
  }
  writeGroup(writer, path, 'nullable-integer', '0.1.0');
  await writeArray(writer, `${path}/values`, values, shape);
  await writeBooleanArray(writer, `${path}/mask`, missing);
}

async function writeBoolean(
  writer: ElementWriter,
  path: string,
  { values, missing }: BooleanColumn,
): Promise<void> {
  if (missing === undefined) return writeBooleanArray(writer, path, values);
  writeGroup(writer, path, 'nullable-boolean', '0.1.0');
  await writeBooleanArray(writer, `${path}/values`, values);
  await writeBooleanArray(writer, `${path}/mask`, missing);
}

async function writeCategorical(
  writer: ElementWriter,
  path: string,
  column: CategoricalColumn,
): Promise<void> {
  writeGroup(writer, path, 'categorical', '0.2.0');
  writer.setBooleanAttribute(path, 'ordered', column.ordered);
  const codes = smallestCodes(column);
  await writeArray(writer, `${path}/codes`, codes, [codes.length]);
  await writeCategories(writer, `${path}/categories`, column.categories);
}

/** Values as they are stored: 64-bit integers are held as float64. */
export function storedValues({ values, dtype, missing }: NumericColumn): StorableArray {
  const integerAt = (value: number, i: number): bigint => BigInt(missing?.[i] ? 0 : value);
  if (dtype === 'int64') return BigInt64Array.from(Array.from(values, integerAt));
  if (dtype === 'uint64') return BigUint64Array.from(Array.from(values, integerAt));
  return values;
}
