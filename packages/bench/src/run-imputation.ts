import type {
  AnnData,
  BaseModel,
  DenseMatrix,
  Json,
  ModelClass,
  Reporter,
  RunOptions,
} from '@dance-ts/core';
import {
  heldOutScores,
  holdOutCounts,
  holdOutEntries,
  structureScores,
  toLogNormalized,
  type AnyImputationModel,
  type HeldOut,
} from '@dance-ts/imputation';
import type { ModelParams } from './annotation/model-answers.js';
import { CollectingReporter } from './collecting-reporter.js';
import { imputationControls } from './imputation/imputation-controls.js';
import { jsonScores, type RunResult } from './result.js';
import { checkpointOf, type RunCheckpoint } from './run-checkpoint.js';
import { loadRunData, type DataSource, type RunData } from './run-data.js';
import { finishRun, type Found, type OutputOptions } from './run-output.js';
import { resultOf, runName } from './run-record.js';
import { Stopwatch } from './stopwatch.js';

/** How counts are held out for scoring. */
export interface HoldOutProtocol {
  /** `entries` (default): positive counts become zero; `counts`: molecules are split in halves. */
  readonly protocol?: 'entries' | 'counts' | undefined;
  /** Share of the positive counts of a cell that become zero; default 0.1. */
  readonly maskRate?: number | undefined;
  /** Small counts more often (default), or all alike. */
  readonly maskDistribution?: 'exp' | 'uniform' | undefined;
}

/** One run of an imputation model. */
export interface ImputationRunOptions extends OutputOptions {
  readonly model: ModelClass<BaseModel & AnyImputationModel>;
  readonly source: DataSource & HoldOutProtocol;
  readonly params: ModelParams;
  /** Seed of the model and of what is held out. */
  readonly seed: number;
  /** Also score the counts as they are, their mean profile and the nearest cells. */
  readonly controls?: boolean;
  /** Where the trainings save their progress. */
  readonly checkpoint?: RunCheckpoint | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly reporter: Reporter;
}

/**
 * Loads data, holds counts out, prepares and fits on what is left, and scores what was held out;
 * with labels also how well the groups are told apart. The written file holds what a second fit, on
 * all counts, imputes.
 *
 * @throws any error of the model, the reader or the writer
 */
export async function runImputation(options: ImputationRunOptions): Promise<RunResult> {
  const { seed, signal, source, params } = options;
  const reporter = new CollectingReporter(options.reporter);
  const run = { signal, reporter };
  const clock = new Stopwatch();
  const loaded = await loadRunData(source, run);
  const heldOut = holdOut(loaded.data, source, seed);
  clock.lap('load');
  const model = await fitOn(options, heldOut.data, 'held-out', clock, run);
  const counts = (await model.predict(heldOut.data, run)) as DenseMatrix;
  clock.lap('predict');
  const scores = (imputed: DenseMatrix): Promise<Record<string, number>> =>
    scoresOf(imputed, { ...loaded, genes: model.genes, heldOut, seed, signal });
  const metrics = await scores(counts);
  const controls: Record<string, RunResult['metrics']> = {};
  if (options.controls) {
    const given = { genes: model.genes, seed, ...run };
    for (const [name, imputed] of Object.entries(await imputationControls(heldOut.data, given))) {
      controls[name] = jsonScores(await scores(imputed));
    }
  }
  const result = resultOf({
    ...{ model, seed, clock, reporter, dataset: loaded.record, preprocess: params.preprocess },
    ...{ metrics: jsonScores(metrics), controls, heldOut: describeProtocol(source) },
  });
  model.dispose();
  await finishRun(loaded, (view) => impute(options, view, run), result, options, run);
  return result;
}

function holdOut(
  data: AnnData,
  { protocol, maskRate: rate = 0.1, maskDistribution: distribution = 'exp' }: HoldOutProtocol,
  seed: number,
): HeldOut {
  if (protocol === 'counts') return holdOutCounts(data, { seed });
  return holdOutEntries(data, { rate, distribution, seed });
}

function describeProtocol({
  protocol = 'entries',
  maskRate = 0.1,
  maskDistribution = 'exp',
}: HoldOutProtocol): Record<string, Json> {
  return protocol === 'counts' ? { protocol } : { protocol, maskRate, maskDistribution };
}

/** @param which - names the counts, for checkpoints */
async function fitOn(
  { model: Model, params, seed, ...options }: ImputationRunOptions,
  data: AnnData,
  which: string,
  clock: Stopwatch,
  run: RunOptions,
): Promise<BaseModel & AnyImputationModel> {
  const name = runName({ model: Model.spec.id, seed });
  const checkpoint = checkpointOf(options.checkpoint, name, which);
  const model = new Model({ ...params.model, seed });
  await model.preprocess(data, { ...params.preprocess, ...run });
  clock.lap('preprocess');
  await model.fit(data, { ...params.fit, ...run, checkpoint });
  clock.lap('fit');
  return model;
}

/** Scores of what was held out and, with labels, of how well groups are told apart. */
async function scoresOf(
  counts: DenseMatrix,
  {
    data,
    labelKey,
    genes,
    heldOut,
    seed,
    signal,
  }: RunData & {
    readonly genes: readonly string[];
    readonly heldOut: HeldOut;
    readonly seed: number;
    readonly signal: AbortSignal | undefined;
  },
): Promise<Record<string, number>> {
  const scores = heldOutScores(counts, { data: heldOut.data, genes }, { heldOut });
  if (labelKey === undefined) return scores;
  const logs = toLogNormalized(counts, heldOut.data.X.rowSums());
  const { codes } = data.labels(labelKey);
  return { ...scores, ...(await structureScores(logs, codes, { seed, signal })) };
}

/** Adds what a fit on all counts imputes as a layer. */
async function impute(
  options: ImputationRunOptions,
  view: AnnData,
  run: RunOptions,
): Promise<Found> {
  const model = await fitOn(options, view, 'all', new Stopwatch(), run);
  await model.annotate(view, run);
  model.dispose();
  return { labels: undefined, truth: options.source.labelKey };
}
