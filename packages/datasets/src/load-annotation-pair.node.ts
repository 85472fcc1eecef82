import type { AnnData } from '@dance-ts/core';
import { describeAnnotationPair } from './catalogue/annotation-pairs.js';
import { describeDataset } from './catalogue/catalogue.js';
import type { ResolveOptions } from './files/resolve.node.js';
import { loadDataset } from './load-dataset.node.js';
import { splitPair, type ReferenceQuery } from './split-pair.js';

/** A pair with its label column. */
export interface LoadedPair {
  readonly labelKey: string;
  /** One pair, or one a fold. */
  readonly parts: readonly ReferenceQuery[];
}

/**
 * Reference and query of an annotation data set by name, their label channels set.
 *
 * @throws ParamError for an unknown name; IoError, DataError, FormatError if a file cannot be had
 */
export async function loadAnnotationPair(
  name: string,
  options: ResolveOptions = {},
): Promise<LoadedPair> {
  const { reference, query } = describeAnnotationPair(name);
  const { labelKey = 'cell_type' } = describeDataset(reference);
  const data: AnnData = await loadDataset(reference, options);
  const parts =
    typeof query === 'string'
      ? [{ reference: data, query: await loadDataset(query, options) }]
      : splitPair(data, query, labelKey);
  return { labelKey, parts };
}
