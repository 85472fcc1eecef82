import { readBytes, type ByteStorage } from '../storage/byte-storage.js';
import { lookup3 } from './lookup3.js';

/** First bytes of the two kinds of block an object header of version 2 consists of. */
const BLOCK_SIGNATURES = ['OHDR', 'OCHK'].map((text) => new TextEncoder().encode(text));

/** Object header blocks are small; a signature farther away belongs to something else. */
const MAX_BLOCK_BYTES = 2 ** 16;

/** A block of an object header that carries a checksum in its last four bytes. */
export interface HeaderBlock {
  /** Position of the signature. */
  readonly start: number;
  /** Position of the checksum. */
  readonly end: number;
}

/**
 * The checksummed block of an object header (version 2) around a position. The length of a
 * continuation block stands elsewhere, so it is the one at which the checksum fits.
 *
 * @returns undefined if the position lies in no such block (object headers of version 1)
 */
export function findHeaderBlock(storage: ByteStorage, position: number): HeaderBlock | undefined {
  const from = Math.max(0, position - MAX_BLOCK_BYTES);
  const bytes = readBytes(storage, from, position - from + MAX_BLOCK_BYTES);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let start = position - from; start >= 0; start--) {
    if (!BLOCK_SIGNATURES.some((signature) => startsWith(bytes, start, signature))) continue;
    for (let end = position - from; end + 4 <= bytes.length; end++) {
      if (lookup3(bytes.subarray(start, end)) === view.getUint32(end, true)) {
        return { start: from + start, end: from + end };
      }
    }
  }
  return undefined;
}

/** Writes the checksum of a block whose content was changed. */
export function updateChecksum(storage: ByteStorage, { start, end }: HeaderBlock): void {
  const checksum = new Uint8Array(4);
  new DataView(checksum.buffer).setUint32(0, lookup3(readBytes(storage, start, end - start)), true);
  storage.write(checksum, end);
}

function startsWith(bytes: Uint8Array, at: number, signature: Uint8Array): boolean {
  return signature.every((byte, i) => bytes[at + i] === byte);
}
