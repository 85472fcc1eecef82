/**
 * Benchmark of the clustering models: models x data sets x seeds, each run in a process of its own
 * beside its peer in Python, and the report on what is finished.
 *
 * ```
 * DANCE_BENCH_PYTHON=.venv/bin/python npm run bench:clustering -- --seeds 3 --models graphsc,scgpcl --minutes 60
 * npm run bench:clustering -- render
 * ```
 *
 * A result is a file named by the hash of everything it depends on; a finished cell is never run
 * again, so a run that was interrupted in any way is continued by the same command.
 */
import '@dance-ts/clustering';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { errorMessage, listModels, ParamError } from '@dance-ts/core';
import { listDatasets } from '@dance-ts/datasets';
import { writeFileAtomic } from '@dance-ts/io';
import { answerAsChild, minutesOf, runInChildren } from './child-cell.js';
import {
  chosen,
  planCells,
  PROFILE_GENES,
  type CellSpec,
  type NamedCell,
} from './clustering-bench/cells.js';
import { hasClusteringPeer } from './clustering-bench/peer-run.js';
import { renderReport } from './clustering-bench/report.js';
import { runCell } from './clustering-bench/run-cell.js';
import { SETTINGS } from './clustering-bench/settings.js';
import { readPublished, readResults } from './clustering-bench/stored.js';

const ROOT = new URL('../../../', import.meta.url);
const RESULTS = fileURLToPath(new URL('docs/benchmarks/clustering/', ROOT));
const REPORT = fileURLToPath(new URL('docs/benchmarks/clustering.md', ROOT));
const PUBLISHED = fileURLToPath(new URL('packages/bench/published-clustering.json', ROOT));

const HELP = `usage: npm run bench:clustering -- [run] [flags]     runs what is not finished
       npm run bench:clustering -- render [flags]    writes the report

  --seeds N                 seeds 0..N-1 (default 1)
  --models a,b              default: every clustering model
  --datasets x,y            default: every labelled clustering data set
  --settings s,t            settings of the models beside their defaults: ${[...SETTINGS.keys()].join(', ')}
  --consensus               also what the clusters of these models have in common: of each seed,
                            and of all seeds
  --epochs-scale none|F     factor on every number of epochs (default none: as published)
  --profile 2000|model      genes to choose from: 2,000 for every model (default) or each model's own
  --device D                default wasm, which gives the same bytes on every machine
  --minutes M               begin no cell after so many minutes
  --folder DIR              where results are (default docs/benchmarks/clustering)
  --report FILE             report of render (default docs/benchmarks/clustering.md)

Peers run if DANCE_BENCH_PYTHON names a Python with packages/bench/peers/requirements.txt.
`;

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`error: ${errorMessage(error)}\n`);
  process.exitCode = 1;
});

async function main(argv: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      seeds: { type: 'string', default: '1' },
      models: { type: 'string' },
      datasets: { type: 'string' },
      settings: { type: 'string' },
      consensus: { type: 'boolean', default: false },
      'epochs-scale': { type: 'string', default: 'none' },
      profile: { type: 'string', default: String(PROFILE_GENES) },
      device: { type: 'string', default: 'wasm' },
      minutes: { type: 'string' },
      folder: { type: 'string', default: RESULTS },
      report: { type: 'string', default: REPORT },
      help: { type: 'boolean', default: false },
    },
  });
  const [command = 'run', ...rest] = positionals;
  const python = process.env['DANCE_BENCH_PYTHON'];
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  switch (command) {
    case 'run':
      await run(values, python !== undefined);
      return;
    case 'cell':
      await answerAsChild(rest, (spec, command, file) =>
        runCell(spec as CellSpec, { command, python, folder: dirname(file) }),
      );
      return;
    case 'render': {
      const results = await readResults(values.folder);
      await writeFileAtomic(values.report, renderReport(results, await readPublished(PUBLISHED)));
      process.stdout.write(`${results.length} results in ${values.report}\n`);
      return;
    }
    default:
      throw new ParamError(`there is no command "${command}"`, { expected: 'run or render' });
  }
}

interface RunFlags {
  readonly seeds: string;
  readonly models?: string | undefined;
  readonly datasets?: string | undefined;
  readonly settings?: string | undefined;
  readonly consensus: boolean;
  readonly 'epochs-scale': string;
  readonly profile: string;
  readonly device: string;
  readonly minutes?: string | undefined;
  readonly folder: string;
}

async function run(flags: RunFlags, withPeers: boolean): Promise<void> {
  const { folder, device, profile } = flags;
  const scale = flags['epochs-scale'];
  const models = new Map(listModels('clustering').map((entry) => [entry.spec.id, entry]));
  const datasets = new Map(
    listDatasets()
      .filter(({ task }) => task === 'clustering')
      .map(({ name, nClasses }) => [name, { name, nClasses }]),
  );
  const cells = await planCells({
    models: chosen('models', flags.models, models),
    datasets: chosen('datasets', flags.datasets, datasets),
    nSeeds: positive('seeds', flags.seeds),
    epochsScale: scale === 'none' ? 1 : positive('epochs-scale', scale),
    nTopGenes: profile === 'model' ? null : positive('profile', profile),
    device,
    consensus: flags.consensus,
    settings: flags.settings === undefined ? [] : chosen('settings', flags.settings, SETTINGS),
    peers: new Set(withPeers ? [...models.keys()].filter(hasClusteringPeer) : []),
  });
  await runInChildren<NamedCell>({
    ...{ script: fileURLToPath(import.meta.url), cells, folder },
    minutes: minutesOf(flags.minutes),
    commandOf: ({ spec }) => commandOf(spec, flags),
  });
}

/** The command line that makes one cell, with the flags it depends on. */
function commandOf(spec: CellSpec, flags: RunFlags): string {
  const { kind, model, setting, dataset, seed, nSeeds = seed + 1 } = spec;
  const isConsensus = kind === 'consensus';
  const set = [
    `--datasets ${dataset}`,
    ...(model === null ? [] : [`--models ${model}`]),
    ...(isConsensus && flags.models !== undefined ? [`--models ${flags.models}`] : []),
    ...(isConsensus ? ['--consensus'] : []),
    ...(setting === undefined ? [] : [`--settings ${setting}`]),
    `--seeds ${nSeeds}`,
    ...(flags['epochs-scale'] === 'none' ? [] : [`--epochs-scale ${flags['epochs-scale']}`]),
    ...(flags.profile === String(PROFILE_GENES) ? [] : [`--profile ${flags.profile}`]),
    ...(flags.device === 'wasm' ? [] : [`--device ${flags.device}`]),
  ];
  return `npm run bench:clustering -- ${set.join(' ')}`;
}

function positive(flag: string, text: string): number {
  const value = Number(text);
  const isCount = flag !== 'epochs-scale';
  if (value > 0 && Number.isFinite(value) && (!isCount || Number.isInteger(value))) return value;
  throw new ParamError(`--${flag}`, {
    got: `"${text}"`,
    expected: isCount ? 'a whole number above 0' : 'none or a number above 0',
  });
}
