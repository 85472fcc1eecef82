import { DataError } from '@dance-ts/core';

/** Names of classes; null stands for none: no accepted class, or a model that declines. */
export type ClassLabels = ArrayLike<number | string | null>;

/** Counts of cells by true and predicted class. */
export interface ConfusionMatrix {
  /** Classes seen in truth or prediction: numbers ascending, then texts in code point order. */
  readonly labels: readonly (number | string)[];
  /** Cells of true class i (rows) predicted as class j (columns). */
  readonly counts: readonly Float64Array[];
  /** Cells of each true class without a prediction. */
  readonly declined: Float64Array;
  /** Cells of each predicted class without a true class. */
  readonly unmapped: Float64Array;
  /** Number of cells, those with neither included. */
  readonly n: number;
}

/**
 * Confusion matrix of two labelings.
 *
 * @throws DataError if they differ in length or are empty
 */
export function confusionMatrix(truth: ClassLabels, prediction: ClassLabels): ConfusionMatrix {
  checkLabels(truth, prediction);
  const labels = classesOf(truth, prediction);
  const index = new Map(labels.map((label, i) => [label, i]));
  const counts = labels.map(() => new Float64Array(labels.length));
  const declined = new Float64Array(labels.length);
  const unmapped = new Float64Array(labels.length);
  for (let s = 0; s < truth.length; s++) {
    const i = indexOf(index, truth[s] ?? null);
    const j = indexOf(index, prediction[s] ?? null);
    if (i >= 0 && j >= 0) counts[i]![j]! += 1;
    else if (i >= 0) declined[i]! += 1;
    else if (j >= 0) unmapped[j]! += 1;
  }
  return { labels, counts, declined, unmapped, n: truth.length };
}

/** Right answers, cells and answers of each class of a confusion matrix. */
export interface ClassCounts {
  /** Cells predicted right, [nClasses]. */
  readonly hits: Float64Array;
  /** Cells of the class, [nClasses]. */
  readonly support: Float64Array;
  /** Cells predicted as the class, [nClasses]. */
  readonly predicted: Float64Array;
}

/** Totals of each class. */
export function classCounts({ counts, declined, unmapped }: ConfusionMatrix): ClassCounts {
  const hits = Float64Array.from(counts, (row, i) => row[i]!);
  const support = declined.slice();
  const predicted = unmapped.slice();
  counts.forEach((row, i) => {
    row.forEach((count, j) => {
      support[i]! += count;
      predicted[j]! += count;
    });
  });
  return { hits, support, predicted };
}

/** @throws DataError if the labelings differ in length or are empty */
export function checkLabels(truth: ArrayLike<unknown>, prediction: ArrayLike<unknown>): void {
  if (truth.length === prediction.length && truth.length > 0) return;
  throw new DataError('labels must have the same length, at least 1', {
    got: `${truth.length} true and ${prediction.length} predicted labels`,
  });
}

function indexOf(index: Map<number | string, number>, label: number | string | null): number {
  return label === null ? -1 : (index.get(label) ?? -1);
}

function classesOf(...labelings: ClassLabels[]): (number | string)[] {
  const seen = new Set<number | string>();
  for (const labels of labelings) {
    for (let s = 0; s < labels.length; s++) {
      const label = labels[s] ?? null;
      if (label !== null) seen.add(label);
    }
  }
  return Array.from(seen).sort(compareClasses);
}

function compareClasses(a: number | string, b: number | string): number {
  if (typeof a === 'number') return typeof b === 'number' ? a - b : -1;
  if (typeof b === 'number') return 1;
  return a < b ? -1 : Number(a > b);
}
