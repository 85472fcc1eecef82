import {
  classCounts,
  confusionMatrix,
  type ClassCounts,
  type ClassLabels,
  type ConfusionMatrix,
} from './confusion.js';

/** Precision, recall and F1. */
export interface PrecisionRecallF1 {
  /** Right answers over answers. */
  readonly precision: number;
  /** Right answers over cells of the class. */
  readonly recall: number;
  /** Harmonic mean of both. */
  readonly f1: number;
}

/** Scores of one class. */
export interface ClassScores extends PrecisionRecallF1 {
  readonly label: number | string;
  /** Cells of the class in the truth. */
  readonly support: number;
}

/**
 * How the classes are averaged: each the same (`macro`), each by its cells (`weighted`), or cells
 * pooled (`micro`).
 */
export type ClassAverage = 'macro' | 'micro' | 'weighted';

/**
 * Precision, recall and F1 of each class seen in truth or prediction, in the order of
 * `confusionMatrix`; what is undefined (a class never predicted, or without a cell) counts as 0.
 *
 * @throws DataError if the labelings differ in length or are empty
 */
export function classScores(truth: ClassLabels, prediction: ClassLabels): ClassScores[] {
  const confusion = confusionMatrix(truth, prediction);
  const counts = classCounts(confusion);
  return confusion.labels.map((label, i) => ({
    label,
    support: counts.support[i]!,
    ...ratios(counts.hits[i]!, counts.predicted[i]!, counts.support[i]!),
  }));
}

/**
 * Averaged precision, recall and F1. The macro mean runs over all classes seen in truth or
 * prediction. 0 where no cell has a label.
 *
 * @throws DataError if the labelings differ in length or are empty
 */
export function precisionRecallF1(
  truth: ClassLabels,
  prediction: ClassLabels,
  average: ClassAverage = 'macro',
): PrecisionRecallF1 {
  if (average === 'micro') return pooled(confusionMatrix(truth, prediction));
  const scores = classScores(truth, prediction);
  const mean = { precision: 0, recall: 0, f1: 0 };
  let weights = 0;
  for (const { precision, recall, f1, support } of scores) {
    const weight = average === 'macro' ? 1 : support;
    weights += weight;
    mean.precision += weight * precision;
    mean.recall += weight * recall;
    mean.f1 += weight * f1;
  }
  const divisor = weights === 0 ? 1 : weights;
  return {
    precision: mean.precision / divisor,
    recall: mean.recall / divisor,
    f1: mean.f1 / divisor,
  };
}

/**
 * F1 averaged over classes, by default their plain mean; see `precisionRecallF1`.
 *
 * @throws DataError if the labelings differ in length or are empty
 */
export function f1Score(
  truth: ClassLabels,
  prediction: ClassLabels,
  average: ClassAverage = 'macro',
): number {
  return precisionRecallF1(truth, prediction, average).f1;
}

function pooled(confusion: ConfusionMatrix): PrecisionRecallF1 {
  const counts: ClassCounts = classCounts(confusion);
  const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
  return ratios(sum(counts.hits), sum(counts.predicted), sum(counts.support));
}

function ratios(hits: number, predicted: number, support: number): PrecisionRecallF1 {
  return {
    precision: predicted === 0 ? 0 : hits / predicted,
    recall: support === 0 ? 0 : hits / support,
    f1: predicted + support === 0 ? 0 : (2 * hits) / (predicted + support),
  };
}
