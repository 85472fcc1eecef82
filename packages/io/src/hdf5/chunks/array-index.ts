import type { ByteSource } from '../../storage/byte-storage.js';
import type { RawFile } from '../object-header.js';
import { Cursor, readChecked } from './cursor.js';

/** A chunk as an array index lists it. */
export interface ArrayEntry {
  /** Position in the storage; undefined if the chunk does not exist. */
  readonly address: number | undefined;
  readonly size: number;
  readonly mask: number;
}

/** Takes the entry at a place of the array. */
export type VisitEntry = (place: number, entry: ArrayEntry) => void;

/** Number by which an array says that its chunks have filters. */
export const FILTERED_CHUNKS = 1;
const ADDRESS_AND_MASK_BYTES = 12;
const CHECKSUM_BYTES = 4;
/** Signature, version, client and address of the header. */
const BLOCK_HEAD_BYTES = 14;
const HEADER_BYTES = 28;

/** Bytes of an entry, checked. */
export function entrySize(size: number): number {
  if (size > ADDRESS_AND_MASK_BYTES && size <= ADDRESS_AND_MASK_BYTES + 8) return size;
  throw new Error('the array of its chunks has entries of an unknown size');
}

/** The next entry. */
export function readEntry(cursor: Cursor, size: number): ArrayEntry {
  const address = cursor.address();
  return { address, size: cursor.uint(size - ADDRESS_AND_MASK_BYTES), mask: cursor.uint(4) };
}

/** Version and client of a structure, which must be the ones that are known. */
export function assertArrayPart(cursor: Cursor): void {
  if (cursor.uint(1) !== 0 || cursor.uint(1) !== FILTERED_CHUNKS) {
    throw new Error('the array of its chunks is of an unknown kind');
  }
}

/** Entries of one page of an array, which has a checksum of its own. */
export function readPage(
  raw: RawFile<ByteSource>,
  position: number,
  entryBytes: number,
  count: number,
): ArrayEntry[] {
  const page = readChecked(raw, position, count * entryBytes + CHECKSUM_BYTES, '');
  return Array.from({ length: count }, () => readEntry(page, entryBytes));
}

/** True if a bit is set; the first one is the highest of the first byte. */
export function bitAt(bits: Uint8Array, i: number): boolean {
  return ((bits[i >> 3] ?? 0) & (0x80 >> (i & 7))) !== 0;
}

/**
 * Visits the entries of a fixed array, the index of chunks that cannot become more.
 *
 * Source: HDF5 File Format Specification 3.0, VII.C.
 *
 * @param length - entries that it must have
 * @throws Error if it is damaged
 */
export function readFixedArray(
  raw: RawFile<ByteSource>,
  position: number,
  length: number,
  visit: VisitEntry,
): void {
  const header = readChecked(raw, position, HEADER_BYTES, 'FAHD');
  assertArrayPart(header);
  const size = entrySize(header.uint(1));
  const pageLength = 2 ** header.uint(1);
  const nEntries = header.uint(8);
  const block = header.address();
  if (nEntries !== length) throw new Error('the array of its chunks has another length');
  if (block === undefined) return;
  const nPages = nEntries > pageLength ? Math.ceil(nEntries / pageLength) : 0;
  const bitBytes = Math.ceil(nPages / 8);
  const content = nPages === 0 ? nEntries * size : bitBytes;
  const headBytes = BLOCK_HEAD_BYTES + content + CHECKSUM_BYTES;
  const data = readChecked(raw, block, headBytes, 'FADB');
  assertArrayPart(data);
  if (data.address() !== position) throw new Error('the array of its chunks is damaged');
  if (nPages === 0) {
    for (let place = 0; place < nEntries; place++) visit(place, readEntry(data, size));
    return;
  }
  const bits = data.bytes(bitBytes);
  for (let page = 0; page < nPages; page++) {
    if (!bitAt(bits, page)) continue;
    const start = page * pageLength;
    const count = Math.min(pageLength, nEntries - start);
    const at = block + headBytes + page * (pageLength * size + CHECKSUM_BYTES);
    readPage(raw, at, size, count).forEach((entry, i) => {
      visit(start + i, entry);
    });
  }
}
