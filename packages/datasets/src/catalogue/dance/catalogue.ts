import { compareText, ParamError, type Task } from '@dance-ts/core';
import { danceAnnotation } from './annotation.js';
import { danceClustering, danceImputation } from './cells.js';
import type { DanceDataset } from './entry.js';
import { danceModalities } from './modalities.js';
import { danceDeconvolution, danceSpatial } from './spatial.js';

const SETS: readonly DanceDataset[] = [
  ...danceImputation,
  ...danceAnnotation,
  ...danceClustering,
  ...danceModalities,
  ...danceSpatial,
  ...danceDeconvolution,
];

/** Data sets of DANCE, optionally of one task, by name. */
export function listDanceDatasets({ task }: { task?: Task } = {}): DanceDataset[] {
  return SETS.filter((entry) => task === undefined || entry.task === task).sort(
    (a, b) => compareText(a.name, b.name) || compareText(a.task, b.task),
  );
}

/**
 * The data set of DANCE with that name or alias.
 *
 * @param task - needed to tell sets of the same name apart; otherwise the first is taken
 * @throws ParamError naming those of the task
 */
export function describeDanceDataset(name: string, task?: Task): DanceDataset {
  const found = findDanceDataset(name, task);
  if (found !== undefined) return found;
  const names = listDanceDatasets(task === undefined ? {} : { task }).map((entry) => entry.name);
  throw new ParamError(
    `DANCE has no data set "${name}"${task === undefined ? '' : ` for ${task}`}`,
    {
      expected: `one of ${[...new Set(names)].join(', ')}`,
    },
  );
}

/** As {@link describeDanceDataset}, undefined if there is none. */
export function findDanceDataset(name: string, task?: Task): DanceDataset | undefined {
  return SETS.find(
    (entry) =>
      (entry.name === name || (entry.aliases?.includes(name) ?? false)) &&
      (task === undefined || entry.task === task),
  );
}

/** What to do to get the files of a data set, as one sentence. */
export function howToGet({ files, origin, loader }: DanceDataset): string {
  const shown = files.length > 3 ? [...files.slice(0, 3), `${files.length - 3} more`] : files;
  return (
    `Get the data from ${origin} or with DANCE (github.com/OmicsML/dance), put them in a folder ` +
    `as ${shown.join(', ')}, and read them with ${loader}.`
  );
}
