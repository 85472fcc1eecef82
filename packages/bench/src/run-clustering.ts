import { SoftClusteringModel } from '@dance-ts/clustering';
import type { BaseModel, Clusterer, ModelClass, Reporter, RunOptions } from '@dance-ts/core';
import type { ModelParams } from './annotation/model-answers.js';
import { clusteringControls } from './clustering-controls.js';
import { CollectingReporter } from './collecting-reporter.js';
import { noEpochs } from './epoch-params.js';
import { jsonScores, type RunResult } from './result.js';
import { checkpointOf, type RunCheckpoint } from './run-checkpoint.js';
import { loadRunData, type DataSource, type RunData } from './run-data.js';
import { explainerOf, finishRun, type OutputOptions } from './run-output.js';
import { resultOf, runName } from './run-record.js';
import { Stopwatch } from './stopwatch.js';

/** One run of a clustering model. */
export interface ClusteringRunOptions extends OutputOptions {
  readonly model: ModelClass<BaseModel & Clusterer>;
  readonly source: DataSource;
  readonly params: ModelParams;
  readonly seed: number;
  /** Takes the cluster of each cell, -1 for one that preprocessing dropped. */
  readonly onLabels?: (labels: Int32Array) => void;
  /** Also score the untrained network, PCA + Leiden and PCA + k-means. */
  readonly controls?: boolean;
  /** Where the training saves its progress. */
  readonly checkpoint?: RunCheckpoint | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly reporter: Reporter;
}

/**
 * Loads, preprocesses, fits, predicts, scores (if there are labels) and writes the annotated data.
 *
 * @throws any error of the model, the reader or the writer
 */
export async function runClustering(options: ClusteringRunOptions): Promise<RunResult> {
  const { seed, signal, params, model: Model } = options;
  const reporter = new CollectingReporter(options.reporter);
  const run = { signal, reporter };
  const clock = new Stopwatch();
  const loaded = await loadRunData(options.source, run);
  clock.lap('load');
  const { data, labelKey } = loaded;
  const model = new Model({ ...params.model, seed });
  await model.preprocess(data, { ...params.preprocess, ...run });
  clock.lap('preprocess');
  const checkpoint = checkpointOf(options.checkpoint, runName({ model: Model.spec.id, seed }));
  await model.fit(data, { ...params.fit, ...run, checkpoint });
  clock.lap('fit');
  const labels = await model.predict(data);
  clock.lap('predict');
  options.onLabels?.(labels);
  const metrics =
    labelKey === undefined ? {} : await model.scoreAll(data, { truth: labelKey, ...run });
  const controls =
    options.controls && labelKey !== undefined
      ? await controlScores(options, model, loaded, run)
      : {};
  const result = resultOf({
    ...{ model, seed, clock, reporter, dataset: loaded.record, preprocess: params.preprocess },
    metrics: jsonScores(metrics),
    controls: Object.fromEntries(
      Object.entries(controls).map(([name, scores]) => [name, jsonScores(scores)]),
    ),
  });
  const annotate = async (view: RunData['data']) => {
    const { id } = model.spec;
    await model.annotate(view);
    if (model instanceof SoftClusteringModel) {
      view.obsm.set(`${id}_probabilities`, await model.predictProba(data));
    }
    return { labels: id, truth: labelKey, explain: explainerOf(model, data, run) };
  };
  await finishRun(loaded, annotate, result, options, run);
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
