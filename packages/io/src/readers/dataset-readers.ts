import { DanceError, FormatError, Pacer, type AnnData } from '@dance-ts/core';
import { describeContent, isHdf5, withH5File } from '../hdf5/h5-file.js';
import { H5Group } from '../hdf5/h5-node.js';
import { readH5adSource, type ReadH5adOptions } from '../h5ad/read-h5ad.js';
import { readLoomSource, type LoomOptions } from '../loom/read-loom.js';
import {
  readMatrixMarketData,
  type OrientationOptions,
} from '../matrix-market/read-matrix-market.js';
import { contentBlocks } from '../storage/byte-blocks.js';
import { keepOpen, readBytes, type ByteSource } from '../storage/byte-storage.js';
import type { DataFolder } from '../storage/data-folder.js';
import { MemoryBudget } from '../storage/read-options.js';
import { readDelimitedMatrixSource, type DelimitedOptions } from '../tables/read-delimited.js';
import { isTenxFolder, readTenxFolder, type TenxFolderOptions } from '../tenx/read-tenx-folder.js';
import { readTenxH5Source } from '../tenx/read-tenx-h5.js';
import { readZarrStore } from '../zarr/read-zarr.js';
import { isZarrRoot } from '../zarr/zarr-store.js';
import { isZip, openZip, ZipStore } from '../zarr/zip-store.js';
import { isRds, refuseRds } from './refuse-rds.js';
import { readXySource } from './read-xy.js';

/** Options of all readers together; each uses those it knows. */
export interface ReadDatasetOptions
  extends ReadH5adOptions, TenxFolderOptions, DelimitedOptions, OrientationOptions, LoomOptions {}

/** What is known of a file before a reader is chosen. */
export interface FileProbe {
  /** Path or other name. */
  readonly name: string;
  /** Its first bytes, unpacked if it is gzip. */
  readonly head: Uint8Array;
  /** Root of an HDF5 file; undefined for files of other formats. */
  readonly hdf5: HdfRoot | undefined;
  /** Paths of the files of a .zip archive; undefined for files of other formats. */
  readonly zip?: readonly string[] | undefined;
}

/** What the root of an HDF5 file tells about its format. */
export interface HdfRoot {
  /** Names of its children. */
  readonly keys: readonly string[];
  /** Names of the children of each child that is a group. */
  readonly groups: ReadonlyMap<string, readonly string[]>;
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
  read(source: ByteSource, options: ReadDatasetOptions): Promise<AnnData>;
}

/** Bytes that tell the format of a text. */
const HEAD_BYTES = 64 * 2 ** 10;
/** Children of the root that are looked into. */
const MAX_CHILDREN = 64;

/** All readers, in the order in which they are asked. A new format is one more row. */
export const DATASET_READERS: readonly DatasetReader[] = [
  {
    id: 'h5ad',
    accepts: ({ hdf5 }) =>
      hdf5 !== undefined &&
      !isMuData(hdf5) &&
      hdf5.keys.includes('obs') &&
      hdf5.keys.includes('var') &&
      !hdf5.keys.includes('exprs'),
    read: readH5adSource,
  },
  {
    id: 'loom',
    accepts: ({ hdf5 }) => hdf5?.groups.has('row_attrs') === true && hdf5.keys.includes('matrix'),
    read: readLoomSource,
  },
  {
    id: '10x .h5',
    accepts: ({ hdf5 }) =>
      hdf5 !== undefined &&
      (hdf5.groups.get('matrix')?.includes('features') === true ||
        [...hdf5.groups.values()].some(
          (names) => names.includes('barcodes') && names.includes('gene_names'),
        )),
    read: readTenxH5Source,
  },
  {
    id: 'HDF5 with X and Y, or with exprs and obs',
    accepts: ({ hdf5 }) =>
      hdf5 !== undefined && (hdf5.keys.includes('exprs') || hdf5.keys.includes('X')),
    read: readXySource,
  },
  {
    id: 'Zarr (.zip)',
    accepts: ({ zip }) => zip !== undefined && isZarrRoot(zip),
    read: (source, options) => readZarrStore(openZip(source), options),
  },
  { id: 'R data (refused)', accepts: isRds, read: refuseRds },
  {
    id: 'Matrix Market',
    accepts: ({ hdf5, head }) =>
      hdf5 === undefined && /^%%MatrixMarket/i.test(new TextDecoder().decode(head.subarray(0, 20))),
    read: readMatrixMarketData,
  },
  {
    id: 'CSV or TSV',
    accepts: ({ hdf5, head }) => hdf5 === undefined && looksDelimited(head),
    read: readDelimitedMatrixSource,
  },
];

/**
 * Reads annotated data from a file of any known format, recognized by its content.
 *
 * @throws FormatError if no reader knows the format
 */
export async function readDatasetSource(
  source: ByteSource,
  options: ReadDatasetOptions = {},
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

/**
 * Reads annotated data from a folder: the three files of 10x Genomics.
 *
 * @throws FormatError if the folder holds something else
 */
export async function readDatasetFolder(
  folder: DataFolder,
  options: ReadDatasetOptions = {},
): Promise<AnnData> {
  if (isTenxFolder(folder)) return readTenxFolder(folder, options);
  throw new FormatError(`${folder.name} is no folder that can be read`, {
    got: folder.files.slice(0, 12).join(', ') || 'no files',
    expected:
      'matrix.mtx, barcodes.tsv and features.tsv or genes.tsv, or these as .gz, or a Zarr store',
    remedy: 'Name the folder that holds them, or a file.',
  });
}

/** True if the bytes are those of an .h5mu file. The source is closed afterwards. */
export async function isMuDataSource(source: ByteSource): Promise<boolean> {
  try {
    if (!isHdf5(source)) return false;
    return isMuData(await probeHdf5(source));
  } finally {
    source.close();
  }
}

async function probeFile(source: ByteSource): Promise<FileProbe> {
  const head = await contentHead(source);
  if (isZip(readBytes(source, 0, 4))) {
    return { name: source.name, head, hdf5: undefined, zip: new ZipStore(keepOpen(source)).files };
  }
  if (!isHdf5(source)) return { name: source.name, head, hdf5: undefined };
  return { name: source.name, head, hdf5: await probeHdf5(source) };
}

function probeHdf5(source: ByteSource): Promise<HdfRoot> {
  return withH5File(keepOpen(source), {}, (file) => {
    const root = new H5Group(file, '/');
    return {
      keys: root.keys(),
      groups: childrenOfGroups(root),
      encodingType: root.text('encoding-type'),
    };
  });
}

function isMuData(root: HdfRoot): boolean {
  return root.encodingType === 'MuData';
}

async function contentHead(source: ByteSource): Promise<Uint8Array> {
  for await (const block of contentBlocks(source, new MemoryBudget(source.name), new Pacer())) {
    return block.subarray(0, HEAD_BYTES);
  }
  throw new FormatError(`${source.name} is empty`, {
    remedy: 'Check that the right file was named.',
  });
}

function childrenOfGroups(root: H5Group): Map<string, readonly string[]> {
  const groups = new Map<string, readonly string[]>();
  for (const name of root.keys().slice(0, MAX_CHILDREN)) {
    try {
      const child = root.find(name);
      if (child?.kind === 'group') groups.set(name, child.keys());
    } catch (error) {
      // A child that cannot be read tells nothing about the format; its reader will complain.
      if (!(error instanceof DanceError)) throw error;
    }
  }
  return groups;
}

/** True for lines of text of which the first has a delimiter. */
function looksDelimited(head: Uint8Array): boolean {
  if (head.some((byte) => byte < 0x20 && (byte < 0x09 || byte > 0x0d))) return false;
  const [line = ''] = new TextDecoder().decode(head).split('\n');
  return /[\t,;]/.test(line);
}

function chooseReader(probe: FileProbe): DatasetReader {
  const reader = DATASET_READERS.find((candidate) => candidate.accepts(probe));
  if (reader !== undefined) return reader;
  throw new FormatError(`${probe.name} is of a format that cannot be read yet`, {
    got:
      probe.hdf5 === undefined
        ? describeContent(probe.head)
        : `an HDF5 file with ${probe.hdf5.keys.slice(0, 12).join(', ') || 'nothing'}`,
    expected: DATASET_READERS.map(({ id }) => id).join('; '),
    remedy:
      probe.hdf5 !== undefined && isMuData(probe.hdf5)
        ? 'It holds several modalities: use readH5mu.'
        : 'Convert it to .h5ad, for example with scanpy.',
  });
}
