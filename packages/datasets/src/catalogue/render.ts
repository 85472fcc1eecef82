import { TASKS } from '@dance-ts/core';
import { listAnnotationPairs } from './annotation-pairs.js';
import { listDatasets } from './catalogue.js';
import { listDanceDatasets } from './dance/catalogue.js';
import type { DanceDataset } from './dance/entry.js';
import { listDeconvolutionSets } from './deconvolution-sets.js';
import type { DatasetEntry } from './entry.js';
import { listModalityPairs } from './modality-pairs.js';

/** Files of a data set of DANCE that the page names. */
const SHOWN_FILES = 2;

/** The page `docs/datasets.md`: every data set of the catalogue and every one of DANCE. */
export function renderCatalogue(): string {
  return (
    [
      '# Data sets',
      'Made from the catalogue in `packages/datasets`; see [Data](data.md) for where files are looked for.',
      '## Read by name',
      ...ofEachTask((task) => listDatasets().filter((entry) => entry.task === task), entryLine),
      '## Sets of two files',
      '### Reference and query (`loadAnnotationPair`)',
      lines(listAnnotationPairs().map(({ name, title }) => `- \`${name}\`: ${title}`)),
      '### Two modalities (`loadModalityPair`)',
      lines(
        listModalityPairs().map(
          ({ name, title, kinds }) => `- \`${name}\`: ${title}; ${kinds.join(' and ')}`,
        ),
      ),
      '### Reference and spots (`loadDeconvolution`)',
      lines(listDeconvolutionSets().map(({ name, title }) => `- \`${name}\`: ${title}`)),
      '## Data sets of DANCE',
      'None of them is offered at an address that stays, so that none is downloaded. Who has the files ' +
        'puts them in a folder under the names given here and reads them with the function named.',
      ...ofEachTask((task) => listDanceDatasets({ task }), danceLine),
      '',
    ]
      .join('\n\n')
      .trimEnd() + '\n'
  );
}

function ofEachTask<T>(
  list: (task: (typeof TASKS)[number]) => readonly T[],
  line: (entry: T) => string,
): string[] {
  return TASKS.flatMap((task) => {
    const entries = list(task);
    return entries.length === 0 ? [] : [`### ${task}`, lines(entries.map(line))];
  });
}

function entryLine(entry: DatasetEntry): string {
  const { name, title, nObs, nVars, labelKey, nClasses, file, source, origin, alsoFor } = entry;
  const from =
    file === null
      ? 'embedded'
      : source === null
        ? `original at ${origin ?? 'the paper'}`
        : `downloaded (${source.license})`;
  return [
    `- \`${name}\`: ${title}`,
    `${nObs} x ${nVars}`,
    labelKey === undefined
      ? 'no labels'
      : `\`${labelKey}\` with ${nClasses} ${nClasses === 1 ? 'class' : 'classes'}`,
    entry.values,
    from,
    ...(alsoFor === undefined ? [] : [`also for ${alsoFor.join(', ')}`]),
  ].join('; ');
}

function danceLine({ name, aliases, title, size, splits, origin, loader, files }: DanceDataset) {
  const names = [name, ...(aliases ?? [])].map((known) => `\`${known}\``).join(', ');
  const more = files.length > SHOWN_FILES ? ` and ${files.length - SHOWN_FILES} more` : '';
  return [
    `- ${names}: ${title}`,
    ...(size === undefined ? [] : [size.join(' x ')]),
    splits,
    `original at ${origin}`,
    `\`${loader}\` of ${files
      .slice(0, SHOWN_FILES)
      .map((file) => `\`${file}\``)
      .join(', ')}${more}`,
  ].join('; ');
}

function lines(items: readonly string[]): string {
  return items.join('\n');
}
