import path from 'node:path';
import type { AnnData, Matrix, MuData, Table } from '@dance-ts/core';
import type { H5ReadOptions } from './hdf5/h5-file.js';
import { annotateStorage } from './h5ad/annotate-h5ad.js';
import type { Additions } from './h5ad/annotate-plan.js';
import { BackedH5ad } from './h5ad/backed-h5ad.js';
import { readH5adSource, type ReadH5adOptions } from './h5ad/read-h5ad.js';
import { writeH5adTo, type WriteH5adOptions } from './h5ad/write-h5ad.js';
import {
  isMuDataSource,
  readDatasetFolder,
  readDatasetSource,
  type ReadDatasetOptions,
} from './readers/dataset-readers.js';
import { readH5muSource } from './h5mu/read-h5mu.js';
import { writeH5muTo } from './h5mu/write-h5mu.js';
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
import { replaceFile, writeFileAtomic } from './storage/atomic-file.node.js';
import { createFolder, holdsFiles } from './storage/atomic-folder.node.js';
import { openBlob } from './storage/blob-source.js';
import { MemorySource, type ByteSource } from './storage/byte-storage.js';
import type { DataSource } from './storage/data-source.js';
import { FileStorage } from './storage/file-storage.node.js';
import { isFolder, openFolder } from './storage/folder.node.js';
import { encodeCsv, type CsvOptions } from './writers/encode-csv.js';
import { encodeTenxMtx } from './writers/encode-tenx-folder.js';
import type { TextWriteOptions } from './writers/text-bytes.js';
import { ZarrFolder } from './zarr/folder-store.node.js';
import { isMuZarrStore, readMuZarrStore, readZarrStore } from './zarr/read-zarr.js';
import { writeZarrFolder } from './zarr/write-zarr.node.js';
import { isZarrRoot, type ZarrStore } from './zarr/zarr-store.js';
import { openZip } from './zarr/zip-store.js';

/**
 * Reads an .h5ad file written by any anndata since 0.5, compressed with gzip, LZF or not at all.
 *
 * X, layers, obsm, varm, obsp, varp and raw become Float32, and CSC becomes CSR; a file without X
 * gives data without X. Elements of unknown kinds are left out with a warning to the reporter.
 *
 * @param source - path, bytes, or a Blob; a file is read range by range
 * @throws IoError if the file is missing or cannot be read
 * @throws FormatError if it is not .h5ad, damaged, larger than the memory budget, or uses
 * filters or links that cannot be followed
 */
export async function readH5ad(source: DataSource, options?: ReadH5adOptions): Promise<AnnData> {
  return readH5adSource(await openSource(source), options);
}

/**
 * Opens an .h5ad file for reading rows on demand, so that it may be larger than memory. obs, var and
 * uns are read at once; X and layers in compressed rows or dense by `rows`, `selectRows` and
 * `blocks`. Close it when done.
 *
 * @param source - path, bytes, or a Blob (of which ranges are read in a browser's worker only)
 * @throws IoError if the file is missing or cannot be read
 * @throws FormatError if it is not .h5ad, damaged, or its obs, var and uns exceed the memory budget
 */
export async function openH5ad(source: DataSource, options?: ReadH5adOptions): Promise<BackedH5ad> {
  return BackedH5ad.open(await openSource(source), options);
}

/**
 * Reads the HDF5 files of clustering benchmarks: dense `X` and labels `Y` (scDeepCluster, DANCE),
 * or `exprs` with `obs/cell_type1` (scziDesk). Labels become `obs["cell_type"]`, X becomes CSR.
 *
 * @throws IoError if the file is missing or cannot be read
 * @throws FormatError if it is of neither kind, damaged or too large
 */
export async function readXyH5(source: DataSource, options?: H5ReadOptions): Promise<AnnData> {
  return readXySource(await openSource(source), options);
}

/**
 * Reads a data set of any known format, recognized by its content, or a Matrix Market folder or
 * Zarr store.
 *
 * @throws IoError if the file is missing or cannot be read
 * @throws FormatError if no reader knows the format, or the file is damaged
 */
export async function readDataset(
  source: DataSource,
  options?: ReadDatasetOptions,
): Promise<AnnData> {
  if (typeof source === 'string' && (await isFolder(source))) {
    const folder = await openFolder(source);
    return isZarrRoot(folder.files)
      ? readZarrStore(new ZarrFolder(source), options)
      : readDatasetFolder(folder, options);
  }
  return readDatasetSource(await openSource(source), options);
}

/**
 * Reads annotated data from a Zarr store as anndata writes it, version 2 or 3 of Zarr: a folder, or
 * a .zip file of one. Chunks may be plain or compressed with zlib, gzip, Blosc, Zstandard or LZ4.
 * As Zarr wants it, a chunk whose file is missing counts as filled with the fill value.
 *
 * @param source - path of the folder or .zip file, or the bytes, Blob or File of a .zip file
 * @throws IoError if it is missing or cannot be read
 * @throws FormatError naming the element that is missing, damaged, too large or of an unknown codec
 */
export async function readZarr(source: DataSource, options?: ReadH5adOptions): Promise<AnnData> {
  return readZarrStore(await openZarrStore(source), options);
}

/**
 * True if a file or Zarr store holds several modalities, as .h5mu files do: `readH5mu` reads it,
 * `readDataset` does not.
 *
 * @throws IoError if the file is missing or cannot be read
 * @throws FormatError if it is damaged
 */
export async function holdsModalities(source: DataSource): Promise<boolean> {
  if (typeof source === 'string' && (await isFolder(source))) {
    const { files } = await openFolder(source);
    return isZarrRoot(files) && isMuZarrStore(new ZarrFolder(source));
  }
  return isMuDataSource(await openSource(source));
}

/**
 * Writes an .h5ad file in the layout of anndata 0.8 and later, in one step: the target is the old
 * file or the new one, never half of it.
 *
 * @throws IoError naming the target, if it cannot be written
 * @throws DataError if a name or text cannot be stored
 */
export async function writeH5ad(
  target: string,
  data: AnnData,
  options?: WriteH5adOptions,
): Promise<void> {
  await replaceFile(target, (storage) => writeH5adTo(storage, data, options));
}

/**
 * Writes a Zarr store (version 2 of Zarr, which every version of anndata reads) as a new folder, in
 * one step: it is there whole or not at all.
 *
 * @param folder - must not exist, or be empty
 * @throws IoError naming the folder, if it holds something or cannot be made
 * @throws DataError if a name or text cannot be stored
 */
export async function writeZarr(
  folder: string,
  data: AnnData,
  options: Pick<WriteH5adOptions, 'reporter' | 'signal'> = {},
): Promise<void> {
  await writeZarrFolder(folder, data, options);
}

/**
 * Copies an .h5ad file and adds columns of obs, matrices of obsm and values of uns to the copy.
 * Everything else keeps its bytes: number types, layers, raw, even elements this library does not
 * know. An element of the same name is replaced; its space in the file is not given back.
 *
 * @param output - may be the input itself; replaced in one step
 * @throws IoError if the input cannot be read or the output cannot be written
 * @throws FormatError if the input is no .h5ad file
 * @throws DataError if an addition does not fit the file
 */
export async function annotateH5ad(
  input: string,
  output: string,
  additions: Additions,
  options?: WriteH5adOptions,
): Promise<void> {
  FileStorage.open(input).close();
  await replaceFile(output, (storage) => annotateStorage(storage, additions, options), input);
}

/**
 * Reads an .h5 file of 10x Genomics, version 2 or 3, as cells x genes.
 *
 * @throws IoError if the file is missing or cannot be read
 * @throws FormatError if it is damaged, or holds several genomes and none is named
 */
export async function readTenxH5(source: DataSource, options?: TenxOptions): Promise<AnnData> {
  return readTenxH5Source(await openSource(source), options);
}

/**
 * Reads a .loom file: genes x cells become cells x genes, attributes become obs and var.
 *
 * @throws IoError if the file is missing or cannot be read
 * @throws FormatError if it is no .loom file, damaged or too large
 */
export async function readLoom(source: DataSource, options?: LoomOptions): Promise<AnnData> {
  return readLoomSource(await openSource(source), options);
}

/**
 * Reads a lone Matrix Market file, plain or gzip, as it stands or transposed.
 *
 * @throws IoError if the file is missing or cannot be read
 * @throws FormatError naming file and line, if it is damaged or too large
 */
export async function readMatrixMarket(
  source: DataSource,
  options?: ReadOptions & OrientationOptions,
): Promise<Matrix> {
  return readMatrixMarketSource(await openSource(source), options);
}

/**
 * Reads a CSV or TSV matrix, plain or gzip; its rows are cells unless `transpose` is true.
 *
 * @throws IoError if the file is missing or cannot be read
 * @throws FormatError naming file and line, if a line does not fit the others
 */
export async function readDelimitedMatrix(
  source: DataSource,
  options?: DelimitedOptions & OrientationOptions,
): Promise<AnnData> {
  return readDelimitedMatrixSource(await openSource(source), options);
}

/**
 * Reads a CSV or TSV table of metadata, plain or gzip, inferring the types of its columns.
 *
 * @throws IoError if the file is missing or cannot be read
 * @throws FormatError naming file and line, if a line does not fit the others
 */
export async function readTable(source: DataSource, options?: DelimitedOptions): Promise<Table> {
  return readTableSource(await openSource(source), options);
}

/**
 * Reads a folder with matrix.mtx, barcodes.tsv and features.tsv or genes.tsv (each plain or gzip),
 * as 10x Genomics and Seurat write them, as cells x genes.
 *
 * @throws IoError if a file cannot be read
 * @throws FormatError naming file and line, if a file is missing, damaged or does not fit the others
 */
export async function readTenxMtx(folder: string, options?: TenxFolderOptions): Promise<AnnData> {
  return readTenxFolder(await openFolder(folder), options);
}

/**
 * Reads an .h5mu file, or a Zarr store that mudata wrote; annotation of the global obs and obsm goes to the modalities.
 *
 * @throws IoError if the file is missing or cannot be read
 * @throws FormatError if it is no .h5mu file, damaged or too large
 */
export async function readH5mu(source: DataSource, options?: ReadH5adOptions): Promise<MuData> {
  if (typeof source === 'string' && (await isFolder(source))) {
    return readMuZarrStore(new ZarrFolder(source), options);
  }
  return readH5muSource(await openSource(source), options);
}

/**
 * Writes an .h5mu file in one step.
 *
 * @throws IoError naming the target, if it cannot be written
 * @throws DataError if a name or text cannot be stored
 */
export async function writeH5mu(
  target: string,
  data: MuData,
  options?: WriteH5adOptions,
): Promise<void> {
  await replaceFile(target, (storage) => writeH5muTo(storage, data, options));
}

/**
 * Writes X and the names as a Matrix Market folder; see `encodeTenxMtx`. A new folder is made in one
 * step; in one that holds files already, each file is replaced in one step.
 *
 * @throws IoError naming the file, if one cannot be written
 * @throws DataError if a name or value cannot stand in such a file
 */
export async function writeTenxMtx(
  folder: string,
  data: AnnData,
  options?: TextWriteOptions,
): Promise<void> {
  const files = await encodeTenxMtx(data, options);
  const writeInto = async (place: string): Promise<void> => {
    for (const [name, bytes] of files) await writeFileAtomic(path.join(place, name), bytes);
  };
  await ((await holdsFiles(folder)) ? writeInto(folder) : createFolder(folder, writeInto));
}

/**
 * Writes a table, or X with cells as rows, as CSV in one step; see `encodeCsv`.
 *
 * @throws IoError naming the target, if it cannot be written
 */
export async function writeCsv(
  target: string,
  data: AnnData | Table,
  options?: CsvOptions,
): Promise<void> {
  await writeFileAtomic(target, await encodeCsv(data, options));
}

async function openZarrStore(source: DataSource): Promise<ZarrStore> {
  return typeof source === 'string' && (await isFolder(source))
    ? new ZarrFolder(source)
    : openZip(await openSource(source));
}

async function openSource(source: DataSource): Promise<ByteSource> {
  if (typeof source === 'string') return FileStorage.open(source);
  return source instanceof Uint8Array
    ? new MemorySource('the given bytes', source)
    : openBlob(source);
}
