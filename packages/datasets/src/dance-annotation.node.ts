import { readdir } from 'node:fs/promises';
import { join, parse } from 'node:path';
import {
  AnnData,
  categoricalFromStrings,
  compareText,
  DataError,
  defaultReporter,
  FormatError,
  IoError,
  ParamError,
  stringColumn,
  Table,
  throwIfAborted,
  type RunOptions,
} from '@dance-ts/core';
import { readDataset, readDelimitedMatrix, readTable } from '@dance-ts/io';
import { concatenateCells, textValues } from './concatenate-cells.js';
import { readLabelMap } from './files/label-map.node.js';
import { splitPair, type ReferenceQuery } from './split-pair.js';

/** Column of obs with the cell types, whatever it is called in the files. */
const LABEL_KEY = 'cell_type';
/** Column of obs with the id of the file a cell is from. */
const SOURCE_KEY = 'source';
/** What the column of cell types is called in the files. */
const LABEL_COLUMNS = ['Cell_type', 'cell_type'];
const TEXT_ENDINGS = ['csv', 'csv.gz'];
const COUNT_ENDINGS = [...TEXT_ENDINGS, 'h5ad', 'h5'];
/** Names listed in a message. */
const SHOWN = 20;

/** Which files of a folder in DANCE's layout are read. */
export interface DanceAnnotationOptions extends RunOptions {
  /** As in the file names, for example `mouse`. */
  readonly species: string;
  /** As in the file names, for example `Brain`. */
  readonly tissue: string;
  /** Ids of the files to learn from, for example `['753', '3285']`. */
  readonly trainIds: readonly string[];
  /** Ids of the files to label; without any, `splitColumn` divides the train files. */
  readonly testIds?: readonly string[] | undefined;
  /** Column of obs that says `train` or `test`, used without test ids; default `split`. */
  readonly splitColumn?: string | undefined;
}

/** Reference and query with what their labels mean. */
export interface DanceAnnotationData extends ReferenceQuery {
  /** Column of obs with the cell types of both. */
  readonly labelKey: 'cell_type';
  /**
   * The types of the reference each other label of the query may be called, for scoring: pass it
   * as `labelMap`. A label that is itself a type of the reference stands for itself.
   */
  readonly labelMap: ReadonlyMap<string, readonly string[]>;
}

/**
 * Reads a data set for cell type annotation that is stored the way DANCE stores them:
 *
 * - `<train or test>/<species>/<species>_<tissue><id>_data.csv` (or .csv.gz): genes x cells, gene
 *   names in the first column; or `..._data.h5ad` (or .h5): cells x genes;
 * - `..._celltype.csv` (or .csv.gz) beside it: a column `Cell_type` and a column with the cells'
 *   names, in any order; h5ad files may have the types in obs (`Cell_type` or `cell_type`) instead;
 * - `map/<species>/map.xlsx` (or .csv), if there is one: columns `Tissue`, `Celltype` and
 *   `Training dataset cell type`, one line for each accepted answer.
 *
 * Cells are named `<file>_<cell>`; `obs["cell_type"]` has the types, `obs["source"]` the id. Several
 * files are joined on the genes they share; DANCE takes all genes and counts those a file lacks as
 * not expressed. Reference and query keep their own genes, which models match by name. A validation
 * share is not split off: `randomSplits` does it. A query label that no type of the reference stands
 * for counts as wrong; how many cells have one is reported as a warning.
 *
 * @param folder - folder that holds `train`, `test` and `map`
 * @throws ParamError if no train id is given; IoError naming what is there, if a folder or file is
 *   missing; FormatError if a file is damaged or has no types; DataError if files do not fit
 */
export async function loadDanceAnnotation(
  folder: string,
  options: DanceAnnotationOptions,
): Promise<DanceAnnotationData> {
  const { species, tissue, trainIds, testIds = [], splitColumn = 'split' } = options;
  if (trainIds.length === 0) {
    throw new ParamError('trainIds', { got: 'none', expected: 'ids such as "753"' });
  }
  const pair =
    testIds.length > 0
      ? {
          reference: await readPart(join(folder, 'train', species), trainIds, options),
          query: await readPart(join(folder, 'test', species), testIds, options),
        }
      : await readSplit(join(folder, 'train', species), splitColumn, options);
  const types = new Set(typesOf(pair.reference));
  const labelMap = await readLabelMap(join(folder, 'map', species), tissue, types);
  warnAboutUnknown(pair.query, types, labelMap, options);
  return { ...pair, labelKey: LABEL_KEY, labelMap };
}

/** One file, or several, divided by a column of obs. */
async function readSplit(
  folder: string,
  column: string,
  options: DanceAnnotationOptions,
): Promise<ReferenceQuery> {
  const data = await readPart(folder, options.trainIds, options, [column]);
  const [pair] = splitPair(data, { column }, LABEL_KEY);
  if (pair === undefined) throw new DataError(`obs["${column}"] does not split the cells`);
  return pair;
}

/** The cells of the files with the given ids. */
async function readPart(
  folder: string,
  ids: readonly string[],
  options: DanceAnnotationOptions,
  columns: readonly string[] = [],
): Promise<AnnData> {
  const files = await listFolder(folder);
  const parts: AnnData[] = [];
  for (const id of ids) {
    throwIfAborted(options.signal);
    parts.push(await readFiles(folder, files, id, options));
  }
  const data = concatenateCells(parts, [LABEL_KEY, SOURCE_KEY, ...columns]);
  data.obs.set(LABEL_KEY, categoricalFromStrings(textValues(data.obs.get(LABEL_KEY))));
  data.channels = { ...data.channels, label: { slot: 'obs', key: LABEL_KEY } };
  return data;
}

/** The cells of one id with their types. */
async function readFiles(
  folder: string,
  files: readonly string[],
  id: string,
  { species, tissue, signal }: DanceAnnotationOptions,
): Promise<AnnData> {
  const start = `${species}_${tissue}${id}`;
  const find = (kind: string, endings: readonly string[]): string | undefined =>
    endings.map((ending) => `${start}_${kind}.${ending}`).find((file) => files.includes(file));
  const counts = find('data', COUNT_ENDINGS);
  if (counts === undefined) {
    throw new IoError(`${folder} holds no ${start}_data file`, {
      got: describeFiles(files, species, tissue),
      expected: COUNT_ENDINGS.map((ending) => `.${ending}`).join(', '),
    });
  }
  const path = join(folder, counts);
  const layout = { transpose: true, header: true, rowNames: true };
  const data = await (/\.csv(\.gz)?$/.test(counts)
    ? readDelimitedMatrix(path, { ...layout, signal })
    : readDataset(path, { signal }));
  const typeFile = find('celltype', TEXT_ENDINGS);
  const types =
    typeFile === undefined
      ? typesInFile(data, path)
      : typesBeside(
          await readTable(join(folder, typeFile), { header: true, rowNames: true, signal }),
          data.obsNames,
          join(folder, typeFile),
        );
  const obs = new Table(data.obsNames.map((name) => `${stemOf(counts)}_${name}`));
  for (const [name, column] of data.obs.entries()) obs.set(name, column);
  obs.set(LABEL_KEY, stringColumn(types));
  obs.set(SOURCE_KEY, stringColumn(types.map(() => id)));
  return new AnnData({ X: data.X, obs, var: data.var });
}

function typesInFile({ obs }: AnnData, path: string): (string | null)[] {
  const column = LABEL_COLUMNS.find((name) => obs.has(name));
  if (column !== undefined) return textValues(obs.get(column));
  throw new FormatError(`${path} has no cell types`, {
    got: `obs with ${obs.columnNames.slice(0, SHOWN).join(', ') || 'no columns'}`,
    expected: `a _celltype.csv file beside it, or ${LABEL_COLUMNS.join(' or ')} in obs`,
  });
}

/** The types of the cells from a table that names them in its index or in another column. */
function typesBeside(table: Table, cells: readonly string[], path: string): (string | null)[] {
  const column = LABEL_COLUMNS.find((name) => table.has(name));
  if (column === undefined) {
    throw new FormatError(`${path} has no column of cell types`, {
      got: table.columnNames.join(', ') || 'no columns',
      expected: LABEL_COLUMNS[0]!,
    });
  }
  const types = textValues(table.get(column));
  const others = table.columnNames.filter((name) => name !== column);
  const names = [table.index, ...others.map((name) => textValues(table.get(name)))];
  for (const candidates of names) {
    const rowOf = new Map(candidates.map((name, row) => [name, row]));
    if (cells.every((cell) => rowOf.has(cell))) {
      return cells.map((cell) => types[rowOf.get(cell) ?? -1] ?? null);
    }
  }
  const known = new Set(table.index);
  const missing = cells.filter((cell) => !known.has(cell));
  throw new FormatError(`${path} does not name all cells of its data`, {
    got: `no line for ${missing.length} of ${cells.length}: ${missing.slice(0, 3).join(', ')}`,
    expected: 'the names of the cells in one column',
  });
}

function typesOf(data: AnnData): string[] {
  const { categories } = data.labels(LABEL_KEY);
  return categories.map(String);
}

function warnAboutUnknown(
  query: AnnData,
  types: ReadonlySet<string>,
  labelMap: DanceAnnotationData['labelMap'],
  { reporter = defaultReporter() }: RunOptions,
): void {
  const labels = textValues(query.obs.get(LABEL_KEY));
  const unknown = labels.filter((name) => name !== null && !types.has(name) && !labelMap.has(name));
  if (unknown.length === 0) return;
  const names = [...new Set(unknown)].map(String).sort(compareText);
  reporter.message(
    'warning',
    `${unknown.length} of ${labels.length} query cells have a type the reference does not know ` +
      `and count as wrong: ${shorten(names)}`,
  );
}

/** Files of a folder; if it is not there, the error lists what its nearest parent holds. */
async function listFolder(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (cause) {
    let parent = parse(folder).dir;
    let found: string[] | undefined;
    while (found === undefined && parent !== parse(parent).dir) {
      found = await readdir(parent).catch(() => undefined);
      if (found === undefined) parent = parse(parent).dir;
    }
    const there = found === undefined ? '' : `${parent} with ${shorten(found.sort()) || 'nothing'}`;
    throw new IoError(`there is no folder ${folder}`, {
      ...(there === '' ? {} : { got: there }),
      expected: 'train/<species>, test/<species> and map/<species> in the folder given',
      cause,
    });
  }
}

/** Ids of the tissue in a folder, or the other data there are. */
function describeFiles(files: readonly string[], species: string, tissue: string): string {
  const start = `${species}_${tissue}`;
  const data = files.map((file) => /^(.*)_data\.[\w.]+$/.exec(file)?.[1] ?? '').filter(Boolean);
  const ids = data.filter((stem) => stem.startsWith(start)).map((stem) => stem.slice(start.length));
  if (ids.length > 0) return `ids ${shorten(ids)}`;
  return `no ids of ${start}, only ${shorten(data) || 'other files'}`;
}

function shorten(names: readonly string[]): string {
  const more = names.length > SHOWN ? `, and ${names.length - SHOWN} more` : '';
  return names.slice(0, SHOWN).join(', ') + more;
}

function stemOf(file: string): string {
  return file.replace(/\.(csv|csv\.gz|h5ad|h5)$/, '');
}
