import { basename } from 'node:path';
import { AnnData, stringColumn, Table, throwIfAborted } from '@dance-ts/core';
import { readDataset, readDelimitedMatrix } from '@dance-ts/io';
import { concatenateCells } from '../concatenate-cells.js';
import { danceFolder, presentFiles, type DanceFolderOptions } from './files.node.js';

/** Column of obs with the place of the file a cell is from, as DANCE names it. */
const TIME_KEY = 'time';

/**
 * Reads a data set of DANCE for imputation (`train/<name>/...`, 10x files or tables of genes x cells)
 * or clustering (`<name>.h5` with X and Y, whose labels become `obs["cell_type"]`).
 *
 * Of several tables the cells are joined on the genes all of them have; `obs["time"]` says which
 * table a cell is from, 0 first. DANCE's split of imputation sets into first and last cells is not
 * made: `imputation` models mask entries.
 *
 * @param name - as DANCE names it, see `listDanceDatasets`
 * @throws ParamError for an unknown name; IoError that says where to get missing files; FormatError
 *   if one is damaged
 */
export async function loadDanceCells(
  name: string,
  options: DanceFolderOptions = {},
): Promise<AnnData> {
  const paths = await presentFiles(danceFolder(name, 'loadDanceCells', options));
  const parts: AnnData[] = [];
  for (const path of paths) {
    throwIfAborted(options.signal);
    parts.push(await readCells(path, options));
  }
  const [first] = parts;
  const data =
    parts.length > 1 || first === undefined
      ? concatenateCells(
          parts.map((part, i) => named(part, paths[i] ?? '', i)),
          [TIME_KEY],
        )
      : first;
  if (data.obs.has('cell_type')) data.channels = { label: { slot: 'obs', key: 'cell_type' } };
  return data;
}

async function readCells(path: string, { signal }: DanceFolderOptions): Promise<AnnData> {
  if (!/\.csv(\.gz)?$/.test(path)) return readDataset(path, { signal });
  // Of these tables only the packed one names its cells.
  const header = path.endsWith('.gz');
  return readDelimitedMatrix(path, { transpose: true, header, rowNames: true, signal });
}

/** The cells with the name of their file before their own, and its place. */
function named(data: AnnData, path: string, place: number): AnnData {
  const stem = basename(path).replace(/\.csv(\.gz)?$/, '');
  const obs = new Table(data.obsNames.map((cell) => `${stem}_${cell}`));
  obs.set(TIME_KEY, stringColumn(new Array<string>(data.nObs).fill(String(place))));
  return new AnnData({ X: data.X, obs, var: data.var });
}
