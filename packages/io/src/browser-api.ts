import { IoError, type AnnData } from '@dance-ts/core';
import type { H5ReadOptions } from './hdf5/h5-file.js';
import { readH5adSource, type ReadH5adOptions } from './h5ad/read-h5ad.js';
import { readDatasetSource } from './readers/dataset-readers.js';
import { readXySource } from './readers/read-xy.js';
import { openBlob } from './storage/blob-source.js';
import { MemorySource, type ByteSource } from './storage/byte-storage.js';
import type { DataSource } from './storage/data-source.js';

/** See the function of the same name in Node; paths cannot be opened in a browser. */
export async function readH5ad(source: DataSource, options?: ReadH5adOptions): Promise<AnnData> {
  return readH5adSource(await openSource(source), options);
}

/** See the function of the same name in Node; paths cannot be opened in a browser. */
export async function readXyH5(source: DataSource, options?: H5ReadOptions): Promise<AnnData> {
  return readXySource(await openSource(source), options);
}

/** See the function of the same name in Node; paths cannot be opened in a browser. */
export async function readDataset(source: DataSource, options?: ReadH5adOptions): Promise<AnnData> {
  return readDatasetSource(await openSource(source), options);
}

async function openSource(source: DataSource): Promise<ByteSource> {
  if (typeof source === 'string') {
    throw new IoError(`cannot open the path ${source} in a browser`, {
      remedy: 'Give a File or Blob, or the bytes of the file.',
    });
  }
  return source instanceof Uint8Array
    ? new MemorySource('the given bytes', source)
    : openBlob(source);
}
