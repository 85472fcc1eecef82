import { normalize } from 'node:path';
import type { AnnData } from '@dance-ts/core';
import { readDataset } from '@dance-ts/io';
import { describeDataset } from './catalogue/catalogue.js';
import { resolveDatasetFile, type ResolveOptions } from './files/resolve.node.js';
import { fromCompetition } from './prepare/competition.js';
import { simulateEmbedded } from './simulate/embedded.js';

/**
 * A data set of the catalogue by name, its label column, if it has one, set as the label channel. See
 * {@link resolveDatasetFile} for where its file is looked for; simulated ones need none.
 *
 * @throws ParamError for an unknown name; IoError, DataError, FormatError if the file cannot be had
 */
export async function loadDataset(name: string, options: ResolveOptions = {}): Promise<AnnData> {
  const entry = describeDataset(name);
  const simulated = await simulateEmbedded(entry.name, options);
  if (simulated !== undefined) return simulated;
  const path = await resolveDatasetFile(entry.name, options);
  const read = await readDataset(path ?? entry.name, { signal: options.signal });
  const isPrepared = entry.file !== null && path?.endsWith(normalize(entry.file.path)) === true;
  const data =
    !isPrepared && entry.source?.prepare === 'competition-h5ad' ? fromCompetition(read) : read;
  if (entry.labelKey !== undefined) {
    data.channels = { ...data.channels, label: { slot: 'obs', key: entry.labelKey } };
  }
  return data;
}
