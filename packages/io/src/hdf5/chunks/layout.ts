import type { ByteSource } from '../../storage/byte-storage.js';
import { MESSAGE, type Message, type RawFile } from '../object-header.js';
import { bytesInside, Cursor } from './cursor.js';
import { parseFilters, type Filter } from './filters.js';

/** How a dataset that is split into chunks lies in its file. */
export interface ChunkLayout {
  /** Sizes of the dimensions. */
  readonly shape: readonly number[];
  /** What they can grow to; Infinity for no limit. */
  readonly maxShape: readonly number[];
  /** Sizes of a chunk. */
  readonly chunk: readonly number[];
  /** Bytes of a value in the file. */
  readonly valueSize: number;
  /** Filters that every chunk went through, in the order in which they were applied. */
  readonly filters: readonly Filter[];
  /** False if chunks that reach over the end of a dimension have no filters. */
  readonly filtersPartialChunks: boolean;
  /** What stands where there is no chunk: one value, or none for zeros. */
  readonly fill: Uint8Array | undefined;
  readonly index: ChunkIndexKind;
}

/**
 * The structure that tells where the chunks are, or the only chunk itself; without an address there
 * are no chunks.
 */
export type ChunkIndexKind =
  | {
      readonly kind: 'tree' | 'fixed array' | 'extensible array';
      readonly address: number | undefined;
    }
  | {
      readonly kind: 'single';
      readonly address: number | undefined;
      readonly size: number;
      readonly mask: number;
    };

/** A layout that is sound but cannot be read here. */
export class UnsupportedLayoutError extends Error {}

const CHUNKED = 2;
const UNLIMITED = 0xffff_ffff_ffff_ffffn;
const SHARED = 2;
const WHOLE_PARTIAL_CHUNKS = 1;
const FILTERED_SINGLE_CHUNK = 2;

/**
 * Layout of a dataset from the messages of its object header.
 *
 * Source: HDF5 File Format Specification 3.0, IV.A.2: dataspace, fill value, data layout and filter
 * pipeline messages.
 *
 * @param header - position of the object header
 * @throws UnsupportedLayoutError that names the index of its chunks, if that cannot be read
 * @throws Error if it is damaged, or not of a chunked dataset
 */
export function readLayout(raw: RawFile<ByteSource>, header: number): ChunkLayout {
  const messages = raw.messages(header);
  const content = (type: number): Cursor | undefined => contentOf(raw, messages, type);
  const space = content(MESSAGE.dataspace);
  const layout = content(MESSAGE.layout);
  const filters = content(MESSAGE.filters);
  const fill = content(MESSAGE.fillValue);
  if (space === undefined || layout === undefined || filters === undefined) {
    throw new Error('its header lacks its shape, its layout or its filters');
  }
  const parsed = {
    ...parseSpace(space),
    ...parseLayout(layout),
    filters: parseFilters(filters),
    fill: fill && parseFill(fill),
  };
  assertConsistent(parsed);
  return parsed;
}

function contentOf(
  raw: RawFile<ByteSource>,
  messages: readonly Message[],
  type: number,
): Cursor | undefined {
  const [message, second] = messages.filter((candidate) => candidate.type === type);
  if (message === undefined) return undefined;
  if (second !== undefined) throw new Error(`its header has two messages of type ${type}`);
  if ((message.flags & SHARED) !== 0) throw new Error('its header shares parts with another one');
  return new Cursor(bytesInside(raw, message.content, message.length), raw.base);
}

function parseSpace(message: Cursor): Pick<ChunkLayout, 'shape' | 'maxShape'> {
  const version = message.uint(1);
  if (version !== 1 && version !== 2) throw new Error('its shape is of an unknown kind');
  const rank = message.uint(1);
  const hasLimits = (message.uint(1) & 1) !== 0;
  message.skip(version === 1 ? 5 : 1);
  const shape = Array.from({ length: rank }, () => message.uint(8));
  const limits = (): number[] => Array.from({ length: rank }, () => sizeLimit(message));
  return { shape, maxShape: hasLimits ? limits() : shape };
}

function sizeLimit(message: Cursor): number {
  const limit = new DataView(message.bytes(8).slice().buffer).getBigUint64(0, true);
  return limit === UNLIMITED ? Infinity : Number(limit);
}

function parseLayout(
  message: Cursor,
): Pick<ChunkLayout, 'chunk' | 'valueSize' | 'index' | 'filtersPartialChunks'> {
  const version = message.uint(1);
  if (version !== 3 && version !== 4) throw new Error(`its layout is of the version ${version}`);
  if (message.uint(1) !== CHUNKED) throw new Error('it has filters but no chunks');
  if (version === 3) {
    const rank = message.uint(1);
    const address = message.address();
    const sizes = Array.from({ length: rank }, () => message.uint(4));
    return { ...splitSizes(sizes), filtersPartialChunks: true, index: { kind: 'tree', address } };
  }
  const flags = message.uint(1);
  const rank = message.uint(1);
  const width = message.uint(1);
  if (width < 1 || width > 8) throw new Error('its chunk sizes have an unknown width');
  const sizes = Array.from({ length: rank }, () => message.uint(width));
  return {
    ...splitSizes(sizes),
    filtersPartialChunks: (flags & WHOLE_PARTIAL_CHUNKS) === 0,
    index: parseIndex(message, flags),
  };
}

/** The last size is that of a value. */
function splitSizes(sizes: readonly number[]): Pick<ChunkLayout, 'chunk' | 'valueSize'> {
  return { chunk: sizes.slice(0, -1), valueSize: sizes.at(-1) ?? 0 };
}

/** Indexes of layout version 4 by their numbers; what stands between number and address differs. */
function parseIndex(message: Cursor, flags: number): ChunkIndexKind {
  const type = message.uint(1);
  switch (type) {
    case 1: {
      if ((flags & FILTERED_SINGLE_CHUNK) === 0) throw new Error('its only chunk has no filters');
      const [size, mask] = [message.uint(8), message.uint(4)];
      return { kind: 'single', address: message.address(), size, mask };
    }
    case 2:
      throw new Error('its chunks have filters and an index for chunks without');
    case 3:
      message.skip(1);
      return { kind: 'fixed array', address: message.address() };
    case 4:
      message.skip(5);
      return { kind: 'extensible array', address: message.address() };
    case 5:
      throw new UnsupportedLayoutError('a version-2 B-tree');
    default:
      throw new Error(`its chunks have an index of the unknown type ${type}`);
  }
}

/** One value; undefined for zeros. */
function parseFill(message: Cursor): Uint8Array | undefined {
  const version = message.uint(1);
  if (version < 1 || version > 3) throw new Error('its fill value is of an unknown kind');
  if (version === 3) {
    const hasValue = (message.uint(1) & 0x20) !== 0;
    return hasValue ? message.bytes(message.uint(4)).slice() : undefined;
  }
  message.skip(2);
  const isDefined = message.uint(1) !== 0;
  if (version === 2 && !isDefined) return undefined;
  const size = message.uint(4);
  // Version 1 gives a size of -1 to a value that is not defined.
  return size === 0 || size === 0xffff_ffff ? undefined : message.bytes(size).slice();
}

function assertConsistent({ shape, maxShape, chunk, valueSize, fill }: ChunkLayout): void {
  const isSound =
    shape.length > 0 &&
    chunk.length === shape.length &&
    chunk.every((size) => size > 0) &&
    shape.every((size, d) => size <= maxShape[d]!) &&
    valueSize > 0 &&
    (fill === undefined || fill.length === valueSize);
  if (!isSound) throw new Error('its shape, its chunks and its fill value do not fit each other');
}
