import type { Pacer } from '@dance-ts/core';
import type { ByteSource } from '../../storage/byte-storage.js';
import type { RawFile } from '../object-header.js';
import {
  assertArrayPart,
  bitAt,
  entrySize,
  readEntry,
  readPage,
  type VisitEntry,
} from './array-index.js';
import { readChecked, type Cursor } from './cursor.js';

const HEADER_BYTES = 72;
const CHECKSUM_BYTES = 4;
const ADDRESS_BYTES = 8;
/** Signature, version, client and address of the header. */
const BLOCK_HEAD_BYTES = 14;

/** What the header of an extensible array says. */
interface ArrayForm {
  readonly header: number;
  readonly entryBytes: number;
  /** Bytes of a place in the array. */
  readonly placeBytes: number;
  /** Entries in the index block. */
  readonly nFirst: number;
  /** Entries of the smallest data block. */
  readonly minEntries: number;
  /** Super blocks whose data blocks the index block lists itself. */
  readonly nDirect: number;
  /** Super blocks that there can be. */
  readonly nSuper: number;
  readonly pageLength: number;
  /** Entries that were ever set. */
  readonly nSet: number;
  readonly indexBlock: number | undefined;
}

/** A run of data blocks of the same size: a super block. */
interface SuperBlock {
  /** Its first entry, not counting those of the index block. */
  readonly start: number;
  readonly nBlocks: number;
  /** Entries of each of its data blocks. */
  readonly nEntries: number;
  /** Pages of each data block; 0 if it is in one piece. */
  readonly nPages: number;
}

/**
 * Visits the entries of an extensible array, the index of chunks along one dimension that can grow.
 * The first entries stand in its index block, the others in data blocks that grow with their
 * number, and large data blocks are split into pages.
 *
 * Source: HDF5 File Format Specification 3.0, VII.D.
 *
 * @throws Error if it is damaged
 */
export async function readExtensibleArray(
  raw: RawFile<ByteSource>,
  position: number,
  visit: VisitEntry,
  pacer: Pacer,
): Promise<void> {
  const form = readForm(raw, position);
  const { entryBytes, nFirst, nDirect, nSuper, nSet, indexBlock } = form;
  if (indexBlock === undefined || nSet === 0) return;
  const supers = Array.from({ length: nSuper }, (_, u) => superBlock(form, u));
  const nDirectBlocks = supers.slice(0, nDirect).reduce((sum, { nBlocks }) => sum + nBlocks, 0);
  const content =
    nFirst * entryBytes + (nDirectBlocks + Math.max(0, nSuper - nDirect)) * ADDRESS_BYTES;
  const index = readBlock(raw, form, indexBlock, content, 'EAIB');
  for (let place = 0; place < nFirst; place++) visit(place, readEntry(index, entryBytes));
  const later: VisitEntry = (place, entry) => {
    visit(nFirst + place, entry);
  };
  for (const [u, block] of supers.entries()) {
    if (nFirst + block.start >= nSet) return;
    await pacer.tick();
    if (u < nDirect) readDataBlocks(raw, form, block, index, new Uint8Array(0), later);
    else readSuperBlock(raw, form, block, index.address(), later);
  }
}

function readForm(raw: RawFile<ByteSource>, position: number): ArrayForm {
  const header = readChecked(raw, position, HEADER_BYTES, 'EAHD');
  assertArrayPart(header);
  const entryBytes = entrySize(header.uint(1));
  const placeBits = header.uint(1);
  const nFirst = header.uint(1);
  const minEntries = header.uint(1);
  const minPointers = header.uint(1);
  const pageLength = 2 ** header.uint(1);
  header.skip(4 * 8);
  const nSet = header.uint(8);
  header.skip(8);
  const nSuper = 1 + placeBits - Math.log2(minEntries);
  const nDirect = 2 * Math.log2(minPointers);
  const isSound =
    placeBits <= 64 && Number.isInteger(nSuper) && nSuper > 0 && Number.isInteger(nDirect);
  if (!isSound) throw new Error('the array of its chunks is damaged');
  return {
    ...{ header: position, entryBytes, placeBytes: Math.ceil(placeBits / 8), nFirst },
    ...{ minEntries, nDirect, nSuper, pageLength, nSet, indexBlock: header.address() },
  };
}

/** Super block `u`: blocks double in number and in length in turn. */
function superBlock({ minEntries, pageLength }: ArrayForm, u: number): SuperBlock {
  const nBlocks = 2 ** Math.floor(u / 2);
  const nEntries = minEntries * 2 ** Math.ceil(u / 2);
  const nPages = nEntries > pageLength ? nEntries / pageLength : 0;
  return { start: minEntries * (2 ** u - 1), nBlocks, nEntries, nPages };
}

function readSuperBlock(
  raw: RawFile<ByteSource>,
  form: ArrayForm,
  block: SuperBlock,
  address: number | undefined,
  visit: VisitEntry,
): void {
  if (address === undefined) return;
  const { nBlocks, nPages, start } = block;
  const bitBytes = nBlocks * Math.ceil(nPages / 8);
  const content = form.placeBytes + bitBytes + nBlocks * ADDRESS_BYTES;
  const cursor = readBlock(raw, form, address, content, 'EASB');
  if (cursor.uint(form.placeBytes) !== start) {
    throw new Error('the array of its chunks is damaged');
  }
  const bits = cursor.bytes(bitBytes);
  readDataBlocks(raw, form, block, cursor, bits, visit);
}

/** Data blocks whose addresses come next; `bits` tell which of their pages exist. */
function readDataBlocks(
  raw: RawFile<ByteSource>,
  form: ArrayForm,
  { start, nBlocks, nEntries, nPages }: SuperBlock,
  addresses: Cursor,
  bits: Uint8Array,
  visit: VisitEntry,
): void {
  const { entryBytes, pageLength, placeBytes } = form;
  for (let b = 0; b < nBlocks; b++) {
    const address = addresses.address();
    if (address === undefined) continue;
    const first = start + b * nEntries;
    const content = placeBytes + (nPages === 0 ? nEntries * entryBytes : 0);
    const data = readBlock(raw, form, address, content, 'EADB');
    // HDF5 counts this differently in blocks that the index block lists, so it proves nothing.
    data.skip(placeBytes);
    if (nPages === 0) {
      for (let i = 0; i < nEntries; i++) visit(first + i, readEntry(data, entryBytes));
    }
    const pages = address + BLOCK_HEAD_BYTES + content + CHECKSUM_BYTES;
    for (let page = 0; page < nPages; page++) {
      if (!bitAt(bits, b * nPages + page)) continue;
      const at = pages + page * (pageLength * entryBytes + CHECKSUM_BYTES);
      readPage(raw, at, entryBytes, pageLength).forEach((entry, i) => {
        visit(first + page * pageLength + i, entry);
      });
    }
  }
}

/** Content of a block, behind its head, which must name the array's header. */
function readBlock(
  raw: RawFile<ByteSource>,
  { header }: ArrayForm,
  position: number,
  content: number,
  signature: string,
): Cursor {
  const length = BLOCK_HEAD_BYTES + content + CHECKSUM_BYTES;
  const cursor = readChecked(raw, position, length, signature);
  assertArrayPart(cursor);
  if (cursor.address() !== header) throw new Error('the array of its chunks is damaged');
  return cursor;
}
