import { Pacer } from '@dance-ts/core';
import type { ByteStorage } from '../storage/byte-storage.js';
import { patchBooleans } from './boolean-patch.js';
import { guardWrite } from './h5-errors.js';
import { findSignature } from './h5-file.js';
import { closeQuietly, loadH5, type H5Module } from './h5-library.js';
import { mountBytes } from './h5-mount.js';
import { H5Writer } from './h5-writer.js';
import { eraseModificationTimes } from './modification-times.js';

/** How a file is written. */
export interface H5WriteOptions {
  /** Compression of number arrays; default gzip. */
  readonly compression?: 'gzip' | null | undefined;
  /** Stops writing when it fires. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens storage as an HDF5 file, hands it to `use`, closes it and makes its truth values booleans.
 * The storage itself stays open, and is useless if this throws.
 *
 * @param mode - `create` starts an empty file, `append` adds to the one that is there
 */
export async function withH5Writer(
  storage: ByteStorage,
  mode: 'create' | 'append',
  options: H5WriteOptions,
  use: (writer: H5Writer) => Promise<void>,
): Promise<void> {
  const module = await loadH5();
  const mount = mountBytes(module, storage);
  try {
    const writer = await writeMounted(module, mount.path, storage.name, mode, options, use);
    patchBooleans(storage, writer.booleanCount);
    eraseModificationTimes(storage, findSignature(storage), writer.datasetAddresses);
  } finally {
    mount.unmount();
  }
}

async function writeMounted(
  module: H5Module,
  path: string,
  name: string,
  mode: 'create' | 'append',
  { compression = 'gzip', signal }: H5WriteOptions,
  use: (writer: H5Writer) => Promise<void>,
): Promise<H5Writer> {
  const access = mode === 'create' ? module.H5F_ACC_TRUNC : module.H5F_ACC_RDWR;
  // The oldest format that can hold the data is the one that every reader knows.
  const [oldest, newest] = [module.H5F_LIBVER_EARLIEST, module.H5F_LIBVER_LATEST];
  const id = guardWrite(name, () => module.open(path, access, false, oldest, newest));
  const writer = new H5Writer(module, id, name, compression, new Pacer(signal));
  try {
    await use(writer);
  } catch (error) {
    closeQuietly(module, id);
    throw error;
  }
  guardWrite(name, () => module.close_file(id));
  return writer;
}
