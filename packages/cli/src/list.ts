import { listModels, moduleOf, TASKS, type RegisteredModel, type Task } from '@dance-ts/core';
import { listAnnotationPairs, listDatasets } from '@dance-ts/datasets';
import { Argument, Command } from 'commander';
import { settle } from './settle.js';
import { taskNamed } from './tasks.js';
import { textTable } from './text-table.js';

const KINDS = ['tasks', 'models', 'datasets'] as const;
type Kind = (typeof KINDS)[number];

interface Flags {
  readonly task?: string;
  readonly json: boolean;
  readonly verbose: boolean;
}

/** The command `dance list`. */
export function listCommand(): Command {
  return new Command('list')
    .description('list tasks, models and data sets')
    .addArgument(new Argument('[kind]', 'what to list; all if left out').choices(KINDS))
    .option('--task <task>', 'only what serves this task')
    .option('--json', 'print JSON', false)
    .option('--verbose', 'show the stack of an error', false)
    .addHelpText('after', '\nExample:\n  $ dance list models --task clustering')
    .action((kind: Kind | undefined, flags: Flags) =>
      settle(async () => {
        process.stdout.write(await listing(kind, flags));
      }, flags.verbose),
    );
}

async function listing(kind: Kind | undefined, { task, json }: Flags): Promise<string> {
  const wanted = task === undefined ? undefined : taskNamed(task);
  await import('./models.js');
  const kinds = kind === undefined ? KINDS : [kind];
  if (json) {
    const listed = kinds.flatMap((one) => Object.entries(LISTS[one].json(wanted)));
    return `${JSON.stringify(Object.fromEntries(listed), null, 2)}\n`;
  }
  return kinds.map((one) => LISTS[one].text(wanted)).join('\n');
}

const LISTS: Record<
  Kind,
  { text: (task: Task | undefined) => string; json: (task: Task | undefined) => object }
> = {
  tasks: { text: tasksText, json: (task) => ({ tasks: tasks(task) }) },
  models: {
    text: modelsText,
    json: (task) => ({ models: listModels(task).map(modelRow) }),
  },
  datasets: {
    text: datasetsText,
    json: (task) => ({ datasets: datasets(task), pairs: pairs(task) }),
  },
};

function tasks(only: Task | undefined) {
  return TASKS.filter((task) => only === undefined || task === only).map((task) => ({
    task,
    module: moduleOf(task),
    models: listModels(task).length,
    datasets: listDatasets({ task }).length,
  }));
}

function tasksText(only: Task | undefined): string {
  const rows = tasks(only).map((row) => [row.task, row.module, row.models, row.datasets]);
  return textTable(['TASK', 'MODULE', 'MODELS', 'DATA SETS'], rows);
}

function modelRow({ spec }: RegisteredModel) {
  const { id, name, task, backbone, inference, paper } = spec;
  return { id, name, task, backbone, inference, paper };
}

function modelsText(task: Task | undefined): string {
  const rows = listModels(task)
    .map(modelRow)
    .map((row) => [row.id, row.task, row.backbone, row.paper.year, row.inference]);
  return textTable(['MODEL', 'TASK', 'BACKBONE', 'YEAR', 'INFERENCE'], rows);
}

function datasets(task: Task | undefined) {
  return listDatasets(task === undefined ? {} : { task });
}

function pairs(task: Task | undefined) {
  return task === undefined || task === 'cell-type-annotation' ? listAnnotationPairs() : [];
}

function datasetsText(task: Task | undefined): string {
  const rows = datasets(task).map((entry) => [
    ...[entry.name, entry.task, entry.nObs, entry.nVars, entry.nClasses],
    entry.title,
  ]);
  const table = textTable(['DATA SET', 'TASK', 'CELLS', 'GENES', 'CLASSES', 'WHAT IT IS'], rows);
  const couples = pairs(task).map(({ name, title }) => [name, title]);
  if (couples.length === 0) return table;
  return `${table}\n${textTable(['REFERENCE AND QUERY', 'WHAT THEY ARE'], couples)}`;
}
