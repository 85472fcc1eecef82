import { defaultReporter, Table, type MuData } from '@dance-ts/core';
import { assertElementName } from '../h5ad/element-names.js';
import { writeParts, type WriteH5adOptions } from '../h5ad/write-h5ad.js';
import { writeArray, writeEncoding, writeGroup } from '../h5ad/write-matrix.js';
import { writeTable } from '../h5ad/write-table.js';
import { writeDict } from '../h5ad/write-uns.js';
import type { H5Writer } from '../hdf5/h5-writer.js';
import { withH5Writer } from '../hdf5/open-writer.js';
import { MemoryStorage, type ByteStorage } from '../storage/byte-storage.js';

/** Mappings of the global level, which stay empty. */
const EMPTY_MAPPINGS = ['obsm', 'varm', 'obsp', 'varp'];

/**
 * Several modalities as the bytes of an .h5mu file.
 *
 * @throws DataError if a name or text cannot be stored
 */
export async function encodeH5mu(
  data: MuData,
  options: WriteH5adOptions = {},
): Promise<Uint8Array> {
  const storage = new MemoryStorage('the encoded file');
  await writeH5muTo(storage, data, options);
  return storage.toBytes();
}

/** Writes several modalities to empty storage; cells of the same name are the same cell. */
export async function writeH5muTo(
  storage: ByteStorage,
  data: MuData,
  options: WriteH5adOptions = {},
): Promise<void> {
  const reporter = options.reporter ?? defaultReporter();
  await withH5Writer(storage, 'create', options, async (writer) => {
    writeEncoding(writer, '/', 'MuData', '0.1.0');
    writer.createGroup('/mod');
    writer.setAttribute('/mod', 'mod-order', data.names);
    for (const name of data.names) {
      assertElementName(name, 'mod');
      writeGroup(writer, `/mod/${name}`, 'anndata', '0.1.0');
      await writeParts(writer, `/mod/${name}`, data.get(name), reporter);
    }
    await writeAxis(writer, data, 'obs');
    await writeAxis(writer, data, 'var');
    for (const name of EMPTY_MAPPINGS) writeGroup(writer, `/${name}`, 'dict', '0.1.0');
    await writeDict(writer, '/uns', data.uns, reporter);
  });
}

/** The names of all modalities together, and where each of them has them (from 1, 0 for nowhere). */
async function writeAxis(writer: H5Writer, data: MuData, axis: 'obs' | 'var'): Promise<void> {
  const names = [...new Set(data.names.flatMap((name) => data.get(name)[axis].index))];
  await writeTable(writer, `/${axis}`, new Table(names));
  writeGroup(writer, `/${axis}map`, 'dict', '0.1.0');
  for (const name of data.names) {
    const table = data.get(name)[axis];
    const places = Int32Array.from(names, (each) => table.indexOf(each) + 1);
    await writeArray(writer, `/${axis}map/${name}`, places, [places.length]);
  }
}
