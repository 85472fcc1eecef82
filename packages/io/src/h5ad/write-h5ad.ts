import {
  defaultReporter,
  Table,
  type Aligned,
  type AnnData,
  type Matrix,
  type Reporter,
} from '@dance-ts/core';
import type { ElementWriter } from '../storage/element-writer.js';
import { withH5Writer, type H5WriteOptions } from '../hdf5/open-writer.js';
import { MemoryStorage, type ByteStorage } from '../storage/byte-storage.js';
import { assertElementName } from './element-names.js';
import { writeEncoding, writeGroup, writeMatrix } from './write-matrix.js';
import { writeTable } from './write-table.js';
import { writeDict } from './write-uns.js';

/** Options of {@link encodeH5ad} and of the writer of files. */
export interface WriteH5adOptions extends H5WriteOptions {
  /** Receives a warning for each value that cannot be written. */
  readonly reporter?: Reporter | undefined;
}

/**
 * Annotated data as the bytes of an .h5ad file in the layout of anndata 0.8 and later.
 *
 * @throws DataError if a name or text cannot be stored
 */
export async function encodeH5ad(
  data: AnnData,
  options: WriteH5adOptions = {},
): Promise<Uint8Array> {
  const storage = new MemoryStorage('the encoded file');
  await writeH5adTo(storage, data, options);
  return storage.toBytes();
}

/** Writes annotated data to empty storage. */
export async function writeH5adTo(
  storage: ByteStorage,
  data: AnnData,
  options: WriteH5adOptions = {},
): Promise<void> {
  const reporter = options.reporter ?? defaultReporter();
  await withH5Writer(storage, 'create', options, async (writer) => {
    writeEncoding(writer, '/', 'anndata', '0.1.0');
    await writeParts(writer, '', data, reporter);
  });
}

/**
 * Writes the parts of annotated data below a group that has its encoding already.
 *
 * @param path - of the group; empty for the root
 */
export async function writeParts(
  writer: ElementWriter,
  path: string,
  data: AnnData,
  reporter: Reporter,
): Promise<void> {
  if (data.hasX) await writeMatrix(writer, `${path}/X`, data.X);
  await writeTable(writer, `${path}/obs`, data.obs);
  await writeTable(writer, `${path}/var`, data.var);
  await writeMapping(writer, `${path}/layers`, data.layers);
  await writeMapping(writer, `${path}/obsm`, data.obsm);
  await writeMapping(writer, `${path}/varm`, data.varm);
  await writeMapping(writer, `${path}/obsp`, data.obsp);
  await writeMapping(writer, `${path}/varp`, data.varp);
  await writeDict(writer, `${path}/uns`, data.uns, reporter);
  if (data.raw !== undefined) {
    writeGroup(writer, `${path}/raw`, 'raw', '0.1.0');
    await writeMatrix(writer, `${path}/raw/X`, data.raw.X);
    await writeTable(writer, `${path}/raw/var`, data.raw.var);
    await writeMapping(writer, `${path}/raw/varm`, data.raw.varm);
  }
}

async function writeMapping(
  writer: ElementWriter,
  path: string,
  entries: ReadonlyMap<string, Aligned | Matrix>,
): Promise<void> {
  writeGroup(writer, path, 'dict', '0.1.0');
  for (const [name, value] of entries) {
    assertElementName(name, path.slice(1));
    if (value instanceof Table) await writeTable(writer, `${path}/${name}`, value);
    else await writeMatrix(writer, `${path}/${name}`, value);
  }
}
