import type { StorableArray, StoredMember } from '../hdf5/stored-type.js';

/** Value of an attribute; integers are stored as int64. */
export type AttributeInput = string | readonly string[] | readonly number[];

/** Where elements are written to: an HDF5 file or a Zarr store. Paths begin with a slash. */
export interface ElementWriter {
  /** Makes a group; its parent must exist. */
  createGroup(path: string): void;
  /** Sets an attribute of a group or array. */
  setAttribute(path: string, name: string, value: AttributeInput): void;
  /** Sets an attribute to true or false. */
  setBooleanAttribute(path: string, name: string, value: boolean): void;
  /** Writes texts; `shape` [] is a single text. */
  writeTexts(path: string, texts: readonly string[], shape: readonly number[]): void;
  /** Writes truth values 0 and 1. */
  writeBooleans(path: string, values: Uint8Array, shape: readonly number[]): Promise<void>;
  /**
   * Writes numbers, row-major.
   *
   * @param growable - the first dimension can be extended later
   */
  writeNumbers(
    path: string,
    values: StorableArray,
    shape: readonly number[],
    growable?: boolean,
  ): Promise<void>;
  /** Writes records: the bytes of all rows, and where each member stands in a row. */
  writeCompound(
    path: string,
    rows: Uint8Array,
    nRows: number,
    members: readonly StoredMember[],
  ): Promise<void>;
  /**
   * Keeps texts for the time of `use`, which gets the pointers to them: the values of a member of
   * type `TEXT` in records.
   */
  withTexts(
    path: string,
    texts: readonly string[],
    use: (pointers: Uint32Array) => Promise<void>,
  ): Promise<void>;
}
