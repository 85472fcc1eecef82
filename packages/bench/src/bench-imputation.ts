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
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { errorMessage, listModels, ParamError } from '@dance-ts/core';
import { writeFileAtomic } from '@dance-ts/io';
import { benchFlags, commandLine, readResults, seedsOf, type RunFlags } from './bench-command.js';
import { answerAsChild, minutesOf, runInChildren } from './child-cell.js';
import { chosen, hashOf } from './clustering-bench/cells.js';
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
  --device D         default wasm, which gives the same bytes on every machine; render takes results
                     of any device, but leaves out those of other settings of a model than now
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
    options: benchFlags(RESULTS, REPORT),
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
      const all = await readResults<ImputationCellResult>(values.folder, IMPUTATION_RESULT_SCHEMA);
      const results = await withPresentSettings(all);
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

async function run(flags: RunFlags, withPeers: boolean): Promise<void> {
  const nSeeds = seedsOf(flags.seeds);
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
    commandOf: ({ spec }) => commandLine('bench:imputation', spec, flags.device),
  });
}

/**
 * Results that the same command would make today: parameters are those of now. Of a cell that was
 * run on several devices one result counts, that of wasm if there is one.
 */
async function withPresentSettings(
  results: readonly ImputationCellResult[],
): Promise<ImputationCellResult[]> {
  const models = listModels('imputation');
  const nSeeds = 1 + Math.max(0, ...results.map(({ cell }) => cell.seed));
  const peers = new Set(models.map(({ spec }) => spec.id));
  const found = new Map<string, ImputationCellResult>();
  for (const result of results) found.set(await hashOf(result.cell), result);
  const present = new Map<string, ImputationCellResult>();
  const devices = new Set(['wasm', ...results.flatMap(({ cell }) => deviceOf(cell) ?? [])]);
  for (const device of devices) {
    const plan = { models, datasets: IMPUTATION_DATASETS, device, nSeeds, peers };
    for (const cell of planImputationCells(plan)) {
      const result = found.get(await hashOf(cell));
      const { kind, protocol, model, dataset, seed } = cell;
      const key = JSON.stringify([kind, protocol, model, dataset, seed]);
      if (result !== undefined && !present.has(key)) present.set(key, result);
    }
  }
  return [...present.values()];
}

function deviceOf({ params }: ImputationCell): string | undefined {
  const device = params?.model['device'];
  return typeof device === 'string' ? device : undefined;
}
