import type { Json, ModelClass, Reporter } from '@dance-ts/core';
import { annotateH5ad, writeH5ad } from '@dance-ts/io';
import { currentBackend } from '@dance-ts/nn';
import { answerScores, pooledAnswers, type Answers } from './annotation/answers.js';
import { loadAnnotationData, type AnnotationSource } from './annotation/annotation-data.js';
import { controlAnswers } from './annotation/control-answers.js';
import {
  answersOf,
  fitOn,
  type AnyAnnotationModel,
  type FittedModel,
  type ModelParams,
} from './annotation/model-answers.js';
import { CollectingReporter } from './collecting-reporter.js';
import { jsonScores, RESULT_SCHEMA, type RunResult } from './result.js';
import { recordUns } from './run-record.js';
import { versions } from './versions.js';

/** One run of an annotation model. */
export interface AnnotationRunOptions {
  readonly model: ModelClass<AnyAnnotationModel>;
  readonly source: AnnotationSource;
  readonly params: ModelParams;
  readonly seed: number;
  /** Also score the majority class, the nearest center and the nearest cells. */
  readonly controls?: boolean;
  /** File for the annotated copy of the query. */
  readonly output?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly reporter: Reporter;
}

/**
 * Loads reference and query, fits, labels the query, scores (if there are true labels) and writes
 * the labelled query. Of data in folds all queries are scored together.
 *
 * @throws any error of the model, the reader or the writer
 */
export async function runAnnotation(options: AnnotationRunOptions): Promise<RunResult> {
  const { seed, signal, source, params, model: Model } = options;
  const reporter = new CollectingReporter(options.reporter);
  const run = { signal, reporter };
  const start = performance.now();
  const data = await loadAnnotationData(source, run);
  const load = (performance.now() - start) / 1000;
  const seconds = { load, preprocess: 0, fit: 0, fitCpu: 0, predict: 0 };
  const answers: Answers[] = [];
  const controls: Record<string, Answers[]> = {};
  const { labelKey, queryLabelKey } = data;
  let last: FittedModel | undefined;
  for (const part of data.parts) {
    last?.model.dispose();
    const withSeed = { ...params, model: { ...params.model, seed } };
    last = await fitOn(Model, part, labelKey, withSeed, run);
    seconds.preprocess += last.seconds.preprocess;
    seconds.fit += last.seconds.fit;
    seconds.fitCpu += last.seconds.fitCpu;
    const before = performance.now();
    answers.push(await answersOf(last, part.query, queryLabelKey, run));
    seconds.predict += (performance.now() - before) / 1000;
    if (!options.controls) continue;
    const others = await controlAnswers(part, labelKey, queryLabelKey, { ...run, seed });
    for (const [name, said] of Object.entries(others)) (controls[name] ??= []).push(said);
  }
  const scoresOf = (parts: readonly Answers[]): RunResult['metrics'] =>
    queryLabelKey === undefined ? {} : jsonScores(answerScores(pooledAnswers(parts)));
  const backend = currentBackend();
  const result: RunResult = {
    schema: RESULT_SCHEMA,
    model: Model.spec.id,
    task: Model.spec.task,
    dataset: data.record,
    params: {
      model: (last?.model.params ?? {}) as Json,
      fit: (last?.model.fitParams ?? {}) as Json,
      preprocess: Model.spec.preprocessParams.parse(params.preprocess) as Json,
    },
    seed,
    backend: backend?.id ?? 'none',
    device: backend?.device ?? 'none',
    versions: versions(),
    seconds: { ...seconds, total: (performance.now() - start) / 1000 },
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    metrics: scoresOf(answers),
    controls: Object.fromEntries(
      Object.entries(controls).map(([name, said]) => [name, scoresOf(said)]),
    ),
    history: last?.model.history ?? {},
    warnings: reporter.warnings,
  };
  const written = data.parts.at(-1);
  if (options.output !== undefined && last !== undefined && written !== undefined) {
    await writeLabelled(options.output, last, written.query, data.queryPath, result);
  }
  last?.model.dispose();
  return result;
}

/** A lossless copy of the query with labels, confidence and the record of the run. */
async function writeLabelled(
  output: string,
  { model, query }: FittedModel,
  given: FittedModel['query'],
  path: string | undefined,
  result: RunResult,
): Promise<void> {
  const key = model.spec.id;
  const labelled = query.view();
  await model.annotate(labelled);
  const columns = [key, `${key}_confidence`];
  const place = `${key}-seed${result.seed}`;
  if (path?.endsWith('.h5ad')) {
    await annotateH5ad(path, output, {
      obs: columns.map((name) => [name, labelled.obs.get(name)]),
      obsm: [],
      uns: [[['dance', place], recordUns(result)]],
    });
    return;
  }
  const copy = given.view();
  for (const name of columns) copy.obs.set(name, labelled.obs.get(name));
  copy.uns.set('dance', new Map([[place, recordUns(result)]]));
  await writeH5ad(output, copy);
}
