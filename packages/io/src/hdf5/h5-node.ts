import { FormatError } from '@dance-ts/core';
import type { AttributeValue, StoredArray, StoredGroup } from '../storage/stored-node.js';
import { ChunkedValues } from './chunks/chunked-values.js';
import { hasLzf } from './chunks/filters.js';
import { decoderOf, product, type Decoded } from './decode.js';
import { REWRITE_REMEDY, UnsupportedElementError } from './h5-errors.js';
import type { H5File } from './h5-file.js';
import { textBytes } from './h5-library.js';
import { valueTypeOf, type ValueType } from './h5-type.js';
import { LibraryValues } from './library-values.js';
import type { RawValues } from './raw-values.js';
import { readArray, readFloat32, readInt32 } from './read-values.js';

/** A group or a dataset. */
export type H5Node = H5Group | H5Dataset;

/** An attribute longer than this is no annotation but an attempt to fill the memory. */
const MAX_ATTRIBUTE_BYTES = 64 * 2 ** 20;

abstract class H5Object {
  private names: ReadonlySet<string> | undefined;

  constructor(
    readonly file: H5File,
    /** Absolute path inside the file. */
    readonly path: string,
  ) {}

  /** Name for messages: the path without its leading slash. */
  get label(): string {
    return this.path === '/' ? 'the root group' : this.path.slice(1);
  }

  /** Value of an attribute; undefined if there is none or it is of an unknown type. */
  attribute(name: string): AttributeValue | undefined {
    if (!this.hasAttribute(name)) return undefined;
    return this.file.guard(`attribute "${name}" of ${this.label}`, () =>
      readAttribute(this.file, this.path, name),
    );
  }

  /** True if there is an attribute of that name. */
  hasAttribute(name: string): boolean {
    this.names ??= new Set(
      this.file.guard(this.label, () =>
        this.file.module.get_attribute_names(this.file.id, this.path),
      ),
    );
    return this.names.has(name);
  }

  /** Text of an attribute; undefined if there is none or it is no text. */
  text(name: string): string | undefined {
    const value = this.attribute(name);
    return typeof value === 'string' ? value : undefined;
  }

  /** A FormatError about this object. */
  invalid(what: string, detail: ConstructorParameters<typeof FormatError>[1] = {}): FormatError {
    return new FormatError(`${this.file.name}: ${this.label} ${what}`, detail);
  }
}

/** A group: named children. */
export class H5Group extends H5Object implements StoredGroup {
  readonly kind = 'group';
  private children: readonly string[] | undefined;

  /** Names of the children. */
  keys(): readonly string[] {
    this.children ??= this.file
      .guard(this.label, () => this.file.module.get_names(this.file.id, this.path, false))
      .filter((name) => name !== '.' && name !== '..');
    return this.children;
  }

  /** True if there is a child of that name. */
  has(name: string): boolean {
    return this.keys().includes(name);
  }

  /**
   * A child; undefined if there is none.
   *
   * @throws FormatError if it is a link out of the file, a broken link or a named type
   */
  find(name: string): H5Node | undefined {
    if (!this.has(name)) return undefined;
    const { module, id } = this.file;
    const path = this.path === '/' ? `/${name}` : `${this.path}/${name}`;
    const child = new H5Group(this.file, path);
    return this.file.guard(child.label, () => {
      if ('filename' in module.get_external_link(id, path)) {
        throw child.invalid('is a link to another file', { remedy: REWRITE_REMEDY });
      }
      const type = module.get_type(id, path);
      if (type === module.H5G_GROUP) return child;
      if (type === module.H5G_DATASET) return new H5Dataset(this.file, path);
      throw child.invalid(
        type === module.H5G_LINK ? 'is a link that leads nowhere' : 'is neither group nor dataset',
      );
    });
  }

  /** @throws FormatError if there is no such child */
  get(name: string): H5Node {
    const child = this.find(name);
    if (child === undefined) {
      throw this.invalid(`has no "${name}"`, {
        got: this.keys().slice(0, 12).join(', ') || 'nothing',
      });
    }
    return child;
  }

  /** @throws FormatError if there is no such child, or it is a group */
  dataset(name: string): H5Dataset {
    const child = this.get(name);
    if (child.kind === 'dataset') return child;
    throw child.invalid('is a group', { expected: 'a dataset' });
  }
}

/** A dataset: an array of values. */
export class H5Dataset extends H5Object implements StoredArray {
  readonly kind = 'dataset';
  /** Sizes of the dimensions; [] is a scalar, undefined holds nothing at all. */
  readonly shape: readonly number[] | undefined;
  /** Rows, columns ... of a chunk; undefined if the values lie in one piece. */
  readonly chunks: readonly number[] | undefined;
  /** Type of one value. */
  readonly type: ValueType;
  /** True if the values come from other datasets. */
  readonly isVirtual: boolean;
  private source: RawValues | undefined;

  constructor(file: H5File, path: string) {
    super(file, path);
    const metadata = file.guard(this.label, () => file.module.get_dataset_metadata(file.id, path));
    this.shape = metadata.shape ?? undefined;
    this.chunks = metadata.chunks ?? undefined;
    this.type = valueTypeOf(metadata);
    this.isVirtual = metadata.virtual_sources !== undefined;
  }

  /** Number of values. */
  get length(): number {
    return this.shape === undefined ? 0 : product(this.shape);
  }

  /** Reader of its values. */
  get values(): RawValues {
    this.source ??= hasLzf(this.filters()) ? new ChunkedValues(this) : new LibraryValues(this);
    return this.source;
  }

  /** The dataset that a reference attribute points to. */
  referenced(attribute: string): H5Dataset {
    const path = this.file.guard(`attribute "${attribute}" of ${this.label}`, () => {
      const bytes = rawAttribute(this.file, this.path, attribute, (raw) => raw.slice(0, 8));
      return this.file.module.get_referenced_name(this.file.id, bytes, true);
    });
    return new H5Dataset(this.file, path);
  }

  read(): Promise<Decoded> {
    return readArray(this);
  }

  readFloat32(): Promise<Float32Array> {
    return readFloat32(this);
  }

  readInt32(): Promise<Int32Array> {
    return readInt32(this);
  }

  /** Filters its chunks went through. */
  filters(): readonly { readonly id: number; readonly name: string }[] {
    return this.file.guard(this.label, () =>
      this.file.module.get_dataset_filters(this.file.id, this.path),
    );
  }
}

function readAttribute(file: H5File, path: string, name: string): AttributeValue | undefined {
  const metadata = file.module.get_attribute_metadata(file.id, path, name);
  const type = valueTypeOf(metadata);
  if (type.kind === 'unsupported' || type.kind === 'compound' || metadata.shape === null) {
    return undefined;
  }
  const count = product(metadata.shape);
  const element = `attribute "${name}" of ${path}`;
  const decoder = decoderOf(type, count, {
    bytesAt: (pointer) => textBytes(file.module, pointer),
    element,
    claim: (bytes) => {
      file.claim(bytes, element);
    },
  });
  try {
    rawAttribute(file, path, name, (bytes) => {
      decoder.append(bytes, count);
    });
  } catch (error) {
    if (error instanceof UnsupportedElementError) return undefined;
    throw error;
  }
  return attributeValue(decoder.finish(), metadata.shape.length === 0);
}

function attributeValue(data: Decoded, isScalar: boolean): AttributeValue | undefined {
  if (data.kind === 'compound') return undefined;
  if (data.kind === 'boolean') return isScalar ? data.values[0] === 1 : Array.from(data.values);
  if (data.kind === 'string') return isScalar ? data.values[0]! : data.values;
  return isScalar ? data.values[0]! : Array.from(data.values);
}

/** Hands the raw bytes of an attribute to `use`; they are valid during the call only. */
function rawAttribute<T>(
  file: H5File,
  path: string,
  name: string,
  use: (bytes: Uint8Array) => T,
): T {
  const { module, id } = file;
  const metadata = module.get_attribute_metadata(id, path, name);
  const byteLength = metadata.size * metadata.total_size;
  if (byteLength > MAX_ATTRIBUTE_BYTES) {
    throw new FormatError(`${file.name}: attribute "${name}" of ${path} is too large`, {
      got: `${byteLength} bytes`,
      expected: `at most ${MAX_ATTRIBUTE_BYTES}`,
    });
  }
  const pointer = module._malloc(Math.max(1, byteLength));
  try {
    module.get_attribute_data(id, path, name, BigInt(pointer));
    const result = use(module.HEAPU8.subarray(pointer, pointer + byteLength));
    if (metadata.vlen) module.reclaim_vlen_memory(id, path, name, BigInt(pointer));
    return result;
  } finally {
    module._free(pointer);
  }
}
