import type { NumericDtype } from '@dance-ts/core';
import type { Metadata } from 'h5wasm';

/** Type of one value of a dataset. */
export type ValueType =
  | {
      readonly kind: 'number';
      readonly size: number;
      readonly dtype: NumericDtype;
      /** True if the highest byte comes first in the file; the HDF5 library turns that around. */
      readonly bigEndian?: boolean;
    }
  | { readonly kind: 'boolean'; readonly size: number }
  | {
      readonly kind: 'string';
      readonly size: number;
      readonly variable: boolean;
      /** True if the type says that the characters are UTF-8. */
      readonly utf8?: boolean;
      /** True for characters of 4 bytes each, as NumPy has them. */
      readonly utf32?: boolean;
    }
  | { readonly kind: 'compound'; readonly size: number; readonly members: readonly Member[] }
  | {
      readonly kind: 'subarray';
      readonly size: number;
      readonly base: ValueType;
      readonly shape: readonly number[];
    }
  | { readonly kind: 'unsupported'; readonly size: number; readonly description: string };

/** A named field of a compound type. */
export interface Member {
  readonly name: string;
  readonly offset: number;
  readonly type: ValueType;
}

/** HDF5's numbers of its type classes. */
export const TYPE_CLASS = {
  integer: 0,
  float: 1,
  time: 2,
  string: 3,
  bitfield: 4,
  opaque: 5,
  compound: 6,
  reference: 7,
  enum: 8,
  variableLength: 9,
  array: 10,
} as const;

const CLASS_NAMES = new Map<number, string>(
  Object.entries(TYPE_CLASS).map(([name, number]) => [number, name]),
);

/** HDF5's number of the character set UTF-8. */
const UTF8 = 1;

/** The type that h5wasm's metadata describe. */
export function valueTypeOf(metadata: Metadata): ValueType {
  const { type, size } = metadata;
  switch (type) {
    case TYPE_CLASS.integer:
      return integerType(metadata);
    case TYPE_CLASS.float:
      if (size === 4) return { kind: 'number', size, dtype: 'float32', ...byteOrder(metadata) };
      if (size === 8) return { kind: 'number', size, dtype: 'float64', ...byteOrder(metadata) };
      return { kind: 'unsupported', size, description: `float${8 * size}` };
    case TYPE_CLASS.string:
      return { kind: 'string', size, variable: metadata.vlen, utf8: metadata.cset === UTF8 };
    case TYPE_CLASS.enum:
      return isBooleanEnum(metadata) ? { kind: 'boolean', size } : integerType(metadata);
    case TYPE_CLASS.compound:
      return {
        kind: 'compound',
        size,
        members: (metadata.compound_type?.members ?? []).map((member) => ({
          name: member.name,
          offset: member.offset,
          type: valueTypeOf(member),
        })),
      };
    case TYPE_CLASS.array:
      return subarrayType(metadata);
    default:
      return {
        kind: 'unsupported',
        size,
        description: `HDF5 ${CLASS_NAMES.get(type) ?? 'type'} values`,
      };
  }
}

function integerType(metadata: Metadata): ValueType {
  const { size, signed } = metadata;
  if (size !== 1 && size !== 2 && size !== 4 && size !== 8) {
    return { kind: 'unsupported', size, description: `int${8 * size}` };
  }
  const bits = `${8 * size}` as '8' | '16' | '32' | '64';
  return {
    ...{ kind: 'number', size, dtype: signed ? `int${bits}` : `uint${bits}` },
    ...byteOrder(metadata),
  };
}

function byteOrder({ size, littleEndian }: Metadata): { bigEndian?: true } {
  return littleEndian || size === 1 ? {} : { bigEndian: true };
}

/** h5py stores truth values as an enumeration of one byte. */
function isBooleanEnum({ size, enum_type: type }: Metadata): boolean {
  return (
    size === 1 && type?.nmembers === 2 && type.members['FALSE'] === 0 && type.members['TRUE'] === 1
  );
}

function subarrayType({ size, array_type: base }: Metadata): ValueType {
  if (base === undefined) return { kind: 'unsupported', size, description: 'array values' };
  return { kind: 'subarray', size, base: valueTypeOf(base), shape: base.shape ?? [] };
}
