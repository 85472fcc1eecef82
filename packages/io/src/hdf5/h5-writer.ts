import { DataError, type Pacer } from '@dance-ts/core';
import { product } from './decode.js';
import type { AttributeInput, ElementWriter } from '../storage/element-writer.js';
import { guardWrite } from './h5-errors.js';
import { objectAddress, type H5Module } from './h5-library.js';
import { TYPE_CLASS } from './h5-type.js';
import {
  BOOLEAN,
  chunkShape,
  compound,
  floating,
  INT64,
  integer,
  metadataOf,
  storedType,
  TEXT,
  type StorableArray,
  type StoredMember,
  type StoredType,
} from './stored-type.js';

const GZIP_FILTER = 1;
/** The usual compromise of speed and size. */
const GZIP_LEVEL = 4;
/** Values written at a time. */
const BLOCK_LENGTH = 2 ** 22;
const UNLIMITED = 2n ** 64n - 1n;

/** An HDF5 file that is open for writing. */
export class H5Writer implements ElementWriter {
  private booleans = 0;
  private readonly addresses: number[] = [];

  constructor(
    private readonly module: H5Module,
    private readonly id: bigint,
    private readonly name: string,
    private readonly compression: 'gzip' | null,
    private readonly pacer: Pacer,
  ) {}

  /** Number of attributes and datasets written as truth values so far. */
  get booleanCount(): number {
    return this.booleans;
  }

  /** Addresses of the object headers of the datasets written so far. */
  get datasetAddresses(): readonly number[] {
    return this.addresses;
  }

  /** True if the file has an object at this path. */
  exists(path: string): boolean {
    return this.guard(path, () => this.module.get_type(this.id, path) >= 0);
  }

  /** Makes a group; its parent must exist. */
  createGroup(path: string): void {
    this.guard(path, () => {
      this.module.create_group(this.id, path, false);
    });
  }

  /** Sets an attribute, replacing one of the same name if `replace` is given. */
  setAttribute(path: string, name: string, value: AttributeInput, replace = false): void {
    this.guard(path, () => {
      if (replace) this.module.delete_attribute(this.id, path, name);
      if (typeof value === 'string') {
        this.writeTextAttribute(path, name, [value], []);
      } else if (value.length === 0) {
        // The library cannot write an empty list of texts; anndata uses float64 there as well.
        this.writeAttribute(path, name, new Float64Array(0), [0], floating(8));
      } else if (isTexts(value)) {
        this.writeTextAttribute(path, name, value, [value.length]);
      } else {
        const integers = BigInt64Array.from(value, BigInt);
        this.writeAttribute(path, name, integers, [value.length], INT64);
      }
    });
  }

  /** Sets an attribute to true or false. */
  setBooleanAttribute(path: string, name: string, value: boolean): void {
    this.guard(path, () => {
      this.writeAttribute(path, name, Int8Array.of(value ? 1 : 0), [], BOOLEAN);
    });
    this.booleans += 1;
  }

  /** Sets an attribute to a reference to another object. */
  setReferenceAttribute(path: string, name: string, target: string): void {
    this.guard(path, () => {
      const reference = Uint8Array.from(this.module.create_object_reference(this.id, target));
      const type = { ...integer(reference.length, false), type: TYPE_CLASS.reference };
      this.writeAttribute(path, name, reference, [], type);
    });
  }

  /** Writes texts; `shape` [] is a single text. */
  writeTexts(path: string, texts: readonly string[], shape: readonly number[]): void {
    assertNoNul(path, texts);
    this.guard(path, () => {
      this.module.create_vlen_str_dataset(this.id, path, texts, metadataOf(TEXT, shape) as never);
      this.addresses.push(objectAddress(this.module, this.id, path));
    });
  }

  /** Writes truth values 0 and 1. */
  async writeBooleans(path: string, values: Uint8Array, shape: readonly number[]): Promise<void> {
    await this.writeDataset(path, values, shape, BOOLEAN, false);
    this.booleans += 1;
  }

  /**
   * Puts texts into the library's memory for the time of `use`, which gets the pointers to them: the
   * values of a member of type `TEXT` in records.
   */
  async withTexts(
    path: string,
    texts: readonly string[],
    use: (pointers: Uint32Array) => Promise<void>,
  ): Promise<void> {
    assertNoNul(path, texts);
    const bytes = new TextEncoder().encode(texts.map((text) => `${text}\0`).join(''));
    const start = this.guard(path, () => {
      const pointer = this.module._malloc(Math.max(1, bytes.length));
      if (pointer === 0) throw new Error(`${bytes.length} bytes do not fit into memory`);
      return pointer;
    });
    try {
      this.module.HEAPU8.set(bytes, start);
      const pointers = new Uint32Array(texts.length);
      for (let i = 0, at = 0; i < texts.length; i++) {
        pointers[i] = start + at;
        at = bytes.indexOf(0, at) + 1;
      }
      await use(pointers);
    } finally {
      this.module._free(start);
    }
  }

  /** Writes records: the bytes of all rows, and where each member stands in a row. */
  async writeCompound(
    path: string,
    rows: Uint8Array,
    nRows: number,
    members: readonly StoredMember[],
  ): Promise<void> {
    const rowSize = members.reduce((size, { type }) => size + type.size, 0);
    await this.writeDataset(path, rows, [nRows], compound(members, rowSize), false);
  }

  /**
   * Writes numbers, row-major.
   *
   * @param growable - the first dimension can be extended later (as anndata writes sparse arrays)
   */
  async writeNumbers(
    path: string,
    values: StorableArray,
    shape: readonly number[],
    growable = false,
  ): Promise<void> {
    await this.writeDataset(path, values, shape, storedType(values), growable);
  }

  private async writeDataset(
    path: string,
    values: StorableArray,
    shape: readonly number[],
    type: StoredType,
    growable: boolean,
  ): Promise<void> {
    await this.pacer.tick();
    if (growable || product(shape) > BLOCK_LENGTH) {
      await this.writeInBlocks(path, values, shape, type);
      return;
    }
    const compress = this.compression === 'gzip' && shape.length > 0 && values.length > 0;
    const layout = compress ? this.chunkLayout(shape) : {};
    this.guard(path, () => {
      this.withPointer(values, (pointer) => {
        const metadata = { ...metadataOf(type, shape), ...layout };
        this.module.create_dataset(this.id, path, pointer, metadata as never);
      });
      this.addresses.push(objectAddress(this.module, this.id, path));
    });
  }

  private async writeInBlocks(
    path: string,
    values: StorableArray,
    shape: readonly number[],
    type: StoredType,
  ): Promise<void> {
    const [nRows = 1, ...rowShape] = shape;
    const metadata = {
      ...metadataOf(type, [0, ...rowShape]),
      ...this.chunkLayout(shape),
      maxshape: [UNLIMITED, ...rowShape.map(BigInt)],
    };
    this.guard(path, () => {
      this.module.create_dataset(this.id, path, 0n, metadata as never);
      this.module.resize_dataset(this.id, path, shape.map(BigInt));
      this.addresses.push(objectAddress(this.module, this.id, path));
    });
    // Records are given as bytes, several to a value.
    const perRow = nRows === 0 ? 0 : values.length / nRows;
    const blockRows = Math.max(1, Math.floor(BLOCK_LENGTH / Math.max(1, perRow)));
    for (let row = 0; row < nRows; row += blockRows) {
      const end = Math.min(nRows, row + blockRows);
      const count = [end - row, ...rowShape].map(BigInt);
      const offset = [row, ...rowShape.map(() => 0)].map(BigInt);
      this.guard(path, () => {
        this.withPointer(values.subarray(row * perRow, end * perRow), (pointer) => {
          const stride = count.map(() => 1n);
          this.module.set_dataset_data(this.id, path, count, offset, stride, pointer);
        });
      });
      await this.pacer.tick();
    }
  }

  private chunkLayout(shape: readonly number[]): object {
    return {
      chunks: chunkShape(shape).map(BigInt),
      ...(this.compression === null
        ? {}
        : { compression: GZIP_FILTER, compression_opts: [GZIP_LEVEL] }),
    };
  }

  private writeTextAttribute(
    path: string,
    name: string,
    texts: readonly string[],
    shape: readonly number[],
  ): void {
    assertNoNul(path, texts);
    const metadata = metadataOf(TEXT, shape) as never;
    this.module.create_vlen_str_attribute(this.id, path, name, texts, metadata);
  }

  private writeAttribute(
    path: string,
    name: string,
    values: StorableArray,
    shape: readonly number[],
    type: StoredType,
  ): void {
    this.withPointer(values, (pointer) => {
      const metadata = metadataOf(type, shape) as never;
      this.module.create_attribute(this.id, path, name, pointer, metadata);
    });
  }

  /** Copies values to the library's memory for the time of a call. */
  private withPointer(values: StorableArray, use: (pointer: bigint) => void): void {
    const pointer = this.module._malloc(Math.max(1, values.byteLength));
    if (pointer === 0) throw new Error(`${values.byteLength} bytes do not fit into memory`);
    try {
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      this.module.HEAPU8.set(bytes, pointer);
      use(BigInt(pointer));
    } finally {
      this.module._free(pointer);
    }
  }

  private guard<T>(path: string, action: () => T): T {
    return guardWrite(`${this.name} (element ${path.slice(1)})`, action);
  }
}

function isTexts(value: readonly string[] | readonly number[]): value is readonly string[] {
  return typeof value[0] === 'string';
}

/** HDF5 texts end at the first NUL. */
function assertNoNul(path: string, texts: readonly string[]): void {
  const bad = texts.find((text) => text.includes('\0'));
  if (bad === undefined) return;
  throw new DataError(`${path.slice(1)} holds a text with a NUL character`, {
    got: JSON.stringify(bad.slice(0, 40)),
    remedy: 'Remove the character; HDF5 cannot store it.',
  });
}
