import type { ByteSource } from '../../storage/byte-storage.js';
import { isSoundHeap } from '../global-heap.js';
import type { RawFile } from '../object-header.js';
import { bytesInside, Cursor, readStructure } from './cursor.js';

const SIGNATURE = 'GCOL';
const COLLECTION_HEADER_BYTES = 16;
const OBJECT_HEADER_BYTES = 16;

/** Bytes of a reference to a text of variable length, as values hold them in a file. */
export const TEXT_REFERENCE_BYTES = 16;

/**
 * Texts of variable length, which stand in collections apart from the values that refer to them.
 *
 * Source: HDF5 File Format Specification 3.0, III.E (global heap) and VIII.A (variable-length data).
 */
export class HeapTexts {
  private readonly collections = new Map<number, ReadonlyMap<number, Uint8Array>>();

  /** @param claim - refuses before memory is taken */
  constructor(
    private readonly raw: RawFile<ByteSource>,
    private readonly claim: (bytes: number) => void,
  ) {}

  /**
   * The text that a reference leads to, without what follows a NUL in it.
   *
   * @throws Error if it leads to none
   */
  textAt(reference: Uint8Array): Uint8Array {
    const cursor = new Cursor(reference, this.raw.base);
    const length = cursor.uint(4);
    const position = cursor.address();
    const index = cursor.uint(4);
    if (length === 0) return new Uint8Array(0);
    const text = this.collection(position).get(index);
    if (text?.length !== length) throw new Error('one of its texts is not where it should be');
    const end = text.indexOf(0);
    return end < 0 ? text : text.subarray(0, end);
  }

  private collection(position: number | undefined): ReadonlyMap<number, Uint8Array> {
    const known = this.collections.get(position ?? -1);
    if (known !== undefined) return known;
    const size = readStructure(this.raw, position, COLLECTION_HEADER_BYTES, SIGNATURE);
    size.skip(4);
    const length = size.uint(8);
    this.claim(length);
    const bytes = bytesInside(this.raw, position, length);
    if (!isSoundHeap(bytes)) throw new Error('the collection of its texts is damaged');
    const texts = textsOf(bytes, this.raw.base);
    this.collections.set(position ?? -1, texts);
    return texts;
  }
}

/** Objects of a sound collection by their numbers. */
function textsOf(bytes: Uint8Array, base: number): Map<number, Uint8Array> {
  const texts = new Map<number, Uint8Array>();
  const cursor = new Cursor(bytes, base);
  cursor.skip(COLLECTION_HEADER_BYTES);
  while (cursor.left >= OBJECT_HEADER_BYTES) {
    const index = cursor.uint(2);
    cursor.skip(6);
    const length = cursor.uint(8);
    // Free space has the number 0 and is the last.
    if (index === 0) return texts;
    if (texts.has(index)) throw new Error('the collection of its texts is damaged');
    texts.set(index, cursor.bytes(length));
    cursor.skip(Math.min(cursor.left, 8 * Math.ceil(length / 8) - length));
  }
  return texts;
}
