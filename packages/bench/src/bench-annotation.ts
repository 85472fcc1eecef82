/**
 * Benchmark of the annotation models: models x pairs of reference and query x seeds, each run in a
 * process of its own beside its peer in Python, and the report on what is finished.
 *
 * ```
 * DANCE_BENCH_PYTHON=.venv/bin/python npm run bench:annotation -- --seeds 3 --minutes 60
 * npm run bench:annotation -- render
 * ```
 *
 * A result is a file named by the hash of everything it depends on; a finished cell is never run
 * again, so a run that was interrupted in any way is continued by the same command.
 */
import '@dance-ts/cell-type-annotation';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { errorMessage, FormatError, listModels, ParamError } from '@dance-ts/core';
import { listAnnotationPairs } from '@dance-ts/datasets';
import { writeFileAtomic } from '@dance-ts/io';
import { planAnnotationCells, type AnnotationCell } from './annotation/cells.js';
import { ANNOTATION_RESULT_SCHEMA, type AnnotationCellResult } from './annotation/cell-result.js';
import { renderAnnotation } from './annotation/report.js';
import { runAnnotationCell } from './annotation/run-cell.js';
import { answerAsChild, minutesOf, runInChildren } from './child-cell.js';
import { chosen, hashOf } from './clustering-bench/cells.js';
import { resultNames } from './clustering-bench/stored.js';

const ROOT = new URL('../../../', import.meta.url);
const RESULTS = fileURLToPath(new URL('docs/benchmarks/annotation/', ROOT));
const REPORT = fileURLToPath(new URL('docs/benchmarks/annotation.md', ROOT));
/** Pair whose query is labelled again and again until it has been 100,000 cells. */
const STREAMED = 'baron_mouse';
/** Classes left out of the reference in turn: those of the pair with at least 20 cells in both. */
const LEFT_OUT: Readonly<Record<string, readonly string[]>> = {
  baron_mouse: ['beta', 'ductal', 'delta', 'endothelial', 'quiescent_stellate'],
};

const HELP = `usage: npm run bench:annotation -- [run] [flags]     runs what is not finished
       npm run bench:annotation -- render [flags]    writes the report

  --seeds N          seeds 0..N-1 (default 1)
  --models a,b       default: every annotation model
  --datasets x,y     default: every pair of reference and query
  --device D         default wasm, which gives the same bytes on every machine
  --minutes M        begin no cell after so many minutes
  --folder DIR       where results are (default docs/benchmarks/annotation)
  --report FILE      report of render (default docs/benchmarks/annotation.md)

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
        runAnnotationCell(cell as AnnotationCell, { command: text, python }),
      );
      return;
    case 'render': {
      const results = await readResults(values.folder);
      await writeFileAtomic(values.report, await renderAnnotation(results));
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
  readonly device: string;
  readonly minutes?: string | undefined;
  readonly folder: string;
}

async function run(flags: RunFlags, withPeers: boolean): Promise<void> {
  const nSeeds = Number(flags.seeds);
  if (!Number.isInteger(nSeeds) || nSeeds < 1) {
    throw new ParamError('--seeds', { got: flags.seeds, expected: 'a whole number above 0' });
  }
  const models = new Map(listModels('cell-type-annotation').map((entry) => [entry.spec.id, entry]));
  const pairs = new Map(
    listAnnotationPairs().map(({ name }) => [
      name,
      { name, leaveOut: LEFT_OUT[name] ?? [], isStreamed: name === STREAMED },
    ]),
  );
  const cells = planAnnotationCells({
    models: chosen('models', flags.models, models),
    pairs: chosen('datasets', flags.datasets, pairs),
    ...{ nSeeds, withPeers, device: flags.device },
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
function commandOf({ model, dataset, seed }: AnnotationCell, device: string): string {
  const set = [
    `--datasets ${dataset}`,
    ...(model === null ? [] : [`--models ${model}`]),
    `--seeds ${seed + 1}`,
    ...(device === 'wasm' ? [] : [`--device ${device}`]),
  ];
  return `npm run bench:annotation -- ${set.join(' ')}`;
}

async function readResults(folder: string): Promise<AnnotationCellResult[]> {
  const files = await resultNames(folder);
  return Promise.all(
    files.map(async (name) => {
      const file = join(folder, name);
      const result = JSON.parse(await readFile(file, 'utf8')) as Partial<AnnotationCellResult>;
      if (result.schema === ANNOTATION_RESULT_SCHEMA) return result as AnnotationCellResult;
      throw new FormatError(`${file} is not a result of this benchmark`, {
        remedy: 'Remove it; its cell will run again.',
      });
    }),
  );
}
