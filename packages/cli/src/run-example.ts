import {
  AbortError,
  errorMessage,
  JsonLinesReporter,
  ParamError,
  silentReporter,
  TextReporter,
  type ModelClass,
  type Reporter,
} from '@dance-ts/core';
import {
  runAnnotation,
  runClustering,
  runImputation,
  summarizeRuns,
  type AnnotationRunOptions,
  type ClusteringRunOptions,
  type ImputationRunOptions,
  type RunResult,
} from '@dance-ts/bench';
import { writeFileAtomic } from '@dance-ts/io';
import { CommanderError } from 'commander';
import { assertWritable } from './assert-writable.js';
import { parseRunFlags, type CommonFlags } from './run-flags.js';
import { formatSummary } from './summary.js';

/** What an example declares; everything else comes from the command line. */
export interface Example {
  readonly model: ModelClass;
  /** Data set used unless --dataset or --input says otherwise. */
  readonly dataset: string;
  /** Parameters that differ from the model's defaults, as in the paper's experiments. */
  readonly params?: Record<string, unknown>;
}

/**
 * Main function of an example script: parses the flags, runs the model, prints a summary on
 * stdout and progress on stderr, writes the files asked for and sets the exit code
 * (0 done, 1 error, 130 aborted).
 */
export async function runExample(
  example: Example,
  argv: readonly string[] = process.argv.slice(2),
): Promise<void> {
  const verbose = argv.includes('--verbose');
  const abort = new AbortController();
  const onInterrupt = (): void => {
    abort.abort(new Error('interrupted'));
  };
  process.once('SIGINT', onInterrupt).once('SIGTERM', onInterrupt);
  try {
    await runAll(example, argv, abort.signal);
  } catch (error) {
    if (error instanceof CommanderError) return;
    process.exitCode = error instanceof AbortError ? 130 : 1;
    process.stderr.write(`error: ${errorMessage(error)}\n`);
    if (verbose && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`);
  } finally {
    process.off('SIGINT', onInterrupt).off('SIGTERM', onInterrupt);
  }
}

async function runAll(
  example: Example,
  argv: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const { common, params } = parseRunFlags(example.model.spec, argv, example);
  // Found out before the work, not after it.
  for (const file of [common.json, common.output]) {
    if (file !== undefined) await assertWritable(file);
  }
  const runs: RunResult[] = [];
  for (let run = 0; run < common.numRuns; run++) {
    const options = {
      ...{ source: common, params, seed: common.seed + run, controls: common.controls },
      ...{ output: run === 0 ? common.output : undefined, signal, reporter: reporterOf(common) },
    };
    runs.push(await runTask(example.model, options));
  }
  const series = summarizeRuns(runs);
  const result = runs.length === 1 ? runs[0] : series;
  if (common.json !== undefined) {
    await writeFileAtomic(common.json, `${JSON.stringify(result, null, 2)}\n`);
  }
  process.stdout.write(formatSummary(series));
}

/** Runs a model the way its task is run. */
function runTask(
  model: ModelClass,
  options: Omit<ClusteringRunOptions & AnnotationRunOptions & ImputationRunOptions, 'model'>,
): Promise<RunResult> {
  switch (model.spec.task) {
    case 'clustering':
      return runClustering({ ...options, model: model as ClusteringRunOptions['model'] });
    case 'cell-type-annotation':
      return runAnnotation({ ...options, model: model as AnnotationRunOptions['model'] });
    case 'imputation':
      return runImputation({ ...options, model: model as ImputationRunOptions['model'] });
    default:
      throw new ParamError(`examples of the task ${model.spec.task} cannot be run yet`);
  }
}

function reporterOf(flags: CommonFlags): Reporter {
  const write = (line: string): void => void process.stderr.write(line);
  if (flags.jsonLines) return new JsonLinesReporter(write);
  return flags.quiet ? silentReporter : new TextReporter(write);
}
