import { FormatError, type AnnData } from '@dance-ts/core';
import { findSignature, withH5File } from '../hdf5/h5-file.js';
import { H5Group } from '../hdf5/h5-node.js';
import { readH5adSource, type ReadH5adOptions } from '../h5ad/read-h5ad.js';
import { keepOpen, readBytes, type ByteSource } from '../storage/byte-storage.js';
import { readXySource } from './read-xy.js';

/** What is known of a file before a reader is chosen. */
export interface FileProbe {
  /** Path or other name. */
  readonly name: string;
  /** Its first bytes. */
  readonly head: Uint8Array;
  /** Root of an HDF5 file; undefined for files of other formats. */
  readonly hdf5: HdfRoot | undefined;
}

/** What the root of an HDF5 file tells about its format. */
export interface HdfRoot {
  /** Names of its children. */
  readonly keys: readonly string[];
  /** Its attribute `encoding-type`. */
  readonly encodingType: string | undefined;
}

/** A file format that can be read as annotated data. */
export interface DatasetReader {
  /** Short name, for messages. */
  readonly id: string;
  /** True if a file is of this format, judged by its content. */
  accepts(probe: FileProbe): boolean;
  /** Reads the data and closes the source. */
  read(source: ByteSource, options: ReadH5adOptions): Promise<AnnData>;
}

/** All readers, in the order in which they are asked. A new format is one more row. */
export const DATASET_READERS: readonly DatasetReader[] = [
  {
    id: 'h5ad',
    accepts: ({ hdf5 }) =>
      hdf5 !== undefined &&
      hdf5.encodingType !== 'MuData' &&
      hdf5.keys.includes('obs') &&
      hdf5.keys.includes('var') &&
      !hdf5.keys.includes('exprs'),
    read: readH5adSource,
  },
  {
    id: 'HDF5 with X and Y, or with exprs and obs',
    accepts: ({ hdf5 }) =>
      hdf5 !== undefined && (hdf5.keys.includes('exprs') || hdf5.keys.includes('X')),
    read: readXySource,
  },
];

/**
 * Reads annotated data from a file of any known format, recognized by its content.
 *
 * @throws FormatError if no reader knows the format
 */
export async function readDatasetSource(
  source: ByteSource,
  options: ReadH5adOptions = {},
): Promise<AnnData> {
  let reader: DatasetReader;
  try {
    reader = chooseReader(await probeFile(source));
  } catch (error) {
    source.close();
    throw error;
  }
  return reader.read(source, options);
}

async function probeFile(source: ByteSource): Promise<FileProbe> {
  // Every format known so far is HDF5; the message tells what the file is instead.
  findSignature(source);
  const hdf5 = await withH5File(keepOpen(source), {}, (file) => {
    const root = new H5Group(file, '/');
    return { keys: root.keys(), encodingType: root.text('encoding-type') };
  });
  return { name: source.name, head: readBytes(source, 0, 512), hdf5 };
}

function chooseReader(probe: FileProbe): DatasetReader {
  const reader = DATASET_READERS.find((candidate) => candidate.accepts(probe));
  if (reader !== undefined) return reader;
  throw new FormatError(`${probe.name} is of a format that cannot be read yet`, {
    got: `an HDF5 file with ${probe.hdf5?.keys.slice(0, 12).join(', ') ?? 'nothing'}`,
    expected: DATASET_READERS.map(({ id }) => id).join('; '),
    remedy: 'Convert it to .h5ad, for example with scanpy.',
  });
}
