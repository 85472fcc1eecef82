import { Cursor } from './cursor.js';
import { fletcher32 } from './fletcher32.js';
import { decompressLzf, LZF_MAX_RATIO } from './lzf.js';

/** Registered numbers of the filters that can be undone here. */
export const FILTER = { shuffle: 2, fletcher32: 3, lzf: 32000 } as const;

/** One filter of a dataset, in the order in which they were applied. */
export interface Filter {
  readonly id: number;
  /** Its parameters; the first one of a shuffle is the size of a value. */
  readonly parameters: readonly number[];
}

const CHECKSUM_BYTES = 4;
/** From this number on, filters of version 2 carry a name. */
const FIRST_NAMED_FILTER = 256;

/** True if chunks with these filters are read here and not by the HDF5 library. */
export function hasLzf(filters: readonly { readonly id: number }[]): boolean {
  return filters.some(({ id }) => id === FILTER.lzf);
}

/**
 * Filters that a message lists.
 *
 * Source: HDF5 File Format Specification 3.0, IV.A.2.l.
 *
 * @throws Error if it is damaged
 */
export function parseFilters(message: Cursor): Filter[] {
  const version = message.uint(1);
  if (version !== 1 && version !== 2) throw new Error('its list of filters is of an unknown kind');
  const count = message.uint(1);
  if (version === 1) message.skip(6);
  return Array.from({ length: count }, () => {
    const id = message.uint(2);
    const hasName = version === 1 || id >= FIRST_NAMED_FILTER;
    const nameLength = hasName ? message.uint(2) : 0;
    message.skip(2);
    const nParameters = message.uint(2);
    message.skip(version === 1 ? 8 * Math.ceil(nameLength / 8) : nameLength);
    const parameters = Array.from({ length: nParameters }, () => message.uint(4));
    if (version === 1 && nParameters % 2 === 1) message.skip(4);
    return { id, parameters };
  });
}

/**
 * Undoes the filters of one chunk.
 *
 * @param stored - its bytes in the file
 * @param mask - bit i says that filter i was not applied
 * @param size - bytes of the chunk's values
 * @returns exactly `size` bytes
 * @throws Error if the bytes are no such chunk
 */
export function undoFilters(
  stored: Uint8Array,
  filters: readonly Filter[],
  mask: number,
  size: number,
): Uint8Array {
  if (mask >= 2 ** filters.length) throw new Error('it leaves out filters that there are not');
  const applied = filters.filter((_, i) => ((mask >>> i) & 1) === 0);
  let bytes = stored;
  for (let i = applied.length - 1; i >= 0; i--) {
    bytes = undoFilter(bytes, applied[i]!, sizeBefore(applied, i, size));
  }
  if (bytes.length === size) return bytes;
  throw new Error(`it has ${bytes.length} bytes instead of ${size}`);
}

/** Bytes that filter `i` was given: the values and what the filters before it added. */
function sizeBefore(applied: readonly Filter[], i: number, size: number): number {
  const checksums = applied.slice(0, i).filter(({ id }) => id === FILTER.fletcher32).length;
  return size + CHECKSUM_BYTES * checksums;
}

/** @param size - bytes that a compressor was given */
function undoFilter(bytes: Uint8Array, { id, parameters }: Filter, size: number): Uint8Array {
  switch (id) {
    case FILTER.lzf:
      return unpacked(bytes, size);
    case FILTER.shuffle:
      return unshuffled(bytes, parameters[0] ?? 0);
    case FILTER.fletcher32:
      return verified(bytes);
    default:
      throw new Error(`it has the filter ${id} beside LZF`);
  }
}

function unpacked(bytes: Uint8Array, size: number): Uint8Array {
  if (size > LZF_MAX_RATIO * bytes.length) {
    throw new Error(`${bytes.length} bytes of LZF data cannot stand for ${size}`);
  }
  const output = new Uint8Array(size);
  decompressLzf(bytes, output);
  return output;
}

/** The first bytes of all values come first, then their second ones ...; a rest stays in place. */
function unshuffled(bytes: Uint8Array, valueSize: number): Uint8Array {
  if (valueSize === 0) throw new Error('it was shuffled with a size of 0');
  const count = Math.floor(bytes.length / valueSize);
  if (valueSize === 1 || count < 2) return bytes;
  const output = bytes.slice();
  for (let byte = 0, from = 0; byte < valueSize; byte++) {
    for (let to = byte; to < count * valueSize; to += valueSize) output[to] = bytes[from++]!;
  }
  return output;
}

function verified(bytes: Uint8Array): Uint8Array {
  const size = bytes.length - CHECKSUM_BYTES;
  if (size < 0) throw new Error('it has no room for its checksum');
  const content = bytes.subarray(0, size);
  if (fletcher32(content) !== new Cursor(bytes.subarray(size), 0).uint(CHECKSUM_BYTES)) {
    throw new Error('its checksum does not fit');
  }
  return content;
}
