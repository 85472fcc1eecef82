import type { ByteStorage } from '../storage/byte-storage.js';
import { MESSAGE, RawFile } from './object-header.js';

/**
 * Takes the times of writing out of datasets, so that the same data give the same bytes whenever
 * they are written. h5py does not store such times either.
 *
 * @param base - position of the HDF5 part in the storage
 * @param addresses - object headers of the datasets, relative to that
 */
export function eraseModificationTimes(
  storage: ByteStorage,
  base: number,
  addresses: readonly number[],
): void {
  const file = new RawFile(storage, base);
  for (const address of addresses) {
    // Only headers of version 1 have such a message; they carry no checksum.
    for (const { type, position, content, length } of file.messages(base + address)) {
      if (type !== MESSAGE.modificationTime) continue;
      storage.write(Uint8Array.of(MESSAGE.nil, 0), position);
      storage.write(new Uint8Array(length), content);
    }
  }
}
