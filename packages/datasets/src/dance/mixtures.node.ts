import {
  AnnData,
  categoricalFromStrings,
  DataError,
  DenseMatrix,
  type Table,
} from '@dance-ts/core';
import { readDataset, readDelimitedMatrix, readTable } from '@dance-ts/io';
import { textValues } from '../concatenate-cells.js';
import {
  pairReferenceSpots,
  type DeconvolutionData,
  type ReferenceSpotsOptions,
} from '../deconvolution-data.js';
import {
  danceFolder,
  firstPresent,
  presentFiles,
  type DanceFolder,
  type DanceFolderOptions,
} from './files.node.js';

/** Options of {@link loadDanceMixtures}. */
export interface DanceMixturesOptions
  extends DanceFolderOptions, Pick<ReferenceSpotsOptions, 'commonTypesOnly'> {}

/**
 * Reads a data set of DANCE for deconvolution: `<id>/ref_sc_count`, `ref_sc_annot` (column
 * `cellType`), `mix_count`, `true_p` and, if there is one, `spatial_location`, as .csv or .h5ad with
 * cells or spots as rows. Genes that only one side has are left out. (DANCE keeps them as not a
 * number.)
 *
 * @param id - as DANCE names it, for example `GSE174746`
 * @throws ParamError for an unknown id; IoError that says where to get missing files; DataError if
 *   files do not fit each other; FormatError if one is damaged
 */
export async function loadDanceMixtures(
  id: string,
  options: DanceMixturesOptions = {},
): Promise<DeconvolutionData> {
  const folder = danceFolder(id, 'loadDanceMixtures', options);
  const cells = await readPart(folder, 'ref_sc_count', options);
  const types = await readTable(await partPath(folder, 'ref_sc_annot'), TABLE);
  const spots = await readPart(folder, 'mix_count', options);
  const truth = await readPart(folder, 'true_p', options);
  const reference = cells.view();
  const typeRows = rowsOf(types, reference.obsNames, 'ref_sc_annot');
  const names = textValues(types.get('cellType'));
  reference.obs.set('cell_type', categoricalFromStrings(typeRows.map((row) => names[row] ?? null)));
  const obsm: [string, DenseMatrix][] = [
    ['proportions', truth.X.toDense().selectRows(rowsOf(truth.obs, spots.obsNames, 'true_p'))],
  ];
  const location = await firstPresent(pathsOf(folder, 'spatial_location'));
  if (location !== undefined) {
    const { obs, X } = await readMatrix(location, options);
    obsm.push(['spatial', X.toDense().selectRows(rowsOf(obs, spots.obsNames, 'spatial_location'))]);
  }
  const { commonTypesOnly = true } = options;
  const mixtures = new AnnData({
    ...{ X: spots.X, obs: spots.obs, var: spots.var, obsm },
    uns: new Map([['proportion_names', [...truth.varNames]]]),
  });
  return pairReferenceSpots(reference, mixtures, { commonTypesOnly });
}

const TABLE = { header: true, rowNames: true };

function pathsOf({ entry, pathOf }: DanceFolder, part: string): string[] {
  return ['csv', 'h5ad'].map((ending) => pathOf(`${entry.name}/${part}.${ending}`));
}

async function partPath(folder: DanceFolder, part: string): Promise<string> {
  const found = await firstPresent(pathsOf(folder, part));
  if (found !== undefined) return found;
  const [path = ''] = await presentFiles(folder, [`${folder.entry.name}/${part}.csv`]);
  return path;
}

async function readPart(
  folder: DanceFolder,
  part: string,
  options: DanceMixturesOptions,
): Promise<AnnData> {
  return readMatrix(await partPath(folder, part), options);
}

async function readMatrix(path: string, { signal }: DanceMixturesOptions): Promise<AnnData> {
  return path.endsWith('.csv')
    ? readDelimitedMatrix(path, { ...TABLE, signal })
    : readDataset(path, { signal });
}

/** Rows of a table by name. */
function rowsOf(table: Table, names: readonly string[], file: string): number[] {
  const rows = names.map((name) => table.indexOf(name));
  if (!rows.includes(-1)) return rows;
  throw new DataError(`${file} does not name all rows of the counts`, {
    got: `no line for ${names[rows.indexOf(-1)] ?? ''}`,
  });
}
