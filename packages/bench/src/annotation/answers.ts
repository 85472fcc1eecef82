import { DataError, DenseMatrix } from '@dance-ts/core';
import {
  classificationMetrics,
  probabilityMetrics,
  resolveTruth,
  type LabelMap,
} from '@dance-ts/metrics';

/** What was said of the query cells, beside what is true. */
export interface Answers {
  /** Classes of the reference, in the order of the probability columns. */
  readonly classes: readonly string[];
  /** [nCells] true label; null where the cell has none. */
  readonly truth: readonly (string | null)[];
  /** [nCells] label given; null where the model declined. */
  readonly prediction: readonly (string | null)[];
  /** [nCells, nClasses] */
  readonly probabilities: DenseMatrix;
}

/** Answers about several queries together; a class that one of them lacks has probability 0 there. */
export function pooledAnswers(parts: readonly Answers[]): Answers {
  const classes = [...new Set(parts.flatMap((part) => part.classes))].sort();
  const columnOf = new Map(classes.map((name, column) => [name, column]));
  const nCells = parts.reduce((sum, { truth }) => sum + truth.length, 0);
  const probabilities = DenseMatrix.zeros(nCells, classes.length);
  let start = 0;
  for (const part of parts) {
    for (let i = 0; i < part.truth.length; i++) {
      const row = probabilities.row(start + i);
      part.probabilities.row(i).forEach((p, c) => (row[columnOf.get(part.classes[c]!) ?? 0] = p));
    }
    start += part.truth.length;
  }
  return {
    classes,
    truth: parts.flatMap(({ truth }) => truth),
    prediction: parts.flatMap(({ prediction }) => prediction),
    probabilities,
  };
}

/**
 * Every metric of the task by name, over the cells that have a true label, and the share of them
 * that got a label (`coverage`). An unassigned cell counts as its most likely class.
 *
 * @param map - what labels that the reference lacks may be called; without an entry they are wrong
 * @throws DataError if no cell has a label
 */
export function answerScores(answers: Answers, map: LabelMap = new Map()): Record<string, number> {
  const { classes } = answers;
  const cells = Array.from(answers.truth.keys()).filter((i) => answers.truth[i] !== null);
  if (cells.length === 0) {
    throw new DataError('no cell of the query has a label to score against', {
      remedy: 'Name the column with --query-label-key.',
    });
  }
  const probabilities = answers.probabilities.selectRows(cells);
  const labelled = cells.map((i) => answers.truth[i]!);
  const labels = cells.map((i) => answers.prediction[i] ?? null);
  const prediction = labels.map((label, i) => label ?? mostLikely(probabilities.row(i), classes));
  const resolved = resolveTruth(labelled, prediction, { classes, map });
  const truth = labelled.map((label, i) => resolved[i] ?? label);
  const scores: Record<string, number> = {};
  for (const { name, compute } of classificationMetrics) scores[name] = compute(truth, prediction);
  for (const { name, compute } of probabilityMetrics) {
    scores[name] = compute(truth, { classes, probabilities });
  }
  scores['coverage'] = labels.filter((label) => label !== null).length / labels.length;
  return scores;
}

function mostLikely(row: Float32Array, classes: readonly string[]): string {
  let best = 0;
  row.forEach((p, c) => {
    if (p > row[best]!) best = c;
  });
  return classes[best]!;
}
