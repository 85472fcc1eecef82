/** "GCOL", version 1 and three reserved bytes. */
const SIGNATURE = [0x47, 0x43, 0x4f, 0x4c, 1, 0, 0, 0];
const COLLECTION_HEADER_BYTES = 16;
const OBJECT_HEADER_BYTES = 16;

/**
 * False for bytes that begin as a global heap collection (where texts of variable length are kept)
 * whose list of objects does not add up. The HDF5 library would follow a free object of size 0
 * forever. Bytes of other kinds are not judged.
 *
 * Source: HDF5 File Format Specification 3.0, section III.E, for lengths of 8 bytes.
 *
 * @param bytes - the collection, or as much of it as was read
 */
export function isSoundHeap(bytes: Uint8Array): boolean {
  if (bytes.length < COLLECTION_HEADER_BYTES) return true;
  if (!SIGNATURE.every((byte, i) => bytes[i] === byte)) return true;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = Number(view.getBigUint64(8, true));
  const end = Math.min(size, bytes.length);
  let at = COLLECTION_HEADER_BYTES;
  while (at + OBJECT_HEADER_BYTES <= end) {
    const index = view.getUint16(at, true);
    const length = Number(view.getBigUint64(at + 8, true));
    // The size of free space counts its header, that of an object does not.
    const step = index === 0 ? length : OBJECT_HEADER_BYTES + 8 * Math.ceil(length / 8);
    if (step < OBJECT_HEADER_BYTES || at + step > size) return false;
    at += step;
  }
  return true;
}
