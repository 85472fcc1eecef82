import {
  describeParams,
  ParamError,
  type ModelSpec,
  type ParamDescription,
  type Task,
} from '@dance-ts/core';
import { DEVICES, type Device } from '@dance-ts/nn';
import { Command, CommanderError, Option } from 'commander';
import { flagName } from './flag-names.js';

/** Flags every run has beside those of its model. */
export interface CommonFlags {
  readonly dataset: string;
  readonly input?: string;
  /** Annotation: labelled cells and cells to label. */
  readonly reference?: string;
  readonly query?: string;
  readonly labelKey?: string;
  /** Annotation: true labels of the query. */
  readonly queryLabelKey?: string;
  /** Annotation: table of what those labels may be called in the reference. */
  readonly queryLabelMap?: string;
  /** Imputation: how counts are held out for scoring. */
  readonly protocol?: 'entries' | 'counts';
  readonly maskRate?: number;
  readonly maskDistribution?: 'exp' | 'uniform';
  readonly dataDir?: string;
  readonly offline: boolean;
  readonly seed: number;
  readonly numRuns: number;
  readonly device: Device;
  readonly deterministic: boolean;
  readonly controls: boolean;
  readonly json?: string;
  readonly output?: string;
  /** Replace an output that exists. */
  readonly force: boolean;
  /** Folder for pictures. */
  readonly plots?: string;
  /** Marker genes and UMAP; undefined: where there is an output or a folder for pictures. */
  readonly markers?: boolean;
  readonly umap?: boolean;
  /** Genes each label rests on. */
  readonly explain?: boolean;
  /** Folder in which the training saves its progress. */
  readonly checkpoint?: string;
  readonly checkpointEvery: number;
  readonly quiet: boolean;
  readonly jsonLines: boolean;
  readonly verbose: boolean;
}

/** What the command line says: common flags and the model's parameters by group. */
export interface RunFlags {
  readonly common: CommonFlags;
  readonly params: Readonly<Record<'model' | 'fit' | 'preprocess', Record<string, unknown>>>;
}

/** What a command line is parsed for. */
export interface RunDefaults {
  /** Data set used unless --dataset or --input says otherwise. */
  readonly dataset: string;
  /** Parameters set unless a flag says otherwise. */
  readonly params?: Readonly<Record<string, unknown>>;
  /** How the command is called, for --help. */
  readonly program?: string;
  /** Text below the flags of --help. */
  readonly help?: string;
}

/** Parameters that have a common flag of their own. */
const COMMON_PARAMS = new Set(['seed', 'device', 'truth', 'labelKey']);

/**
 * Parses the arguments of a run; the model's flags are generated from its parameters
 * (`nClusters` becomes `--n-clusters`).
 *
 * @param defaults - parameters the example sets unless a flag says otherwise
 * @throws ParamError for an unknown flag or a value of the wrong type
 */
export function parseRunFlags(
  spec: ModelSpec,
  argv: readonly string[],
  defaults: RunDefaults,
): RunFlags {
  const groups = {
    model: describeParams(spec.params),
    fit: describeParams(spec.fitParams),
    preprocess: describeParams(spec.preprocessParams),
  };
  const command = commonCommand(spec, defaults);
  for (const param of Object.values(groups).flat()) {
    if (!COMMON_PARAMS.has(param.name)) command.addOption(optionOf(param, defaults.params));
  }
  const common = parse(command, argv);
  const given: Readonly<Record<string, unknown>> = command.opts();
  const pick = (params: readonly ParamDescription[]): Record<string, unknown> =>
    Object.fromEntries(
      params
        .filter(({ name }) => !COMMON_PARAMS.has(name))
        .map(({ name }): [string, unknown] => [
          name,
          given[flagOf(name).attributeName()] ?? defaults.params?.[name],
        ])
        .filter(([, value]) => value !== undefined),
    );
  const fit = pick(groups.fit);
  if (fit['modelSelection'] === 'ari' && common.labelKey !== undefined)
    fit['truth'] = common.labelKey;
  return {
    common,
    params: {
      model: { ...pick(groups.model), ...deviceOf(groups.model, common) },
      fit,
      preprocess: pick(groups.preprocess),
    },
  };
}

function commonCommand(
  spec: ModelSpec,
  { dataset, program = spec.id, help = '' }: RunDefaults,
): Command {
  const { authors, title, venue, year } = spec.paper;
  const command = new Command(program)
    .addHelpText('after', help)
    .description(`${spec.name}: ${spec.task}. ${authors}, ${title}, ${venue}, ${year}.`)
    .option('--dataset <name>', 'data set of the catalogue', dataset);
  return withFindings(withInputs(command, spec.task), spec.task)
    .option(
      '--data-dir <folder>',
      'folder with the data files (else DANCE_DATA_DIR, cache, download)',
    )
    .option('--offline', 'never download', false)
    .addOption(
      new Option('--seed <integer>', 'first seed').default(0).argParser(toNumber('--seed')),
    )
    .addOption(
      new Option('--num-runs <integer>', 'runs with seed, seed + 1, ...')
        .default(1)
        .argParser(toNumber('--num-runs')),
    )
    .addOption(
      new Option('--device <name>', 'where tensors are computed')
        .choices([...DEVICES])
        .default('auto'),
    )
    .option('--deterministic', 'same bytes on every machine (WebAssembly baseline)', false)
    .option('--controls', 'also score simple methods without training', false)
    .option('--json <file>', 'write the result as JSON')
    .option('--output <file.h5ad>', 'write the data with what was found and a record of the run')
    .option('--force', 'replace the output if it exists', false)
    .option('--checkpoint <folder>', 'save progress there; the same command continues from it')
    .addOption(
      new Option('--checkpoint-every <epochs>', 'epochs between two checkpoints')
        .default(10)
        .argParser(toNumber('--checkpoint-every')),
    )
    .option('--quiet', 'no progress', false)
    .option('--json-lines', 'progress as JSON lines', false)
    .option('--verbose', 'show the stack of an error', false);
}

/** Flags for files of the user's. */
function withInputs(command: Command, task: Task): Command {
  if (task === 'cell-type-annotation') {
    return command
      .addOption(
        new Option(
          '--reference <path>',
          'labelled cells of your own: .h5ad, 10x folder or .h5, loom, CSV, Zarr ...',
        ).conflicts('dataset'),
      )
      .addOption(new Option('--query <path>', 'cells to label').conflicts('dataset'))
      .option('--label-key <column>', 'column of obs with the labels of the reference')
      .option('--query-label-key <column>', 'column with true labels of the query, for scoring')
      .option(
        '--query-label-map <file.csv>',
        'columns query, reference: what true labels may be called where the names differ',
      );
  }
  command
    .addOption(
      new Option(
        '--input <path>',
        'a file or folder of your own instead: .h5ad, 10x folder or .h5, loom, CSV, .mtx, Zarr ...',
      ).conflicts('dataset'),
    )
    .option('--label-key <column>', 'column of obs with true labels, for scoring only');
  return task === 'imputation' ? withHoldOut(command) : command;
}

/** Flags for what is found around the model. */
function withFindings(command: Command, task: Task): Command {
  command.option('--plots <folder>', 'draw pictures (PNG and SVG) into this folder');
  if (task === 'imputation') return command;
  const when = '(by default with --output or --plots)';
  return command
    .option('--markers', `find marker genes of each group ${when}`)
    .option('--no-markers', 'do not')
    .option('--umap', `lay the cells out by UMAP ${when}`)
    .option('--no-umap', 'do not')
    .option('--explain', 'tell which genes each group rests on, by integrated gradients');
}

/** Flags for what is held out. */
function withHoldOut(command: Command): Command {
  const rate = '--mask-rate';
  return command
    .addOption(
      new Option('--protocol <name>', 'positive counts become zero, or molecules are split')
        .choices(['entries', 'counts'])
        .default('entries'),
    )
    .addOption(
      new Option(`${rate} <number>`, 'share of the positive counts of a cell that become zero')
        .default(0.1)
        .argParser(toNumber(rate)),
    )
    .addOption(
      new Option('--mask-distribution <name>', 'small counts more often, or all alike')
        .choices(['exp', 'uniform'])
        .default('exp'),
    );
}

/** The device, for models that compute on one. */
function deviceOf(params: readonly ParamDescription[], { device }: CommonFlags): object {
  return params.some(({ name }) => name === 'device') ? { device } : {};
}

function parse(command: Command, argv: readonly string[]): CommonFlags {
  command.exitOverride().configureOutput({ outputError: () => undefined });
  command.allowExcessArguments(false);
  try {
    command.parse([...argv], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode !== 0) {
      throw new ParamError(error.message.replace(/^error: |\.$/g, ''), {
        remedy: 'See --help.',
        cause: error,
      });
    }
    throw error;
  }
  const flags = command.opts<CommonFlags>();
  for (const [name, minimum] of [
    ['seed', 0],
    ['numRuns', 1],
    ['checkpointEvery', 1],
  ] as const) {
    if (!Number.isInteger(flags[name]) || flags[name] < minimum) {
      throw new ParamError(`flag ${flagName(name)}`, {
        got: String(flags[name]),
        expected: `an integer >= ${minimum}`,
      });
    }
  }
  if (flags.deterministic && flags.device === 'auto') return { ...flags, device: 'wasm' };
  return flags;
}

function optionOf(param: ParamDescription, defaults: Record<string, unknown> = {}): Option {
  const flag = flagName(param.name);
  const shown = defaults[param.name] ?? param.defaultValue;
  const description = `${param.description}${shown === undefined ? '' : ` (default: ${JSON.stringify(shown)})`}`;
  if (param.type === 'boolean') {
    return new Option(`${flag} <true|false>`, description).argParser((text: string) => {
      if (text === 'true') return true;
      if (text === 'false') return false;
      throw new ParamError(`flag ${flag}`, { got: `"${text}"`, expected: 'true or false' });
    });
  }
  const option = new Option(`${flag} <${param.type}>`, description);
  if (param.type === 'array') return option.argParser(toList);
  if (param.type === 'integer' || param.type === 'number') {
    return option.argParser(toNumber(flag, param.choices));
  }
  return param.choices ? option.choices(param.choices.map(String)) : option;
}

/** `256,64` -\> [256, 64]; items that are no numbers stay text. */
function toList(text: string): (number | string)[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
    .map((item) => (Number.isNaN(Number(item)) ? item : Number(item)));
}

/** @param words - what may stand instead of a number */
function toNumber(
  flag: string,
  words: ParamDescription['choices'] = [],
): (text: string) => number | string {
  return (text) => {
    if (words.includes(text)) return text;
    const value = Number(text);
    if (text.trim() === '' || Number.isNaN(value)) {
      const expected = ['a number', ...words.map((word) => JSON.stringify(word))].join(' or ');
      throw new ParamError(`flag ${flag}`, { got: `"${text}"`, expected });
    }
    return value;
  };
}

/** The bare flag of a parameter, which knows under which name its value is kept. */
function flagOf(name: string): Option {
  return new Option(`${flagName(name)} <value>`);
}
