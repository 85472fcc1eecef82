import {
  DataError,
  type AnnData,
  type ModelClass,
  type Reporter,
  type RunOptions,
} from '@dance-ts/core';
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
import { jsonScores, type RunResult } from './result.js';
import { checkpointOf, type RunCheckpoint } from './run-checkpoint.js';
import { withUniqueNames } from './run-data.js';
import { dictionary, explainerOf, finishRun, type OutputOptions } from './run-output.js';
import { resultOf, runName } from './run-record.js';
import { Stopwatch } from './stopwatch.js';

/** One run of an annotation model. */
export interface AnnotationRunOptions extends OutputOptions {
  readonly model: ModelClass<AnyAnnotationModel>;
  readonly source: AnnotationSource;
  readonly params: ModelParams;
  readonly seed: number;
  /** Also score the majority class, the nearest center and the nearest cells. */
  readonly controls?: boolean;
  /** Where the trainings, one a fold, save their progress. */
  readonly checkpoint?: RunCheckpoint | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly reporter: Reporter;
}

/**
 * Loads reference and query, fits, labels the query, scores (if there are true labels) and writes
 * the labelled query. Of data in folds all queries are scored together, and the last one is written.
 *
 * @throws any error of the model, the reader or the writer
 */
export async function runAnnotation(options: AnnotationRunOptions): Promise<RunResult> {
  const { seed, signal, source, params, model: Model } = options;
  const reporter = new CollectingReporter(options.reporter);
  const run = { signal, reporter };
  const clock = new Stopwatch();
  const data = await loadAnnotationData(source, run);
  clock.lap('load');
  const { labelKey, queryLabelKey, labelMap } = data;
  const answers: Answers[] = [];
  const controls: Record<string, Answers[]> = {};
  let last: LabelledQuery | undefined;
  for (const [fold, part] of data.parts.entries()) {
    last?.fitted.model.dispose();
    const withSeed = { ...params, model: { ...params.model, seed } };
    const name = runName({ model: Model.spec.id, seed });
    const checkpoint = checkpointOf(options.checkpoint, name, `fold${fold}`);
    const fitted = await fitOn(Model, part, labelKey, withSeed, {
      ...run,
      ...(checkpoint && { checkpoint }),
    });
    clock.add(fitted.seconds);
    const said = await answersOf(fitted, part.query, queryLabelKey, run);
    clock.lap('predict');
    answers.push(said);
    last = { fitted, said, query: part.query };
    if (!options.controls) continue;
    const others = await controlAnswers(part, labelKey, queryLabelKey, { ...run, seed });
    for (const [control, other] of Object.entries(others)) (controls[control] ??= []).push(other);
    clock.restart();
  }
  if (last === undefined) throw new DataError(`${data.record.name} has no cells to label`);
  const scoresOf = (parts: readonly Answers[]): RunResult['metrics'] =>
    queryLabelKey === undefined ? {} : jsonScores(answerScores(pooledAnswers(parts), labelMap));
  const { model } = last.fitted;
  const result = resultOf({
    ...{ model, seed, clock, reporter, dataset: data.record, preprocess: params.preprocess },
    metrics: scoresOf(answers),
    controls: Object.fromEntries(
      Object.entries(controls).map(([name, said]) => [name, scoresOf(said)]),
    ),
  });
  const labelled = last;
  await finishRun(
    { data: withUniqueNames(labelled.query, 'the query', reporter), path: data.queryPath },
    async (view) => {
      await annotateQuery(view, labelled, result, run);
      const explain = explainerOf(model, labelled.fitted.query, run);
      return { labels: model.spec.id, truth: queryLabelKey, explain };
    },
    result,
    options,
    run,
  );
  model.dispose();
  return result;
}

/** A query as it was given, the model that labelled it, and what that said. */
interface LabelledQuery {
  readonly query: AnnData;
  readonly fitted: FittedModel;
  readonly said: Answers;
}

/** Labels, confidence and probabilities; which class a column of them is, the record tells. */
async function annotateQuery(
  view: AnnData,
  { fitted: { model, query }, said }: LabelledQuery,
  result: RunResult,
  run: RunOptions,
): Promise<void> {
  const { id } = model.spec;
  // A transductive model knows the cells of the query by other names.
  const labelled = query.view();
  await model.annotate(labelled, run);
  for (const name of [id, `${id}_confidence`]) view.obs.set(name, labelled.obs.get(name));
  view.obsm.set(`${id}_probabilities`, said.probabilities);
  const record = dictionary(dictionary(view.uns, 'dance'), runName(result));
  record.set('probability_classes', [...said.classes]);
}
