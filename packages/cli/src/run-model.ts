import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  AbortError,
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
  runName,
  summarizeRuns,
  type AnnotationRunOptions,
  type ClusteringRunOptions,
  type ImputationRunOptions,
  type RunResult,
} from '@dance-ts/bench';
import { FolderStore, writeFileAtomic } from '@dance-ts/io';
import { assertFolder, assertFree, assertWritable } from './assert-writable.js';
import { finisherOf } from './findings/finish.js';
import { parseRunFlags, type CommonFlags, type RunDefaults } from './run-flags.js';
import { formatSummary } from './summary.js';

/**
 * Runs a model as the command line says: prints a summary on stdout and progress on stderr, and
 * writes the files asked for.
 *
 * @throws ParamError for a flag; any error of the run
 */
export async function runModel(
  model: ModelClass,
  argv: readonly string[],
  defaults: RunDefaults,
  signal: AbortSignal,
): Promise<void> {
  const { common, params } = parseRunFlags(model.spec, argv, defaults);
  await checkTargets(common);
  const reporter = reporterOf(common);
  const runs: RunResult[] = [];
  for (let run = 0; run < common.numRuns; run++) {
    const seed = common.seed + run;
    const isFirst = run === 0;
    const options = {
      ...{ source: common, params, seed, controls: common.controls, signal, reporter },
      output: isFirst ? common.output : undefined,
      finish: isFirst ? finisherOf(common) : undefined,
      checkpoint: checkpointOf(common),
    };
    try {
      runs.push(await runTask(model, options));
    } catch (error) {
      throw error instanceof AbortError ? await withAdvice(error, common, model, seed) : error;
    }
  }
  const series = summarizeRuns(runs);
  const result = runs.length === 1 ? runs[0] : series;
  if (common.json !== undefined) {
    await writeFileAtomic(common.json, `${JSON.stringify(result, null, 2)}\n`);
  }
  const written = [common.output, common.json].filter((file) => file !== undefined);
  if (written.length > 0) reporter.message('info', `wrote ${written.join(', ')}`);
  process.stdout.write(formatSummary(series));
}

/** Found out before the work, not after it. */
async function checkTargets({ json, output, force, plots }: CommonFlags): Promise<void> {
  if (json !== undefined) await assertWritable(json);
  if (output !== undefined) await assertFree(output, force);
  if (plots !== undefined) await assertFolder(plots);
}

function checkpointOf({ checkpoint, checkpointEvery }: CommonFlags) {
  return checkpoint === undefined
    ? undefined
    : { folder: checkpoint, everyEpochs: checkpointEvery };
}

/** The error of a run that was stopped, with how to go on. */
async function withAdvice(
  cause: AbortError,
  { checkpoint }: CommonFlags,
  { spec }: ModelClass,
  seed: number,
): Promise<AbortError> {
  if (checkpoint === undefined) {
    const remedy = 'With --checkpoint FOLDER a stopped training can be continued.';
    return new AbortError('stopped', { remedy, cause });
  }
  const isSaved = await hasCheckpoint(checkpoint, runName({ model: spec.id, seed }));
  const remedy = isSaved
    ? `Run the same command again: it continues from the checkpoint in ${checkpoint}.`
    : `No checkpoint had been saved in ${checkpoint} yet; the same command starts anew.`;
  return new AbortError('stopped', { remedy, cause });
}

/** True if one of the trainings of a run has saved its progress. */
async function hasCheckpoint(folder: string, run: string): Promise<boolean> {
  const names = await readdir(folder).catch(() => []);
  const ofRun = names.filter((name) => name === run || name.startsWith(`${run}-`));
  const found = await Promise.all(
    ofRun.map((name) => new FolderStore(join(folder, name)).has('checkpoint.json')),
  );
  return found.includes(true);
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
      throw new ParamError(`models of the task ${model.spec.task} cannot be run yet`);
  }
}

function reporterOf(flags: CommonFlags): Reporter {
  const write = (line: string): void => void process.stderr.write(line);
  if (flags.jsonLines) return new JsonLinesReporter(write);
  return flags.quiet ? silentReporter : new TextReporter(write);
}
