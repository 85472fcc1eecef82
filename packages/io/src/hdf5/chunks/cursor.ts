import type { ByteSource } from '../../storage/byte-storage.js';
import { lookup3 } from '../lookup3.js';
import type { RawFile } from '../object-header.js';

const NO_ADDRESS = 0xffff_ffff_ffff_ffffn;

/** Reads the fields of a structure of an HDF5 file one after the other. */
export class Cursor {
  private readonly view: DataView;
  private at = 0;

  /** @param base - position in the storage that addresses count from */
  constructor(
    private readonly content: Uint8Array,
    private readonly base: number,
  ) {
    this.view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  }

  /** Bytes that are left. */
  get left(): number {
    return this.content.length - this.at;
  }

  /** An unsigned integer of 1 to 8 little-endian bytes. */
  uint(size: number): number {
    const value = this.bytes(size).reduceRight((total, byte) => total * 256 + byte, 0);
    if (!Number.isSafeInteger(value)) throw new Error('a number in its header is too large');
    return value;
  }

  /** Position of an address in the storage; undefined if there is none. */
  address(): number | undefined {
    this.assertLeft(8);
    const address = this.view.getBigUint64(this.at, true);
    if (address !== NO_ADDRESS) return this.base + this.uint(8);
    this.at += 8;
    return undefined;
  }

  /** The next bytes, as a view. */
  bytes(length: number): Uint8Array {
    this.assertLeft(length);
    this.at += length;
    return this.content.subarray(this.at - length, this.at);
  }

  /** Passes over bytes. */
  skip(length: number): void {
    this.bytes(length);
  }

  private assertLeft(length: number): void {
    if (length > this.left) throw new Error('a part of its header is cut short');
  }
}

/**
 * Fields of a structure, from behind its signature on.
 *
 * @param length - of the whole structure in bytes
 * @throws Error if it does not lie inside the file or has another signature
 */
export function readStructure(
  raw: RawFile<ByteSource>,
  position: number | undefined,
  length: number,
  signature: string,
): Cursor {
  return new Cursor(structureBytes(raw, position, length, signature).subarray(4), raw.base);
}

/**
 * Fields of a structure that ends with a checksum, from behind its signature to before that.
 *
 * @param length - of the whole structure in bytes
 * @throws Error if it does not lie inside the file, or signature or checksum do not fit
 */
export function readChecked(
  raw: RawFile<ByteSource>,
  position: number | undefined,
  length: number,
  signature: string,
): Cursor {
  const bytes = structureBytes(raw, position, length, signature);
  const content = bytes.subarray(0, length - 4);
  const stored = new Cursor(bytes.subarray(length - 4), raw.base).uint(4);
  if (lookup3(content) !== stored) throw new Error('a checksum in its index does not fit');
  return new Cursor(content.subarray(signature.length), raw.base);
}

/**
 * Bytes of the file.
 *
 * @throws Error if they do not lie inside the file
 */
export function bytesInside(
  raw: RawFile<ByteSource>,
  position: number | undefined,
  length: number,
): Uint8Array {
  if (position === undefined || position < raw.base || position + length > raw.storage.size) {
    throw new Error(`an address leads out of the file: ${position ?? 'none'}`);
  }
  return raw.bytes(position, length);
}

function structureBytes(
  raw: RawFile<ByteSource>,
  position: number | undefined,
  length: number,
  signature: string,
): Uint8Array {
  const bytes = bytesInside(raw, position, length);
  if (!Array.from(signature).every((letter, i) => letter.charCodeAt(0) === bytes[i])) {
    throw new Error(`its index has no "${signature}" where it should`);
  }
  return bytes;
}
