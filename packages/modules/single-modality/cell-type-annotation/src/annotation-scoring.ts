import {
  DataError,
  DenseMatrix,
  type AnnData,
  type RunOptions,
  type ScoreOptions,
} from '@dance-ts/core';
import {
  classificationMetric,
  classificationMetrics,
  classScores,
  confusionMatrix,
  probabilityMetric,
  probabilityMetrics,
  resolveTruth,
  type ClassScores,
  type ConfusionMatrix,
  type LabelMap,
} from '@dance-ts/metrics';
import { labelColumn } from './labelled-cells.js';
import { argmaxOfRows, type Classified } from './query-blocks.js';

/** Options of `predict`. */
export interface AnnotationOptions extends RunOptions {
  /** Cells whose largest probability is below this stay unassigned; the model's rule if left out. */
  readonly unassignedBelow?: number;
}

/** What an unassigned cell counts as in a score: its most likely label, wrong, or left out. */
export type UnassignedRule = 'argmax' | 'wrong' | 'ignore';

/** Options of `score`. */
export interface AnnotationScoreOptions extends ScoreOptions, AnnotationOptions {
  /** Default 'argmax'. */
  readonly unassigned?: UnassignedRule;
  /** Which labels of the reference a label of the query may be called; itself if left out. */
  readonly labelMap?: LabelMap;
}

/** Scores in detail. */
export interface AnnotationReport {
  readonly confusion: ConfusionMatrix;
  /** Precision, recall, F1 and number of cells of each class. */
  readonly classes: readonly ClassScores[];
  /** Share of the cells that got a label. */
  readonly coverage: number;
}

/** Cells with a true label, ready for the metrics. */
export interface ScoredCells {
  /** True class; null where the reference has no such class. */
  readonly truth: readonly (string | number | null)[];
  readonly prediction: readonly (string | null)[];
  readonly classes: readonly string[];
  readonly probabilities: DenseMatrix;
  readonly coverage: number;
}

/**
 * Puts the cells that have a true label beside what was said of them.
 *
 * @throws ParamError if no label column is named; DataError if no cell has a label
 */
export function scoredCells(
  query: AnnData,
  said: {
    readonly classified: Classified;
    readonly labels: readonly (string | null)[];
    readonly classes: readonly string[];
  },
  options: AnnotationScoreOptions,
): ScoredCells {
  const { unassigned = 'argmax', labelMap, truth: truthKey } = options;
  const { codes, categories } = query.labels(labelColumn(query, truthKey, 'truth'));
  const { classes, classified, labels } = said;
  const known = Array.from(codes.keys()).filter((i) => codes[i]! >= 0);
  const cells = unassigned === 'ignore' ? known.filter((i) => labels[i] !== null) : known;
  if (cells.length === 0) {
    throw new DataError(
      known.length === 0 ? 'no cell has a label to score against' : 'every cell is unassigned',
      { remedy: 'Name another column with { truth }, or lower { unassignedBelow }.' },
    );
  }
  const best = unassigned === 'argmax' ? argmaxOfRows(classified.probabilities) : undefined;
  const prediction = cells.map((i) => labels[i] ?? (best ? classes[best[i]!]! : null));
  const truth = cells.map((i) => String(categories[codes[i]!]));
  const map = labelMap === undefined ? {} : { map: labelMap };
  return {
    truth: resolveTruth(truth, prediction, { classes, ...map }),
    prediction,
    classes,
    probabilities: classified.probabilities.selectRows(cells),
    coverage: known.filter((i) => labels[i] !== null).length / known.length,
  };
}

/**
 * A metric of labels or of probabilities by name.
 *
 * @throws ParamError if there is none of this name
 */
export function annotationMetric(name: string): (cells: ScoredCells) => number {
  if (probabilityMetrics.some((metric) => metric.name === name)) {
    const { compute } = probabilityMetric(name);
    return (cells) => compute(cells.truth, cells);
  }
  const { compute } = classificationMetric(name);
  return ({ truth, prediction }) => compute(truth, prediction);
}

/** Every metric of the task by name. */
export function allScores(cells: ScoredCells): Record<string, number> {
  const names = [...classificationMetrics, ...probabilityMetrics].map(({ name }) => name);
  return Object.fromEntries(names.map((name) => [name, annotationMetric(name)(cells)]));
}

/** Confusion matrix and the scores of each class. */
export function detailedScores({ truth, prediction, coverage }: ScoredCells): AnnotationReport {
  return {
    confusion: confusionMatrix(truth, prediction),
    classes: classScores(truth, prediction),
    coverage,
  };
}
