import {
  categoricalFromStrings,
  columnValue,
  DataError,
  DenseMatrix,
  numericColumn,
  type AnnData,
  type Table,
} from '@dance-ts/core';
import { readDataset, readTable } from '@dance-ts/io';
import { textValues } from '../concatenate-cells.js';
import { danceFolder, presentFiles, type DanceFolderOptions } from './files.node.js';

/** Column of the labels, here and in DANCE's tables. */
const LABEL_KEY = 'ground_truth';

/**
 * Reads a section of DANCE for spatial domains: `<id>/<id>_raw_feature_bc_matrix.h5`,
 * `tissue_positions_list.txt` and `cluster_labels.csv`.
 *
 * Spots outside the tissue are left out. `obs["ground_truth"]` has the domains (missing where the
 * table has none), `obsm.spatial` x and y in pixels of the full image, `obsm.spatial_array` row and
 * column on the slide. (DANCE calls the latter `spatial`, the former `spatial_pixel`, y first.)
 *
 * @param id - as DANCE names it, for example `151673`
 * @throws ParamError for an unknown id; IoError that says where to get missing files; DataError if
 *   tables do not fit the counts; FormatError if a file is damaged
 */
export async function loadDanceSpots(
  id: string,
  options: DanceFolderOptions = {},
): Promise<AnnData> {
  const { signal } = options;
  const [counts = '', positions = '', labels = ''] = await presentFiles(
    danceFolder(id, 'loadDanceSpots', options),
  );
  const all = await readDataset(counts, { signal });
  const places = await readTable(positions, { header: false, rowNames: true, signal });
  const [inTissue, ...coordinates] = places.columnNames.map(
    (name) =>
      (row: number): number =>
        Number(columnValue(places.get(name), row)),
  );
  if (inTissue === undefined || coordinates.length < 4) {
    throw new DataError(`${positions} is no list of positions`, {
      got: `${places.columnNames.length + 1} columns`,
      expected: 'barcode, in tissue, row, column, pixel row, pixel column',
    });
  }
  const rowOf = all.obsNames.map((barcode) => places.indexOf(barcode));
  if (rowOf.includes(-1)) {
    throw new DataError(`${positions} does not place all spots`, {
      got: `no line for ${all.obsNames[rowOf.indexOf(-1)] ?? ''}`,
    });
  }
  const kept = [...rowOf.keys()].filter((spot) => inTissue(rowOf[spot]!) === 1);
  const data = all.subset({ obs: kept });
  const columns = coordinates.map((read) => Float64Array.from(kept, (spot) => read(rowOf[spot]!)));
  const none = new Float64Array(kept.length);
  const [rows = none, slideColumns = none, y = none, x = none] = columns;
  data.obs.set('array_row', numericColumn(rows)).set('array_col', numericColumn(slideColumns));
  data.obsm.set('spatial', DenseMatrix.fromRows(Array.from(x, (value, s) => [value, y[s]!])));
  data.obsm.set(
    'spatial_array',
    DenseMatrix.fromRows(Array.from(rows, (value, s) => [value, slideColumns[s]!])),
  );
  const domains = domainsOf(
    await readTable(labels, { header: true, rowNames: false, signal }),
    data,
    labels,
  );
  data.obs.set(LABEL_KEY, categoricalFromStrings(domains));
  data.channels = { label: { slot: 'obs', key: LABEL_KEY } };
  return data;
}

/** Domain of each spot: by a column that names the spots, else in their order. */
function domainsOf(table: Table, { obsNames }: AnnData, path: string): (string | null)[] {
  const domains = textValues(table.get(LABEL_KEY));
  const others = table.columnNames.filter((name) => name !== LABEL_KEY);
  const names = [table.index, ...others.map((name) => textValues(table.get(name)))];
  for (const candidates of names) {
    // Some tables write the slide before the barcode.
    const rowOf = new Map(candidates.map((name, row) => [name?.replace(/^.*_/, ''), row]));
    if (obsNames.every((barcode) => rowOf.has(barcode))) {
      return obsNames.map((barcode) => domains[rowOf.get(barcode) ?? -1] ?? null);
    }
  }
  if (domains.length === obsNames.length) return domains;
  throw new DataError(`${path} does not label the spots in the tissue`, {
    got: `${domains.length} lines for ${obsNames.length} spots`,
    expected: 'a column of barcodes, or one line a spot in their order',
  });
}
