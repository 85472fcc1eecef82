import {
  describeParams,
  listModels,
  type ModelSpec,
  type ParamDescription,
  type RegisteredModel,
} from '@dance-ts/core';
import { describeDataset, listDatasets, type DatasetEntry } from '@dance-ts/datasets';
import { Command } from 'commander';
import { choose } from './choose.js';
import { flagName } from './flag-names.js';
import { settle } from './settle.js';

interface Flags {
  readonly json: boolean;
  readonly verbose: boolean;
}

/** The command `dance info`. */
export function infoCommand(): Command {
  return new Command('info')
    .description('tell what a model or a data set is: paper, parameters, source, an example')
    .argument('<name>', 'id of a model or name of a data set, see dance list')
    .option('--json', 'print JSON', false)
    .option('--verbose', 'show the stack of an error', false)
    .addHelpText('after', '\nExample:\n  $ dance info graphsc')
    .action((name: string, flags: Flags) =>
      settle(async () => {
        process.stdout.write(await information(name, flags.json));
      }, flags.verbose),
    );
}

async function information(name: string, json: boolean): Promise<string> {
  await import('./models.js');
  const model = listModels().find(({ spec }) =>
    [spec.id, spec.name.toLowerCase()].includes(name.toLowerCase()),
  );
  if (model !== undefined) return json ? asJson(modelFacts(model)) : modelText(model);
  const entry = datasetNamed(name);
  return json ? asJson({ ...entry, example: exampleOf(entry) }) : datasetText(entry);
}

/** Of an unknown name all names are searched for similar ones. */
function datasetNamed(name: string): DatasetEntry {
  const entries = listDatasets();
  const isKnown = entries.some((one) => one.name === name || one.aliases?.includes(name));
  if (isKnown) return describeDataset(name);
  const names = [...listModels().map(({ spec }) => spec.id), ...entries.map((one) => one.name)];
  return describeDataset(choose('model or data set', name, names, (one) => one));
}

function modelFacts({ spec, datasets }: RegisteredModel) {
  const { id, name, task, backbone, inference, paper } = spec;
  return {
    ...{ id, name, task, backbone, inference, paper },
    parameters: {
      model: describeParams(spec.params),
      preprocess: describeParams(spec.preprocessParams),
      fit: describeParams(spec.fitParams),
    },
    datasets,
    example: exampleCall(spec),
  };
}

/** A command that runs a model on a file. */
export function exampleCall({ id, task }: Pick<ModelSpec, 'id' | 'task'>): string {
  const files =
    task === 'cell-type-annotation'
      ? '--reference labelled.h5ad --label-key cell_type --query cells.h5ad'
      : '--input cells.h5ad';
  const plots = task === 'imputation' ? '' : ' --plots plots';
  return `dance run ${task} ${id} ${files} --output out.h5ad${plots}`;
}

function modelText(model: RegisteredModel): string {
  const { name, id, task, paper, backbone, inference, parameters, datasets, example } =
    modelFacts(model);
  const { authors, title, venue, year, doi } = paper;
  return [
    `${name} (${id}): ${task}`,
    `${authors}, "${title}", ${venue}, ${year}${doi === undefined ? '' : `, doi:${doi}`}`,
    `backbone ${backbone}; ${inferenceText(inference)}`,
    ...parameterLines('of the model', parameters.model),
    ...parameterLines('of the preparation', parameters.preprocess),
    ...parameterLines('of the training', parameters.fit),
    '',
    `Data sets: ${datasets.join(', ')}`,
    '',
    `Example:\n  $ ${example}\n`,
  ].join('\n');
}

function inferenceText(inference: ModelSpec['inference']): string {
  return inference === 'inductive'
    ? 'inductive: labels cells it was not trained on'
    : 'transductive: knows the cells it was trained on';
}

function parameterLines(which: string, params: readonly ParamDescription[]): string[] {
  if (params.length === 0) return [];
  return [
    '',
    `Parameters ${which}:`,
    ...params.flatMap((param) => [
      `  ${flagName(param.name)} <${typeOf(param)}>${defaultOf(param)}`,
      `      ${param.description}`,
    ]),
  ];
}

function typeOf({ type, choices, minimum, maximum, nullable }: ParamDescription): string {
  const numbers = [
    ...(minimum === undefined ? [] : [`from ${minimum}`]),
    ...(maximum === undefined ? [] : [`to ${maximum}`]),
  ].join(' ');
  const words = choices?.map(String).join('|');
  const isNumber = type === 'integer' || type === 'number';
  const base = isNumber || words === undefined ? [type, numbers].filter(Boolean).join(' ') : '';
  return [base, words, nullable ? 'null' : ''].filter(Boolean).join('|');
}

function defaultOf({ defaultValue }: ParamDescription): string {
  return defaultValue === undefined ? '' : ` (default ${JSON.stringify(defaultValue)})`;
}

function datasetText(entry: DatasetEntry): string {
  const { name, title, task, alsoFor = [], labelKey, nClasses, file, source, origin } = entry;
  const line = (what: string, value: string | undefined): string[] =>
    value === undefined ? [] : [`${what.padEnd(10)} ${value}`];
  return [
    `${name}: ${title}`,
    ...line('tasks', [task, ...alsoFor].join(', ')),
    ...line('size', `${entry.nObs} cells x ${entry.nVars} genes, ${entry.values}`),
    ...line('labels', labelKey && `obs "${labelKey}", ${nClasses} classes`),
    ...line('paper', entry.paper),
    ...line('file', file ? `${file.path}, ${file.bytes} bytes, sha256 ${file.sha256}` : undefined),
    ...line('source', source?.url),
    ...line('license', source?.license),
    ...line('origin', origin),
    ...line('note', entry.note),
    '',
    `Example:\n  $ ${exampleOf(entry)}\n`,
  ].join('\n');
}

function exampleOf({ name, task }: DatasetEntry): string {
  const [model] = listModels(task);
  return model === undefined || task === 'cell-type-annotation'
    ? `dance data get ${name}`
    : `dance run ${task} ${model.spec.id} --dataset ${name}`;
}

function asJson(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
