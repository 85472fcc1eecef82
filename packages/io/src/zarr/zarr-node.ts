import { FormatError } from '@dance-ts/core';
import { product, type Decoded } from '../hdf5/decode.js';
import type { ValueType } from '../hdf5/h5-type.js';
import type {
  AttributeValue,
  StoredArray,
  StoredFile,
  StoredGroup,
} from '../storage/stored-node.js';
import { ChunkReader } from './zarr-chunks.js';
import type { ArrayLayout } from './zarr-layout.js';
import type { ZarrStore } from './zarr-store.js';
import { readZarrNumbers, readZarrValues, type ArraySource } from './zarr-values.js';

/** A group or an array of a Zarr hierarchy. */
export type ZarrNode = ZarrGroup | ZarrArray;

abstract class ZarrObject {
  constructor(
    readonly file: StoredFile,
    /** Absolute path, beginning with a slash. */
    readonly path: string,
    private readonly attributes: Readonly<Record<string, unknown>>,
  ) {}

  /** Name for messages: the path without its leading slash. */
  get label(): string {
    return this.path === '/' ? 'the root group' : this.path.slice(1);
  }

  /** Value of an attribute; undefined if there is none or it is of an unknown type. */
  attribute(name: string): AttributeValue | undefined {
    const value = this.attributes[name];
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      return value;
    }
    if (!Array.isArray(value)) return undefined;
    const isUniform = ['string', 'number'].some((type) =>
      value.every((item) => typeof item === type),
    );
    return isUniform ? (value as string[]) : undefined;
  }

  /** True if there is an attribute of that name. */
  hasAttribute(name: string): boolean {
    return Object.hasOwn(this.attributes, name);
  }

  /** Text of an attribute; undefined if there is none or it is no text. */
  text(name: string): string | undefined {
    const value = this.attribute(name);
    return typeof value === 'string' ? value : undefined;
  }

  /** A FormatError about this node. */
  invalid(what: string, detail: ConstructorParameters<typeof FormatError>[1] = {}): FormatError {
    return new FormatError(`${this.file.name}: ${this.label} ${what}`, detail);
  }
}

/** A group: named children. */
export class ZarrGroup extends ZarrObject implements StoredGroup {
  readonly kind = 'group';
  /** Children that could not be understood are errors until somebody asks for them. */
  private readonly children = new Map<string, ZarrNode | FormatError>();

  /** Adds a child, or what is wrong with it. */
  add(name: string, child: ZarrNode | FormatError): void {
    this.children.set(name, child);
  }

  keys(): readonly string[] {
    return [...this.children.keys()];
  }

  has(name: string): boolean {
    return this.children.has(name);
  }

  find(name: string): ZarrNode | undefined {
    const child = this.children.get(name);
    if (child instanceof FormatError) throw child;
    return child;
  }

  get(name: string): ZarrNode {
    const child = this.find(name);
    if (child !== undefined) return child;
    throw this.invalid(`has no "${name}"`, {
      got: this.keys().slice(0, 12).join(', ') || 'nothing',
    });
  }

  dataset(name: string): ZarrArray {
    const child = this.get(name);
    if (child.kind === 'dataset') return child;
    throw child.invalid('is a group', { expected: 'an array' });
  }
}

/** An array of values in chunks. */
export class ZarrArray extends ZarrObject implements StoredArray {
  readonly kind = 'dataset';
  private readonly source: ArraySource;

  constructor(
    file: StoredFile,
    path: string,
    attributes: Readonly<Record<string, unknown>>,
    store: ZarrStore,
    private readonly layout: ArrayLayout,
    /** The group it lies in. */
    private readonly parent: ZarrGroup | undefined,
  ) {
    super(file, path, attributes);
    const { label } = this;
    const chunks = new ChunkReader(store, path.slice(1), layout, `${file.name}: ${label}`);
    this.source = { file, label, layout, chunks };
  }

  get shape(): readonly number[] {
    return this.layout.shape;
  }

  get type(): ValueType {
    return this.layout.type;
  }

  get length(): number {
    return product(this.layout.shape);
  }

  /** The array whose path, seen from the group of this one, an attribute holds. */
  referenced(attribute: string): ZarrArray {
    let node: ZarrNode | undefined = this.parent;
    for (const name of (this.text(attribute) ?? '').split('/')) {
      node = node?.kind === 'group' ? node.get(name) : undefined;
    }
    if (node?.kind === 'dataset') return node;
    throw this.invalid(`has no array that its attribute "${attribute}" leads to`);
  }

  read(): Promise<Decoded> {
    return readZarrValues(this.source);
  }

  async readFloat32(): Promise<Float32Array> {
    this.file.claim(4 * this.length, this.label);
    return readZarrNumbers(this.source, new Float32Array(this.length));
  }

  async readInt32(): Promise<Int32Array> {
    this.file.claim(4 * this.length, this.label);
    return readZarrNumbers(this.source, new Int32Array(this.length));
  }
}
