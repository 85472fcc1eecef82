import { columnValue, DataError, DenseMatrix, type AnnData } from '@dance-ts/core';

/** Columns of obs that hold the row and column of a spot on its slide, by platform. */
const ARRAY_COLUMNS = [
  ['array_row', 'array_col'],
  ['array_y', 'array_x'],
] as const;

/**
 * Spots as data for finding domains, with what the models look for: positions in `obsm.spatial` (x
 * and y) and, where obs has them, row and column on the slide in `obsm.spatial_array`.
 *
 * @param labelKey - column of obs with the domains; unlabelled spots are kept
 * @returns a view; the data given stay as they are
 * @throws DataError if there are no positions, one is not finite, or no spot is labelled
 */
export function prepareSpots(data: AnnData, labelKey?: string): AnnData {
  const positions = data.obsm.get('spatial');
  if (!(positions instanceof DenseMatrix) || positions.nCols < 2) {
    throw new DataError('the spots have no positions', {
      got: `obsm with ${[...data.obsm.keys()].join(', ') || 'nothing'}`,
      expected: 'x and y in obsm["spatial"]',
    });
  }
  const bad = positions.data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    const spot = Math.floor(bad / positions.nCols);
    throw new DataError('obsm["spatial"] is not finite', {
      got: `${positions.data[bad]!} for ${data.obsNames[spot] ?? ''}`,
      remedy: 'Leave out spots without a position.',
    });
  }
  const spots = data.view();
  const columns = ARRAY_COLUMNS.find((names) => names.every((name) => data.obs.has(name)));
  if (columns !== undefined && !spots.obsm.has('spatial_array')) {
    const [rows, others] = [data.obs.get(columns[0]), data.obs.get(columns[1])];
    const pairs = data.obsNames.map((_, spot) => [
      Number(columnValue(rows, spot)),
      Number(columnValue(others, spot)),
    ]);
    spots.obsm.set('spatial_array', DenseMatrix.fromRows(pairs));
  }
  if (labelKey !== undefined) {
    if (!data.labels(labelKey).codes.some((code) => code >= 0)) {
      throw new DataError(`obs["${labelKey}"] labels no spot`);
    }
    spots.channels = { ...data.channels, label: { slot: 'obs', key: labelKey } };
  }
  return spots;
}
