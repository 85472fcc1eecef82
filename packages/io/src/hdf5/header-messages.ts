import type { H5Dataset } from './h5-node.js';
import { objectAddress } from './h5-library.js';
import { RawFile } from './object-header.js';

/** The highest type of message there is (HDF5 File Format Specification 3.0, IV.A.2). */
const LAST_MESSAGE_TYPE = 0x18;

/**
 * Refuses a dataset whose header holds messages of types that do not exist. The library passes over
 * them; if it was the list of filters, compressed bytes would be taken for values. Only headers of
 * version 1 are looked at: newer ones have a checksum.
 *
 * @throws FormatError
 */
export function assertKnownMessages(dataset: H5Dataset): void {
  const { file } = dataset;
  const raw = new RawFile(file.source, file.base);
  if (!raw.hasWideAddresses) return;
  const header = headerPosition(dataset);
  if (raw.bytes(header, 1)[0] !== 1) return;
  const unknown = raw.messages(header).find(({ type }) => type > LAST_MESSAGE_TYPE);
  if (unknown === undefined) return;
  throw dataset.invalid('has a damaged header', {
    got: `a message of type ${unknown.type}`,
    expected: `types up to ${LAST_MESSAGE_TYPE}`,
    remedy: 'Get the file again or restore it from a copy.',
  });
}

/** Position of a dataset's object header in the source of its file. */
export function headerPosition({ file, path, label }: H5Dataset): number {
  return file.guard(label, () => file.base + objectAddress(file.module, file.id, path));
}
