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
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { errorMessage, listModels, ParamError } from '@dance-ts/core';
import { listAnnotationPairs } from '@dance-ts/datasets';
import { writeFileAtomic } from '@dance-ts/io';
import { planAnnotationCells, type AnnotationCell } from './annotation/cells.js';
import { ANNOTATION_RESULT_SCHEMA, type AnnotationCellResult } from './annotation/cell-result.js';
import { renderAnnotation } from './annotation/report.js';
import { runAnnotationCell } from './annotation/run-cell.js';
import { benchFlags, commandLine, readResults, seedsOf, type RunFlags } from './bench-command.js';
import { answerAsChild, minutesOf, runInChildren } from './child-cell.js';
import { chosen, hashOf } from './clustering-bench/cells.js';

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
        runAnnotationCell(cell as AnnotationCell, { command: text, python }),
      );
      return;
    case 'render': {
      const results = await readResults<AnnotationCellResult>(
        values.folder,
        ANNOTATION_RESULT_SCHEMA,
      );
      await writeFileAtomic(values.report, await renderAnnotation(results));
      process.stdout.write(`${results.length} results in ${values.report}\n`);
      return;
    }
    default:
      throw new ParamError(`there is no command "${command}"`, { expected: 'run or render' });
  }
}

async function run(flags: RunFlags, withPeers: boolean): Promise<void> {
  const nSeeds = seedsOf(flags.seeds);
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
    commandOf: ({ spec }) => commandLine('bench:annotation', spec, flags.device),
  });
}
