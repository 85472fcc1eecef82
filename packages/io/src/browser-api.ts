import { IoError, type AnnData, type Matrix, type MuData, type Table } from '@dance-ts/core';
import type { H5ReadOptions } from './hdf5/h5-file.js';
import { BackedH5ad } from './h5ad/backed-h5ad.js';
import { readH5adSource, type ReadH5adOptions } from './h5ad/read-h5ad.js';
import {
  readDatasetFolder,
  readDatasetSource,
  type ReadDatasetOptions,
} from './readers/dataset-readers.js';
import { readH5muSource } from './h5mu/read-h5mu.js';
import { readLoomSource, type LoomOptions } from './loom/read-loom.js';
import {
  readMatrixMarketSource,
  type OrientationOptions,
} from './matrix-market/read-matrix-market.js';
import {
  readDelimitedMatrixSource,
  readTableSource,
  type DelimitedOptions,
} from './tables/read-delimited.js';
import type { TenxOptions } from './tenx/features.js';
import { readTenxFolder, type TenxFolderOptions } from './tenx/read-tenx-folder.js';
import { readTenxH5Source } from './tenx/read-tenx-h5.js';
import type { ReadOptions } from './storage/read-options.js';

import { readXySource } from './readers/read-xy.js';
import { folderOfFiles, openBlob } from './storage/blob-source.js';
import { MemorySource, type ByteSource } from './storage/byte-storage.js';
import type { DataSource } from './storage/data-source.js';
import { ZarrFiles } from './zarr/files-store.js';
import { readZarrStore } from './zarr/read-zarr.js';
import { openZip } from './zarr/zip-store.js';

/** See the function of the same name in Node; paths cannot be opened in a browser. */
export async function readH5ad(source: DataSource, options?: ReadH5adOptions): Promise<AnnData> {
  return readH5adSource(await openSource(source), options);
}

/** See the function of the same name in Node; paths cannot be opened in a browser. */
export async function openH5ad(source: DataSource, options?: ReadH5adOptions): Promise<BackedH5ad> {
  return BackedH5ad.open(await openSource(source), options);
}

/** See the function of the same name in Node; paths cannot be opened in a browser. */
export async function readXyH5(source: DataSource, options?: H5ReadOptions): Promise<AnnData> {
  return readXySource(await openSource(source), options);
}

/** See the function of the same name in Node; paths cannot be opened in a browser. */
export async function readDataset(
  source: DataSource | File[],
  options?: ReadDatasetOptions,
): Promise<AnnData> {
  if (Array.isArray(source)) {
    return ZarrFiles.accepts(source)
      ? readZarrStore(new ZarrFiles(source), options)
      : readDatasetFolder(folderOfFiles(source), options);
  }
  return readDatasetSource(await openSource(source), options);
}

/**
 * A Zarr store: the files of a folder that a user chose (`<input webkitdirectory>`), or a .zip file
 * of one.
 */
export async function readZarr(
  source: DataSource | Iterable<File>,
  options?: ReadH5adOptions,
): Promise<AnnData> {
  const isZipFile =
    typeof source === 'string' || source instanceof Uint8Array || source instanceof Blob;
  const store = isZipFile ? openZip(await openSource(source)) : new ZarrFiles(source);
  return readZarrStore(store, options);
}

/** See the function of the same name in Node; paths cannot be opened in a browser. */
export async function readTenxH5(source: DataSource, options?: TenxOptions): Promise<AnnData> {
  return readTenxH5Source(await openSource(source), options);
}

/** See the function of the same name in Node; paths cannot be opened in a browser. */
export async function readLoom(source: DataSource, options?: LoomOptions): Promise<AnnData> {
  return readLoomSource(await openSource(source), options);
}

/** See the function of the same name in Node; paths cannot be opened in a browser. */
export async function readMatrixMarket(
  source: DataSource,
  options?: ReadOptions & OrientationOptions,
): Promise<Matrix> {
  return readMatrixMarketSource(await openSource(source), options);
}

/** See the function of the same name in Node; paths cannot be opened in a browser. */
export async function readDelimitedMatrix(
  source: DataSource,
  options?: DelimitedOptions & OrientationOptions,
): Promise<AnnData> {
  return readDelimitedMatrixSource(await openSource(source), options);
}

/** See the function of the same name in Node; paths cannot be opened in a browser. */
export async function readTable(source: DataSource, options?: DelimitedOptions): Promise<Table> {
  return readTableSource(await openSource(source), options);
}

/** The three files of a Matrix Market folder, chosen by a user. */
export async function readTenxMtx(
  files: Iterable<File>,
  options?: TenxFolderOptions,
): Promise<AnnData> {
  return readTenxFolder(folderOfFiles(files), options);
}

/** See the function of the same name in Node; paths cannot be opened in a browser. */
export async function readH5mu(source: DataSource, options?: ReadH5adOptions): Promise<MuData> {
  return readH5muSource(await openSource(source), options);
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
