import { compareText, nearNames, ParamError, type Task } from '@dance-ts/core';
import { annotationDatasets } from './annotation.js';
import { clusteringDatasets } from './clustering.js';
import { findDanceDataset, howToGet } from './dance/catalogue.js';
import { deconvolutionDatasets } from './deconvolution.js';
import type { DatasetEntry } from './entry.js';
import { imputationDatasets } from './imputation.js';
import { multimodalityDatasets } from './multimodality.js';
import { spatialDomainDatasets } from './spatial-domain.js';

const CATALOGUE: readonly DatasetEntry[] = [
  ...imputationDatasets,
  ...annotationDatasets,
  ...clusteringDatasets,
  ...multimodalityDatasets,
  ...spatialDomainDatasets,
  ...deconvolutionDatasets,
];

/** Data sets of the catalogue, optionally those that serve one task, by name. */
export function listDatasets({ task }: { task?: Task } = {}): DatasetEntry[] {
  return CATALOGUE.filter((entry) => task === undefined || serves(entry, task)).sort((a, b) =>
    compareText(a.name, b.name),
  );
}

function serves(entry: DatasetEntry, task: Task): boolean {
  return entry.task === task || (entry.alsoFor?.includes(task) ?? false);
}

/**
 * The data set of that name or alias.
 *
 * @throws ParamError naming those there are, the most similar first; for a data set of DANCE whose
 * files cannot be had here, saying where to get them and where to put them
 */
export function describeDataset(name: string): DatasetEntry {
  const entry = CATALOGUE.find((known) => known.name === name || known.aliases?.includes(name));
  if (entry !== undefined) return entry;
  const ofDance = findDanceDataset(name);
  if (ofDance !== undefined) {
    throw new ParamError(`"${name}" is a data set of DANCE without a file that could be pinned`, {
      remedy: howToGet(ofDance),
    });
  }
  const names = CATALOGUE.map((known) => known.name).sort(compareText);
  const near = nearNames(name, names);
  throw new ParamError(`there is no data set "${name}"`, {
    expected: `one of ${[...new Set([...near, ...names])].join(', ')}`,
    remedy: 'For a file of your own use readDataset(path), or --input on the command line.',
  });
}
