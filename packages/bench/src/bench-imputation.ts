/**
 * Benchmark of the imputation models: models x data sets x protocols x seeds, each run in a process
 * of its own beside its peer in Python, and the report on what is finished.
 *
 * ```
 * DANCE_BENCH_PYTHON=.venv/bin/python npm run bench:imputation -- --seeds 3 --minutes 60
 * npm run bench:imputation -- render
 * ```
 *
 * A result is a file named by the hash of everything it depends on; a finished cell is never run
 * again, so a run that was interrupted in any way is continued by the same command.
 */
import '@dance-ts/imputation';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { errorMessage, FormatError, listModels, ParamError } from '@dance-ts/core';
import { writeFileAtomic } from '@dance-ts/io';
import { answerAsChild, minutesOf, runInChildren } from './child-cell.js';
import { chosen, hashOf } from './clustering-bench/cells.js';
import { resultNames } from './clustering-bench/stored.js';
import { IMPUTATION_RESULT_SCHEMA, type ImputationCellResult } from './imputation/cell-result.js';
import {
  IMPUTATION_DATASETS,
  planImputationCells,
  type ImputationCell,
} from './imputation/cells.js';
import { hasPeer } from './imputation/peer-counts.js';
import { renderImputation } from './imputation/report.js';
import { runImputationCell } from './imputation/run-cell.js';

const ROOT = new URL('../../../', import.meta.url);
const RESULTS = fileURLToPath(new URL('docs/benchmarks/imputation/', ROOT));
const REPORT = fileURLToPath(new URL('docs/benchmarks/imputation.md', ROOT));

const HELP = `usage: npm run bench:imputation -- [run] [flags]     runs what is not finished
       npm run bench:imputation -- render [flags]    writes the report

  --seeds N          seeds 0..N-1 (default 1)
  --models a,b       default: every imputation model
  --datasets x,y     default: ${IMPUTATION_DATASETS.map(({ name }) => name).join(', ')}
  --device D         default wasm, which gives the same bytes on every machine; render leaves out
                     results of another device or of other settings of a model than those of now
  --minutes M        begin no cell after so many minutes
  --folder DIR       where results are (default docs/benchmarks/imputation)
  --report FILE      report of render (default docs/benchmarks/imputation.md)

Peers run if DANCE_BENCH_PYTHON names a Python with packages/bench/peers/requirements.txt. Data files
are looked for in DANCE_DATA_DIR.
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
      await answerAsChild(rest, (cell, text) =>
        runImputationCell(cell as ImputationCell, { command: text, python }),
      );
      return;
    case 'render': {
      const all = await readResults(values.folder);
      const results = await withPresentSettings(all, values.device);
      await writeFileAtomic(values.report, renderImputation(results));
      process.stdout.write(`${results.length} results in ${values.report}\n`);
      const nLeft = all.length - results.length;
      if (nLeft > 0) process.stdout.write(`${nLeft} results of other settings were left out\n`);
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
  readonly device: string;
  readonly minutes?: string | undefined;
  readonly folder: string;
}

async function run(flags: RunFlags, withPeers: boolean): Promise<void> {
  const nSeeds = Number(flags.seeds);
  if (!Number.isInteger(nSeeds) || nSeeds < 1) {
    throw new ParamError('--seeds', { got: flags.seeds, expected: 'a whole number above 0' });
  }
  const models = new Map(listModels('imputation').map((entry) => [entry.spec.id, entry]));
  const datasets = new Map(IMPUTATION_DATASETS.map((entry) => [entry.name, entry]));
  const cells = planImputationCells({
    models: chosen('models', flags.models, models),
    datasets: chosen('datasets', flags.datasets, datasets),
    ...{ nSeeds, device: flags.device },
    peers: new Set(withPeers ? [...models.keys()].filter(hasPeer) : []),
  });
  await runInChildren({
    script: fileURLToPath(import.meta.url),
    cells: await Promise.all(cells.map(async (spec) => ({ spec, hash: await hashOf(spec) }))),
    folder: flags.folder,
    minutes: minutesOf(flags.minutes),
    commandOf: ({ spec }) => commandOf(spec, flags.device),
  });
}

/** The command line that makes one cell, with the flags it depends on. */
function commandOf({ model, dataset, seed }: ImputationCell, device: string): string {
  const set = [
    `--datasets ${dataset}`,
    ...(model === null ? [] : [`--models ${model}`]),
    `--seeds ${seed + 1}`,
    ...(device === 'wasm' ? [] : [`--device ${device}`]),
  ];
  return `npm run bench:imputation -- ${set.join(' ')}`;
}

/** Results that the same command would make today: parameters and device are those of now. */
async function withPresentSettings(
  results: readonly ImputationCellResult[],
  device: string,
): Promise<ImputationCellResult[]> {
  const models = listModels('imputation');
  const cells = planImputationCells({
    ...{ models, datasets: IMPUTATION_DATASETS, device },
    nSeeds: 1 + Math.max(0, ...results.map(({ cell }) => cell.seed)),
    peers: new Set(models.map(({ spec }) => spec.id)),
  });
  const present = new Set(await Promise.all(cells.map(hashOf)));
  const hashes = await Promise.all(results.map(({ cell }) => hashOf(cell)));
  return results.filter((_, k) => present.has(hashes[k]!));
}

async function readResults(folder: string): Promise<ImputationCellResult[]> {
  const files = await resultNames(folder);
  return Promise.all(
    files.map(async (name) => {
      const file = join(folder, name);
      const result = JSON.parse(await readFile(file, 'utf8')) as Partial<ImputationCellResult>;
      if (result.schema === IMPUTATION_RESULT_SCHEMA) return result as ImputationCellResult;
      throw new FormatError(`${file} is not a result of this benchmark`, {
        remedy: 'Remove it; its cell will run again.',
      });
    }),
  );
}
