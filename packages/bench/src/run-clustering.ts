import type {
  BaseModel,
  Clusterer,
  DenseMatrix,
  Json,
  ModelClass,
  Reporter,
  RunOptions,
} from '@dance-ts/core';
import { annotateH5ad, writeH5ad } from '@dance-ts/io';
import { currentBackend } from '@dance-ts/nn';
import { clusteringControls } from './clustering-controls.js';
import { CollectingReporter } from './collecting-reporter.js';
import { noEpochs } from './epoch-params.js';
import { jsonScores, RESULT_SCHEMA, type RunResult, type RunSeconds } from './result.js';
import { loadRunData, type DataSource, type RunData } from './run-data.js';
import { recordUns } from './run-record.js';
import { versions } from './versions.js';

/** One run of a clustering model. */
export interface ClusteringRunOptions {
  readonly model: ModelClass<BaseModel & Clusterer>;
  readonly source: DataSource;
  readonly params: {
    readonly model: Readonly<Record<string, unknown>>;
    readonly fit: Readonly<Record<string, unknown>>;
    readonly preprocess: Readonly<Record<string, unknown>>;
  };
  readonly seed: number;
  /** Also score the untrained network, PCA + Leiden and PCA + k-means. */
  readonly controls?: boolean;
  /** File for the annotated copy of the data. */
  readonly output?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly reporter: Reporter;
}

/**
 * Loads, preprocesses, fits, predicts, scores (if there are labels) and writes the annotated data.
 *
 * @throws any error of the model, the reader or the writer
 */
export async function runClustering(options: ClusteringRunOptions): Promise<RunResult> {
  const { seed, signal } = options;
  const Model = options.model;
  const reporter = new CollectingReporter(options.reporter);
  const run = { signal, reporter };
  const clock = new Stopwatch();
  const loaded = await loadRunData(options.source, run);
  clock.lap('load');
  const { data, labelKey } = loaded;
  const model = new Model({ ...options.params.model, seed });
  await model.preprocess(data, { ...options.params.preprocess, ...run });
  clock.lap('preprocess');
  await model.fit(data, { ...options.params.fit, ...run });
  clock.lap('fit');
  await model.predict(data);
  clock.lap('predict');
  const metrics =
    labelKey === undefined ? {} : await model.scoreAll(data, { truth: labelKey, ...run });
  const controls =
    options.controls && labelKey !== undefined
      ? await controlScores(options, model, loaded, run)
      : {};
  const backend = currentBackend();
  const result: RunResult = {
    schema: RESULT_SCHEMA,
    model: Model.spec.id,
    task: Model.spec.task,
    dataset: loaded.record,
    params: {
      model: model.params as Json,
      fit: (model.fitParams ?? {}) as Json,
      preprocess: Model.spec.preprocessParams.parse(options.params.preprocess) as Json,
    },
    seed,
    backend: backend?.id ?? 'none',
    device: backend?.device ?? 'none',
    versions: versions(),
    seconds: clock.seconds(),
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    metrics: jsonScores(metrics),
    controls: Object.fromEntries(
      Object.entries(controls).map(([name, scores]) => [name, jsonScores(scores)]),
    ),
    history: model.history,
    warnings: reporter.warnings,
  };
  if (options.output !== undefined) await writeAnnotated(options.output, model, loaded, result);
  model.dispose();
  return result;
}

/** Scores without training: the network's initial weights, and the field's classical pipelines. */
async function controlScores(
  options: ClusteringRunOptions,
  model: BaseModel & Clusterer,
  { data, labelKey: truth = '' }: RunData,
  run: RunOptions,
): Promise<Record<string, Record<string, number>>> {
  const prepared = model.prepared(data);
  const untrained = new options.model(model.params);
  await untrained.fit(prepared, { ...options.params.fit, ...noEpochs(options.model.spec), ...run });
  const untrainedScores = await untrained.scoreAll(prepared, { truth, ...run });
  untrained.dispose();
  const nClusters = data.labels(truth).categories.length;
  return {
    'untrained weights': untrainedScores,
    ...(await clusteringControls(data, { ...run, truth, nClusters, seed: options.seed })),
  };
}

/** A lossless copy of the data with clusters, embedding and the record of the run. */
async function writeAnnotated(
  output: string,
  model: BaseModel & Clusterer,
  { data, path }: RunData,
  result: RunResult,
): Promise<void> {
  const key = model.spec.id;
  const annotated = data.view();
  await model.annotate(annotated);
  const place = ['dance', `${key}-seed${result.seed}`];
  if (path?.endsWith('.h5ad')) {
    await annotateH5ad(path, output, {
      obs: [[key, annotated.obs.get(key)]],
      obsm: [[`X_${key}`, annotated.obsm.get(`X_${key}`) as DenseMatrix]],
      uns: [[place, recordUns(result)]],
    });
    return;
  }
  annotated.uns.set('dance', new Map([[`${key}-seed${result.seed}`, recordUns(result)]]));
  await writeH5ad(output, annotated);
}

/** Time between laps. */
class Stopwatch {
  private readonly start = performance.now();
  private last = this.start;
  private lastCpu = process.cpuUsage();
  private readonly laps: Record<keyof Omit<RunSeconds, 'total'>, number> = {
    load: 0,
    preprocess: 0,
    fit: 0,
    fitCpu: 0,
    predict: 0,
  };

  lap(name: keyof Omit<RunSeconds, 'total' | 'fitCpu'>): void {
    const now = performance.now();
    const { user, system } = process.cpuUsage(this.lastCpu);
    this.laps[name] = (now - this.last) / 1000;
    if (name === 'fit') this.laps.fitCpu = (user + system) / 1e6;
    this.last = now;
    this.lastCpu = process.cpuUsage();
  }

  seconds(): RunSeconds {
    return { ...this.laps, total: (performance.now() - this.start) / 1000 };
  }
}
