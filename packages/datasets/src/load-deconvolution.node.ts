import { asCategorical, DataError, type AnnData } from '@dance-ts/core';
import { describeDataset } from './catalogue/catalogue.js';
import { describeDeconvolutionSet, type CellFilter } from './catalogue/deconvolution-sets.js';
import {
  pairReferenceSpots,
  type DeconvolutionData,
  type ReferenceSpotsOptions,
} from './deconvolution-data.js';
import type { ResolveOptions } from './files/resolve.node.js';
import { loadDataset } from './load-dataset.node.js';
import { simulateEmbeddedTissue } from './simulate/embedded.js';

/** Options of {@link loadDeconvolution}. */
export interface LoadDeconvolutionOptions
  extends ResolveOptions, Pick<ReferenceSpotsOptions, 'commonTypesOnly'> {}

/**
 * Reference, spots and true proportions of a deconvolution set by name.
 *
 * @throws ParamError for an unknown name; IoError, DataError, FormatError if a file cannot be had
 */
export async function loadDeconvolution(
  name: string,
  options: LoadDeconvolutionOptions = {},
): Promise<DeconvolutionData> {
  const set = describeDeconvolutionSet(name);
  const { labelKey = 'cell_type' } = describeDataset(set.reference);
  const { commonTypesOnly = true } = options;
  const simulated = await simulateEmbeddedTissue(name, options);
  if (simulated !== undefined) {
    const { reference, spots } = simulated;
    return pairReferenceSpots(reference, spots, { labelKey, commonTypesOnly });
  }
  const cells = await loadDataset(set.reference, options);
  const reference = set.referenceCells ? filterCells(cells, set.referenceCells) : cells;
  const spots = await loadDataset(set.spots, options);
  return pairReferenceSpots(reference, spots, { labelKey, commonTypesOnly });
}

function filterCells(data: AnnData, { column, value }: CellFilter): AnnData {
  const { codes, categories } = asCategorical(data.obs.get(column));
  const code = categories.indexOf(value);
  const kept = [...codes.keys()].filter((i) => codes[i] === code);
  if (code >= 0 && kept.length > 0) return data.subset({ obs: kept });
  throw new DataError(`obs["${column}"] marks no cell "${value}"`, {
    got: `categories ${categories.join(', ')}`,
  });
}
