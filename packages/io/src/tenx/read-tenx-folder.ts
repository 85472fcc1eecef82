import { FormatError, toCsr, type AnnData } from '@dance-ts/core';
import { readMatrixMarketSource } from '../matrix-market/read-matrix-market.js';
import { requireFile, type DataFolder } from '../storage/data-folder.js';
import type { ReadOptions } from '../storage/read-options.js';
import { excerpt, TextFile } from '../text/text-file.js';
import { tenxData, type Features, type TenxOptions } from './features.js';

/** Options of the reader of Matrix Market folders. */
export interface TenxFolderOptions extends TenxOptions {
  /** What the names of the files begin with, such as `GSM123_`; found out if there is only one. */
  readonly prefix?: string | undefined;
}

const MATRIX_FILE = /^(.*)matrix\.mtx(\.gz)?$/;
/** Bytes that a text takes beside its characters. */
const TEXT_BYTES = 48;

/** True if a folder holds a Matrix Market file by its usual name. */
export function isTenxFolder(folder: DataFolder): boolean {
  return folder.files.some((file) => MATRIX_FILE.test(file));
}

/**
 * Reads a Matrix Market folder: `matrix.mtx`, `barcodes.tsv` and `genes.tsv` (Cell Ranger 2) or
 * `features.tsv` (Cell Ranger 3 and later, Seurat), each plain or gzip. The file holds genes x
 * cells; the data are cells x genes, never densified.
 *
 * @throws IoError if a file cannot be read
 * @throws FormatError naming file and line, if a file is missing, damaged or does not fit the others
 */
export async function readTenxFolder(
  folder: DataFolder,
  options: TenxFolderOptions = {},
): Promise<AnnData> {
  const prefix = options.prefix ?? findPrefix(folder);
  const file = (...names: readonly string[]): string =>
    requireFile(
      folder,
      names.flatMap((name) => [prefix + name, `${prefix}${name}.gz`]),
    );
  const featureFile = file('features.tsv', 'genes.tsv');
  const features = await readFeatures(folder, featureFile, options);
  const cells = await readNames(folder, file('barcodes.tsv'), options);
  const matrixFile = file('matrix.mtx');
  const counts = await readMatrixMarketSource(
    await folder.open(matrixFile),
    { ...options, transpose: true },
    (nRows, nCols) => {
      if (nRows === features.ids.length && nCols === cells.length) return;
      throw new FormatError(`${folder.name}: ${matrixFile} does not fit the lists of names`, {
        got: `${nRows} genes x ${nCols} cells`,
        expected: `${features.ids.length} x ${cells.length}`,
        remedy: 'Check that the three files belong together.',
      });
    },
  );
  return tenxData(folder.name, toCsr(counts), cells, features, options);
}

function findPrefix(folder: DataFolder): string {
  const prefixes = new Set(folder.files.flatMap((file) => MATRIX_FILE.exec(file)?.[1] ?? []));
  const [prefix, ...others] = prefixes;
  if (prefix === undefined) {
    requireFile(folder, ['matrix.mtx', 'matrix.mtx.gz']);
    return '';
  }
  if (others.length === 0) return prefix;
  throw new FormatError(`${folder.name} holds several matrices`, {
    got: [...prefixes].map((each) => JSON.stringify(each)).join(', '),
    expected: 'one of them as the option "prefix"',
  });
}

async function readNames(
  folder: DataFolder,
  name: string,
  options: ReadOptions,
): Promise<string[]> {
  const rows = await readRows(folder, name, options);
  return rows.map((row) => row[0]!);
}

/** Columns: id, symbol, type; files with one column name the features by it. */
async function readFeatures(
  folder: DataFolder,
  name: string,
  options: ReadOptions,
): Promise<Features> {
  const rows = await readRows(folder, name, options);
  return {
    ids: rows.map((row) => row[0]!),
    symbols: rows.map((row) => row[1] ?? row[0]!),
    ...((rows[0]?.length ?? 0) < 3 ? {} : { types: rows.map((row) => row[2]!) }),
  };
}

/** The fields of every line; all lines must have as many as the first one. */
async function readRows(
  folder: DataFolder,
  name: string,
  options: ReadOptions,
): Promise<string[][]> {
  const source = await folder.open(name);
  try {
    const file = new TextFile(source, options);
    const rows: string[][] = [];
    for await (const lines of file.lines()) {
      for (const line of lines) {
        const fields = line.split('\t').map(unquote);
        file.budget.claim(2 * line.length + TEXT_BYTES * fields.length, 'the list of names');
        rows.push(fields);
        if (fields.length !== rows[0]!.length || fields[0] === '') {
          throw file.invalid(rows.length, 'does not look like the first one', {
            got: excerpt(line),
            expected: `${rows[0]!.length} fields, the first not empty`,
          });
        }
      }
    }
    return rows;
  } finally {
    source.close();
  }
}

function unquote(text: string): string {
  return text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
}
