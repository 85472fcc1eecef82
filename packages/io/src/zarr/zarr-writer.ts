import type { Pacer } from '@dance-ts/core';
import { product } from '../hdf5/decode.js';
import { TYPE_CLASS } from '../hdf5/h5-type.js';
import {
  storedType,
  type StorableArray,
  type StoredMember,
  type StoredType,
} from '../hdf5/stored-type.js';
import type { AttributeInput, ElementWriter } from '../storage/element-writer.js';

/** Takes the files of a store; paths without leading slash. */
export type WriteFile = (path: string, bytes: Uint8Array) => void;

/** Values in a chunk, unless one row is longer. */
const CHUNK_LENGTH = 2 ** 18;
const UTF32_BYTES = 4;

/** Writes a Zarr hierarchy of version 2, which every reader of Zarr knows; chunks go through zlib. */
export class ZarrWriter implements ElementWriter {
  private readonly attributes = new Map<string, Record<string, unknown>>();
  private texts: readonly string[] = [];

  constructor(
    private readonly write: WriteFile,
    private readonly pacer: Pacer,
  ) {
    this.createGroup('/');
  }

  createGroup(path: string): void {
    this.writeJson(path, '.zgroup', { zarr_format: 2 });
    this.attributes.set(path, {});
  }

  setAttribute(path: string, name: string, value: AttributeInput): void {
    this.attributes.set(path, { ...this.attributes.get(path), [name]: value });
  }

  setBooleanAttribute(path: string, name: string, value: boolean): void {
    this.attributes.set(path, { ...this.attributes.get(path), [name]: value });
  }

  /** Attributes are written last, each group's and array's in one file. */
  finish(): void {
    for (const [path, attributes] of this.attributes) this.writeJson(path, '.zattrs', attributes);
  }

  writeTexts(path: string, texts: readonly string[], shape: readonly number[]): void {
    if (shape.length === 0) {
      const [text = ''] = texts;
      const { bytes, length } = utf32Texts([text]);
      this.writeMetadata(path, `<U${length}`, [], [], { compressor: null });
      this.write(`${path.slice(1)}/0`, bytes);
      return;
    }
    const filters = [{ id: 'vlen-utf8' }];
    this.writeMetadata(path, '|O', shape, [Math.max(1, texts.length)], {
      filters,
      compressor: null,
    });
    if (texts.length > 0) this.write(`${path.slice(1)}/0`, variableTexts(texts));
  }

  async writeBooleans(path: string, values: Uint8Array, shape: readonly number[]): Promise<void> {
    await this.writeChunks(path, values, shape, '|b1', 1);
  }

  async writeNumbers(path: string, values: StorableArray, shape: readonly number[]): Promise<void> {
    const { buffer, byteOffset, byteLength } = values;
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    const type = storedType(values);
    await this.writeChunks(path, bytes, shape, numberName(type), type.size);
  }

  async writeCompound(
    path: string,
    rows: Uint8Array,
    nRows: number,
    members: readonly StoredMember[],
  ): Promise<void> {
    const oldSize = members.reduce((size, { type }) => size + type.size, 0);
    const columns = members.map(({ name, offset, type }) => {
      const cells = new Uint8Array(nRows * type.size);
      for (let i = 0; i < nRows; i++) {
        const start = i * oldSize + offset;
        cells.set(rows.subarray(start, start + type.size), i * type.size);
      }
      return { name, ...this.recordColumn(type, cells) };
    });
    const size = columns.reduce((total, column) => total + column.size, 0);
    const packed = new Uint8Array(nRows * size);
    let offset = 0;
    for (const { bytes, size: width } of columns) {
      for (let i = 0; i < nRows; i++) {
        packed.set(bytes.subarray(i * width, (i + 1) * width), i * size + offset);
      }
      offset += width;
    }
    const dtype = columns.map(({ name, code }) => [name, code]);
    await this.writeChunks(path, packed, [nRows], dtype, size);
  }

  async withTexts(
    _path: string,
    texts: readonly string[],
    use: (pointers: Uint32Array) => Promise<void>,
  ): Promise<void> {
    this.texts = texts;
    await use(Uint32Array.from(texts.keys()));
    this.texts = [];
  }

  /** A member of records: its values, their size and NumPy's name of their type. */
  private recordColumn(
    type: StoredType,
    cells: Uint8Array,
  ): { readonly code: string; readonly size: number; readonly bytes: Uint8Array } {
    if (type.type !== TYPE_CLASS.string) {
      return { code: numberName(type), size: type.size, bytes: cells };
    }
    if (!type.vlen) return { code: `|S${type.size}`, size: type.size, bytes: cells };
    const places = new Uint32Array(cells.buffer, 0, cells.length / type.size);
    const { bytes, length } = utf32Texts(Array.from(places, (place) => this.texts[place] ?? ''));
    return { code: `<U${length}`, size: UTF32_BYTES * length, bytes };
  }

  /** Chunks are whole rows; the last one is filled up with zeros. */
  private async writeChunks(
    path: string,
    bytes: Uint8Array,
    shape: readonly number[],
    dtype: unknown,
    size: number,
  ): Promise<void> {
    const [nRows = 1, ...rowShape] = shape;
    const rowBytes = size * product(rowShape);
    const fitting = Math.max(1, Math.floor((CHUNK_LENGTH * size) / Math.max(1, rowBytes)));
    const chunkRows = Math.max(1, Math.min(nRows, fitting));
    const chunks = shape.length === 0 ? [] : [chunkRows, ...rowShape.map((n) => Math.max(1, n))];
    this.writeMetadata(path, dtype, shape, chunks, { compressor: { id: 'zlib', level: 6 } });
    if (bytes.length === 0) return;
    for (let row = 0; row < nRows; row += chunkRows) {
      await this.pacer.tick();
      const chunk = new Uint8Array(chunkRows * rowBytes);
      chunk.set(bytes.subarray(row * rowBytes, (row + chunkRows) * rowBytes));
      const position = [row / chunkRows, ...rowShape.map(() => 0)].join('.');
      this.write(`${path.slice(1)}/${position}`, await deflate(chunk));
    }
  }

  private writeMetadata(
    path: string,
    dtype: unknown,
    shape: readonly number[],
    chunks: readonly number[],
    more: object,
  ): void {
    this.writeJson(path, '.zarray', {
      ...{ zarr_format: 2, shape, chunks, dtype, fill_value: null, order: 'C', filters: null },
      ...more,
    });
    this.attributes.set(path, {});
  }

  private writeJson(path: string, name: string, content: object): void {
    const file = path === '/' ? name : `${path.slice(1)}/${name}`;
    this.write(file, new TextEncoder().encode(JSON.stringify(content)));
  }
}

function numberName({ type, size, signed }: StoredType): string {
  const letter = type === TYPE_CLASS.float ? 'f' : signed ? 'i' : 'u';
  return `${size === 1 ? '|' : '<'}${letter}${size}`;
}

/** Number of texts, then each with its length in front. */
function variableTexts(texts: readonly string[]): Uint8Array {
  const encoder = new TextEncoder();
  const encoded = texts.map((text) => encoder.encode(text));
  const size = encoded.reduce((total, bytes) => total + 4 + bytes.length, 4);
  const result = new Uint8Array(size);
  const view = new DataView(result.buffer);
  view.setUint32(0, texts.length, true);
  let at = 4;
  for (const bytes of encoded) {
    view.setUint32(at, bytes.length, true);
    result.set(bytes, at + 4);
    at += 4 + bytes.length;
  }
  return result;
}

/** Texts of one width, 4 bytes a character, padded with NUL. */
function utf32Texts(texts: readonly string[]): {
  readonly bytes: Uint8Array;
  /** Characters of each. */
  readonly length: number;
} {
  const points = texts.map((text) =>
    Array.from(text, (character) => character.codePointAt(0) ?? 0),
  );
  const length = points.reduce((longest, text) => Math.max(longest, text.length), 1);
  const bytes = new Uint8Array(UTF32_BYTES * length * texts.length);
  const view = new DataView(bytes.buffer);
  points.forEach((text, i) => {
    text.forEach((point, k) => {
      view.setUint32(UTF32_BYTES * (i * length + k), point, true);
    });
  });
  return { bytes, length };
}

async function deflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const packed = new Blob([bytes]).stream().pipeThrough(new CompressionStream('deflate'));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}
