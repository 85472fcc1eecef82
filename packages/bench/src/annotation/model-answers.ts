import { joinQuery } from '@dance-ts/cell-type-annotation';
import type { AnnData, BaseModel, Classifier, ModelClass, RunOptions } from '@dance-ts/core';
import type { ReferenceQuery } from '@dance-ts/datasets';
import type { Answers } from './answers.js';

/** Any annotation model. */
export type AnyAnnotationModel = BaseModel & Classifier;

/** Parameters of a model by group. */
export interface ModelParams {
  readonly model: Readonly<Record<string, unknown>>;
  readonly fit: Readonly<Record<string, unknown>>;
  readonly preprocess: Readonly<Record<string, unknown>>;
}

/** A fitted model, the cells it can be asked about, and how long the parts took. */
export interface FittedModel {
  readonly model: AnyAnnotationModel;
  /** The query as the model wants it: a transductive one knows its cells by their joined names. */
  readonly query: AnnData;
  readonly seconds: Readonly<Record<'preprocess' | 'fit' | 'fitCpu', number>>;
}

/**
 * Fits a model on a reference; a transductive one gets the cells of the query, without labels, too.
 */
export async function fitOn(
  Model: ModelClass<AnyAnnotationModel>,
  { reference, query }: ReferenceQuery,
  labelKey: string,
  params: ModelParams,
  run: RunOptions,
): Promise<FittedModel> {
  const model = new Model(params.model);
  const joined =
    Model.spec.inference === 'transductive' ? joinQuery(reference, query, labelKey) : undefined;
  const data = joined?.data ?? reference;
  const preprocess =
    'labelKey' in Model.spec.preprocessParams.shape
      ? { ...params.preprocess, labelKey }
      : params.preprocess;
  const start = performance.now();
  await model.preprocess(data, { ...preprocess, ...run });
  const prepared = performance.now();
  const before = process.cpuUsage();
  await model.fit(data, { ...params.fit, labelKey, ...run });
  const fitted = performance.now();
  const { user, system } = process.cpuUsage(before);
  return {
    model,
    query: joined === undefined ? query : joined.data.subset({ obs: joined.queryRows }),
    seconds: {
      preprocess: (prepared - start) / 1000,
      fit: (fitted - prepared) / 1000,
      fitCpu: (user + system) / 1e6,
    },
  };
}

/** What a fitted model says of its query; `truth` is a column of the query as it was given. */
export async function answersOf(
  { model, query }: FittedModel,
  given: AnnData,
  truth: string | undefined,
  run: RunOptions,
): Promise<Answers> {
  const { labels, probabilities } = await model.label(query, run);
  return {
    ...{ classes: model.classes, truth: trueLabels(given, truth), probabilities },
    prediction: labels,
  };
}

/** The labels of a column; null for cells without one, or where there is no column. */
export function trueLabels(data: AnnData, key: string | undefined): (string | null)[] {
  if (key === undefined) return data.obsNames.map(() => null);
  const { codes, categories } = data.labels(key);
  return Array.from(codes, (code) => (code < 0 ? null : String(categories[code])));
}
