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
import { annotateH5ad, writeH5ad } from '@dance-ts/io';
import { currentBackend } from '@dance-ts/nn';
import type { ModelParams } from './annotation/model-answers.js';
import { CollectingReporter } from './collecting-reporter.js';
import { imputationControls } from './imputation/imputation-controls.js';
import { jsonScores, RESULT_SCHEMA, type RunResult, type RunSeconds } from './result.js';
import { loadRunData, type DataSource, type RunData } from './run-data.js';
import { recordUns } from './run-record.js';
import { versions } from './versions.js';

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
export interface ImputationRunOptions {
  readonly model: ModelClass<BaseModel & AnyImputationModel>;
  readonly source: DataSource & HoldOutProtocol;
  readonly params: ModelParams;
  /** Seed of the model and of what is held out. */
  readonly seed: number;
  /** Also score the counts as they are, their mean profile and the nearest cells. */
  readonly controls?: boolean;
  /** File for a copy of the data with the imputed counts. */
  readonly output?: string | undefined;
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
  const start = performance.now();
  const loaded = await loadRunData(source, run);
  const heldOut = holdOut(loaded.data, source, seed);
  const loadSeconds = secondsSince(start);
  const fitted = await fitOn(options, heldOut.data, run);
  const { model } = fitted;
  const beforePredict = performance.now();
  const counts = (await model.predict(heldOut.data, run)) as DenseMatrix;
  const predict = secondsSince(beforePredict);
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
  const backend = currentBackend();
  const result: RunResult = {
    schema: RESULT_SCHEMA,
    model: model.spec.id,
    task: model.spec.task,
    dataset: loaded.record,
    params: {
      model: model.params as Json,
      fit: (model.fitParams ?? {}) as Json,
      preprocess: model.spec.preprocessParams.parse(params.preprocess) as Json,
    },
    heldOut: describeProtocol(source),
    seed,
    backend: backend?.id ?? 'none',
    device: backend?.device ?? 'none',
    versions: versions(),
    seconds: { load: loadSeconds, ...fitted.seconds, predict, total: secondsSince(start) },
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    metrics: jsonScores(metrics),
    controls,
    history: model.history,
    warnings: reporter.warnings,
  };
  model.dispose();
  if (options.output !== undefined) await writeImputed(options, loaded, result, run);
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

interface Fitted {
  readonly model: BaseModel & AnyImputationModel;
  readonly seconds: Pick<RunSeconds, 'preprocess' | 'fit' | 'fitCpu'>;
}

async function fitOn(
  { model: Model, params, seed }: ImputationRunOptions,
  data: AnnData,
  run: RunOptions,
): Promise<Fitted> {
  const model = new Model({ ...params.model, seed });
  const start = performance.now();
  await model.preprocess(data, { ...params.preprocess, ...run });
  const preprocess = secondsSince(start);
  const [before, cpu] = [performance.now(), process.cpuUsage()];
  await model.fit(data, { ...params.fit, ...run });
  const { user, system } = process.cpuUsage(cpu);
  return {
    model,
    seconds: { preprocess, fit: secondsSince(before), fitCpu: (user + system) / 1e6 },
  };
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

/** A lossless copy of the data with the imputed counts as a layer, and the record of the run. */
async function writeImputed(
  options: ImputationRunOptions,
  { data, path }: RunData,
  result: RunResult,
  run: RunOptions,
): Promise<void> {
  const { model } = await fitOn(options, data, run);
  const output = options.output ?? '';
  const place = ['dance', `${result.model}-seed${result.seed}`];
  const [oldVar, oldLayers] = [new Map(data.var.entries()), new Map(data.layers)];
  const annotated = data.view();
  await model.annotate(annotated, run);
  model.dispose();
  if (path?.endsWith('.h5ad')) {
    await annotateH5ad(path, output, {
      var: [...annotated.var.entries()].filter(([name, column]) => oldVar.get(name) !== column),
      layers: [...annotated.layers].filter(([name, layer]) => oldLayers.get(name) !== layer),
      uns: [[place, recordUns(result)]],
    });
    return;
  }
  annotated.uns.set('dance', new Map([[place[1] ?? '', recordUns(result)]]));
  await writeH5ad(output, annotated);
}

function secondsSince(start: number): number {
  return (performance.now() - start) / 1000;
}
