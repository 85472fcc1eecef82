import { ParamError, type AnnData } from '@dance-ts/core';
import { describeDataset, listDatasets } from './catalogue/catalogue.js';
import type { ResolveOptions } from './files/resolve.node.js';
import { loadDataset } from './load-dataset.node.js';
import { prepareSpots } from './spatial-data.js';

/**
 * A section by name: counts in X, the domains as label channel, positions in `obsm.spatial` (x and
 * y) and, where known, row and column on the slide in `obsm.spatial_array`.
 *
 * @throws ParamError for an unknown name or a data set without positions; IoError, DataError,
 *   FormatError if the file cannot be had
 */
export async function loadSpatialDomain(
  name: string,
  options: ResolveOptions = {},
): Promise<AnnData> {
  const entry = describeDataset(name);
  const known = listDatasets({ task: 'spatial-domain' });
  if (!known.includes(entry)) {
    throw new ParamError(`data set "${name}" is no section with domains`, {
      expected: `one of ${known.map((other) => other.name).join(', ')}`,
    });
  }
  return prepareSpots(await loadDataset(entry.name, options), entry.labelKey);
}
