import type { NumericArray, NumericDtype } from '@dance-ts/core';
import type { Metadata } from 'h5wasm';
import { BOOLEAN_MARKER } from './boolean-patch.js';
import { product } from './decode.js';
import { TYPE_CLASS } from './h5-type.js';

/** Arrays that can be stored; 64-bit integers only in this form. */
export type StorableArray = NumericArray | BigInt64Array | BigUint64Array;

/** A value type as h5wasm takes it. */
export type StoredType = Pick<Metadata, 'type' | 'size' | 'signed' | 'vlen' | 'littleEndian'> &
  Partial<Pick<Metadata, 'cset' | 'compound_type'>>;

/** A named field of records. */
export interface StoredMember {
  readonly name: string;
  readonly offset: number;
  readonly type: StoredType;
}

/** Values in a chunk. */
const CHUNK_LENGTH = 2 ** 16;
/** HDF5's numbers of character sets. */
const [ASCII, UTF8] = [0, 1] as const;

/** A text of any length. */
export const TEXT: StoredType = {
  ...{ type: TYPE_CLASS.string, size: 4, signed: false, vlen: true, littleEndian: true },
  cset: UTF8,
};

/** ASCII texts of `size` bytes, padded with NUL. */
export function fixedText(size: number): StoredType {
  return { ...integer(size, false), type: TYPE_CLASS.string, cset: ASCII };
}

/** Records of the given members. */
export function compound(members: readonly StoredMember[], size: number): StoredType {
  const described = members.map(({ name, offset, type }) => ({ ...type, name, offset }) as never);
  return {
    ...integer(size, false),
    type: TYPE_CLASS.compound,
    compound_type: { nmembers: members.length, members: described },
  };
}

/** A signed integer of 64 bits. */
export const INT64 = integer(8, true);

/** A truth value, marked to become one when the file is closed. */
export const BOOLEAN = compound([{ name: BOOLEAN_MARKER, offset: 0, type: integer(1, true) }], 1);

const DTYPES = new Map<unknown, NumericDtype>([
  [Int8Array, 'int8'],
  [Uint8Array, 'uint8'],
  [Int16Array, 'int16'],
  [Uint16Array, 'uint16'],
  [Int32Array, 'int32'],
  [Uint32Array, 'uint32'],
  [BigInt64Array, 'int64'],
  [BigUint64Array, 'uint64'],
  [Float32Array, 'float32'],
  [Float64Array, 'float64'],
]);

/** Type of the values of an array. */
export function storedType(values: StorableArray): StoredType {
  const dtype = DTYPES.get(values.constructor) ?? 'float64';
  const { BYTES_PER_ELEMENT: size } = values;
  return dtype.startsWith('float') ? floating(size) : integer(size, !dtype.startsWith('u'));
}

/** Integers of `size` bytes. */
export function integer(size: number, signed: boolean): StoredType {
  return { type: TYPE_CLASS.integer, size, signed, vlen: false, littleEndian: true };
}

/** Floating-point numbers of `size` bytes. */
export function floating(size: number): StoredType {
  return { type: TYPE_CLASS.float, size, signed: false, vlen: false, littleEndian: true };
}

/** What h5wasm wants to know about a dataset or attribute of fixed shape. */
export function metadataOf(type: StoredType, shape: readonly number[]): object {
  const sizes = shape.map(BigInt);
  return { ...type, shape: sizes, maxshape: sizes, chunks: null };
}

/** Whole rows where they are short, pieces of one row where they are long. */
export function chunkShape(shape: readonly number[]): number[] {
  const [nRows = 1, ...rowShape] = shape;
  const perRow = product(rowShape);
  if (perRow <= CHUNK_LENGTH) {
    const rows = Math.floor(CHUNK_LENGTH / Math.max(1, perRow));
    return [Math.max(1, Math.min(rows, nRows)), ...rowShape.map((size) => Math.max(1, size))];
  }
  return [1, ...chunkShape(rowShape)];
}
