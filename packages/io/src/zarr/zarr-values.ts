import { FormatError } from '@dance-ts/core';
import {
  convertingDecoder,
  decoderOf,
  product,
  type Decoded,
  type DecodeContext,
  type TargetArray,
} from '../hdf5/decode.js';
import { UnsupportedElementError } from '../hdf5/h5-errors.js';
import type { ValueType } from '../hdf5/h5-type.js';
import type { StoredFile } from '../storage/stored-node.js';
import { eachChunk, eachRun } from './chunk-grid.js';
import type { ChunkReader } from './zarr-chunks.js';
import type { ArrayLayout } from './zarr-layout.js';

/** An array whose values are to be read. */
export interface ArraySource {
  readonly file: StoredFile;
  readonly label: string;
  readonly layout: ArrayLayout;
  readonly chunks: ChunkReader;
}

/** What a short text costs beside its characters. */
const TEXT_BYTES = 16;
/** What a chunk of texts may grow to. */
const MAX_TEXT_CHUNK_BYTES = 2 ** 30;

/** All values in the type they are stored in. */
export async function readZarrValues(source: ArraySource): Promise<Decoded> {
  const { type, shape } = source.layout;
  assertSupported(source);
  if (isText(type)) return { kind: 'string', values: await readTextChunks(source) };
  const count = product(shape);
  const bytes = await readRaw(source, count);
  const decoder = decoderOf(type, count, contextOf(source));
  decoder.append(bytes, count);
  return decoder.finish();
}

/** All values, converted to the type of `target`. */
export async function readZarrNumbers<T extends TargetArray>(
  source: ArraySource,
  target: T,
): Promise<T> {
  assertSupported(source);
  const decoder = convertingDecoder(source.layout.type, target, contextOf(source));
  const count = product(source.layout.shape);
  decoder.append(await readRaw(source, count), count);
  return decoder.finish();
}

/** The values as they are stored, little-endian and in order of the dimensions. */
async function readRaw(source: ArraySource, count: number): Promise<Uint8Array> {
  const { layout, file, label, chunks } = source;
  const { size } = layout.type;
  const chunkLength = product(layout.chunkShape);
  file.claim(count * size + chunkLength * size, label);
  const values = new Uint8Array(count * size);
  const fill = fillBytes(source);
  for (const place of eachChunk(layout)) {
    await file.pacer.tick();
    const chunk = await chunks.read(place.position, chunkLength * size);
    if (chunk !== undefined && chunk.length !== chunkLength * size) {
      throw wrongSize(source, place.position, chunk.length, chunkLength * size);
    }
    if (chunk === undefined && fill === undefined) continue;
    eachRun(layout, place, (from, step, to, length) => {
      if (chunk === undefined) {
        for (let i = 0; i < length; i++) values.set(fill ?? [], (to + i) * size);
      } else if (step === 1) {
        values.set(chunk.subarray(from * size, (from + length) * size), to * size);
      } else {
        for (let i = 0; i < length; i++) {
          const at = (from + i * step) * size;
          values.set(chunk.subarray(at, at + size), (to + i) * size);
        }
      }
    });
  }
  if (layout.bigEndian) swapBytes(values, unitSize(layout.type));
  return values;
}

/** Texts of variable length: their number, then each with its length in front. */
async function readTextChunks(source: ArraySource): Promise<string[]> {
  const { layout, file, label, chunks } = source;
  const count = product(layout.shape);
  file.claim(TEXT_BYTES * count, label);
  const values = new Array<string>(count).fill(typeof layout.fill === 'string' ? layout.fill : '');
  for (const place of eachChunk(layout)) {
    await file.pacer.tick();
    const chunk = await chunks.read(place.position, MAX_TEXT_CHUNK_BYTES);
    if (chunk === undefined) continue;
    file.claim(2 * chunk.length, label);
    const texts = parseTexts(source, chunk, place.position);
    eachRun(layout, place, (from, step, to, length) => {
      for (let i = 0; i < length; i++) values[to + i] = texts[from + i * step]!;
    });
  }
  return values;
}

function parseTexts(
  source: ArraySource,
  chunk: Uint8Array,
  position: readonly number[],
): readonly string[] {
  const expected = product(source.layout.chunkShape);
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  const broken = (why: string): FormatError =>
    new FormatError(`${nameOf(source)}, chunk ${position.join('.')}, ${why}`, {
      remedy: 'The file seems to be damaged: get it again or restore it from a copy.',
    });
  if (chunk.length < 4 || view.getUint32(0, true) !== expected) {
    throw broken(`does not hold ${expected} texts`);
  }
  const texts: string[] = [];
  let at = 4;
  for (let k = 0; k < expected; k++) {
    const length = at + 4 <= chunk.length ? view.getUint32(at, true) : Infinity;
    if (at + 4 + length > chunk.length) throw broken('is cut short');
    try {
      texts.push(utf8.decode(chunk.subarray(at + 4, at + 4 + length)));
    } catch {
      throw broken('holds a text that is not UTF-8');
    }
    at += 4 + length;
  }
  if (at !== chunk.length) throw broken('has bytes left over');
  return texts;
}

/** Bytes of the value of absent chunks; undefined for zeros. */
function fillBytes(source: ArraySource): Uint8Array | undefined {
  const { fill, type } = source.layout;
  if (fill === null || fill === undefined || fill === 0 || fill === false || fill === '') {
    return undefined;
  }
  const bytes = new Uint8Array(Math.max(8, type.size));
  const view = new DataView(bytes.buffer);
  if (type.kind === 'boolean') {
    view.setUint8(0, 1);
  } else if (type.kind === 'number') {
    const value = fillNumber(fill);
    if (value === undefined) throw badFill(source);
    if (type.dtype === 'float32') view.setFloat32(0, value, true);
    else if (type.dtype === 'float64') view.setFloat64(0, value, true);
    else view.setBigInt64(0, BigInt(Math.trunc(value)), true);
  } else if (typeof fill === 'string') {
    // Records and fixed texts give theirs in base64.
    const decoded = fromBase64(fill);
    if (decoded?.length !== type.size) throw badFill(source);
    bytes.set(decoded);
  } else {
    throw badFill(source);
  }
  const value = bytes.subarray(0, type.size);
  if (source.layout.bigEndian) swapBytes(value, unitSize(type));
  return value.every((byte) => byte === 0) ? undefined : value;
}

function fillNumber(fill: unknown): number | undefined {
  if (typeof fill === 'number') return fill;
  const named = { NaN: NaN, Infinity: Infinity, '-Infinity': -Infinity }[String(fill)];
  return named;
}

function fromBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function swapBytes(bytes: Uint8Array, size: number): void {
  if (size < 2) return;
  for (let at = 0; at + size <= bytes.length; at += size) {
    bytes.subarray(at, at + size).reverse();
  }
}

/** Bytes that stand in one order: of a number, or of one character. */
function unitSize(type: ValueType): number {
  if (type.kind === 'number') return type.size;
  return type.kind === 'string' && type.utf32 === true ? 4 : 1;
}

function isText(type: ValueType): boolean {
  return type.kind === 'string' && type.variable;
}

function assertSupported(source: ArraySource): void {
  const { type } = source.layout;
  if (type.kind !== 'unsupported') return;
  throw new UnsupportedElementError(`${nameOf(source)} holds ${type.description}`, {
    expected: 'numbers, truth values, texts or records of them',
  });
}

function contextOf(source: ArraySource): DecodeContext {
  return {
    element: nameOf(source),
    bytesAt: () => new Uint8Array(0),
    claim: (bytes) => {
      source.file.claim(bytes, source.label);
    },
  };
}

function nameOf({ file, label }: ArraySource): string {
  return `${file.name}: ${label}`;
}

function badFill(source: ArraySource): FormatError {
  return new FormatError(`${nameOf(source)} has no valid fill_value`, {
    got: JSON.stringify(source.layout.fill).slice(0, 60),
  });
}

function wrongSize(
  source: ArraySource,
  position: readonly number[],
  got: number,
  expected: number,
): FormatError {
  return new FormatError(`${nameOf(source)}, chunk ${position.join('.')}, has the wrong size`, {
    got: `${got} bytes`,
    expected: String(expected),
    remedy: 'The file seems to be damaged: get it again or restore it from a copy.',
  });
}
