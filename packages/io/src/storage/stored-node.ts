import type { FormatError, Pacer } from '@dance-ts/core';
import type { Decoded } from '../hdf5/decode.js';
import type { ValueType } from '../hdf5/h5-type.js';

/** A node of a hierarchy of groups and arrays: an HDF5 file or a Zarr store. */
export type StoredNode = StoredGroup | StoredArray;

/** Value of an attribute. */
export type AttributeValue = string | number | boolean | readonly string[] | readonly number[];

/** What a node belongs to. */
export interface StoredFile {
  /** Path or other name, for messages. */
  readonly name: string;
  /** Lets the event loop run between blocks of values. */
  readonly pacer: Pacer;
  /**
   * Counts memory that is about to be taken.
   *
   * @throws FormatError if it exceeds the budget
   */
  claim(bytes: number, element: string): void;
}

interface StoredObject {
  readonly file: StoredFile;
  /** Absolute path, beginning with a slash. */
  readonly path: string;
  /** Name for messages. */
  readonly label: string;
  /** Value of an attribute; undefined if there is none or it is of an unknown type. */
  attribute(name: string): AttributeValue | undefined;
  /** True if there is an attribute of that name. */
  hasAttribute(name: string): boolean;
  /** Text of an attribute; undefined if there is none or it is no text. */
  text(name: string): string | undefined;
  /** A FormatError about this node. */
  invalid(what: string, detail?: ConstructorParameters<typeof FormatError>[1]): FormatError;
}

/** Named children. */
export interface StoredGroup extends StoredObject {
  readonly kind: 'group';
  /** Names of the children. */
  keys(): readonly string[];
  /** True if there is a child of that name. */
  has(name: string): boolean;
  /** A child; undefined if there is none. */
  find(name: string): StoredNode | undefined;
  /** @throws FormatError if there is no such child */
  get(name: string): StoredNode;
  /** @throws FormatError if there is no such child, or it is a group */
  dataset(name: string): StoredArray;
}

/** An array of values. */
export interface StoredArray extends StoredObject {
  readonly kind: 'dataset';
  /** Sizes of the dimensions; [] is a scalar, undefined holds nothing at all. */
  readonly shape: readonly number[] | undefined;
  /** Type of one value. */
  readonly type: ValueType;
  /** Number of values. */
  readonly length: number;
  /** The array that an attribute refers to. */
  referenced(attribute: string): StoredArray;
  /** All values in the type they are stored in. */
  read(): Promise<Decoded>;
  /** All values as Float32 (numbers and truth values only). */
  readFloat32(): Promise<Float32Array>;
  /** All values as Int32; values outside its range are refused. */
  readInt32(): Promise<Int32Array>;
}

/** Texts of an array; numbers and truth values are written out. */
export async function readTexts(array: StoredArray): Promise<string[]> {
  const data = await array.read();
  switch (data.kind) {
    case 'string':
      return data.values;
    case 'number':
      return Array.from(data.values, String);
    case 'boolean':
      return Array.from(data.values, (value) => (value === 1 ? 'True' : 'False'));
    case 'compound':
      throw array.invalid('holds records', { expected: 'texts' });
  }
}
