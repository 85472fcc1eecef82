import { moduleOf, TASKS, type Task } from '@dance-ts/core';
import { markdownTable } from './markdown.js';
import type { ModelRow } from './model-rows.js';

const TASK_TITLES: Record<Task, string> = {
  imputation: 'Imputation',
  'cell-type-annotation': 'Cell type annotation',
  clustering: 'Clustering',
  'predict-modality': 'Modality prediction',
  'match-modality': 'Modality matching',
  'joint-embedding': 'Joint embedding',
  'spatial-domain': 'Spatial domain identification',
  'cell-type-deconvo': 'Cell type deconvolution',
};

/** How much of a paper a table shows. */
export interface TableStyle {
  /** Path from the file that holds the tables to the root of the repository, ending in `/`. */
  readonly toRoot: string;
  /** Hashes of the task headings. */
  readonly heading: '##' | '###';
  /** With the titles of the papers, or authors, venue and year only. */
  readonly titles: boolean;
}

/** One table a task: model, paper, backbone, status. */
export function modelTables(rows: readonly ModelRow[], style: TableStyle): string {
  const available = rows.filter(({ status }) => status === 'available').length;
  const tables = TASKS.map((task) => {
    const ofTask = rows.filter((row) => row.task === task);
    const lines = ofTask.map((row) => [
      nameOf(row, style),
      paperOf(row, style),
      row.backbone,
      statusOf(row, style),
    ]);
    const table = markdownTable(['Model', 'Paper', 'Backbone', 'Status'], lines);
    return `${style.heading} ${TASK_TITLES[task]}\n\n${table}`;
  });
  return [`${available} of ${rows.length} models available.`, ...tables].join('\n\n');
}

/** Where the source of a model stands, from the root of the repository. */
export function sourcePath({ id, task }: Pick<ModelRow, 'id' | 'task'>): string {
  return `packages/modules/${moduleOf(task)}/${task}/src/${id}.ts`;
}

/** Where the page of a model stands, from the root of the repository. */
export function modelPagePath({ id }: Pick<ModelRow, 'id'>): string {
  return `docs/models/${id}.md`;
}

/** Where the example of a model stands, from the root of the repository. */
export function examplePath({ id, task }: Pick<ModelRow, 'id' | 'task'>): string {
  return `examples/${moduleOf(task)}/${task}/${id}.ts`;
}

function statusOf(row: ModelRow, { toRoot }: TableStyle): string {
  return row.status === 'available'
    ? `[${row.status}](${toRoot}${modelPagePath(row)})`
    : row.status;
}

function nameOf(row: ModelRow, { toRoot }: TableStyle): string {
  return row.status === 'available' ? `[${row.name}](${toRoot}${sourcePath(row)})` : row.name;
}

function paperOf({ paper }: ModelRow, { titles }: TableStyle): string {
  const { authors, title, venue, year, doi } = paper;
  const parts = [
    ...(authors === undefined ? [] : [authors]),
    ...(titles ? [`"${title}"`] : []),
    venue,
    String(year),
  ].join(', ');
  return doi === undefined ? parts : `[${parts}](https://doi.org/${doi})`;
}
