import { DataError } from '@dance-ts/core';

/** A partition: one label a sample; the labels are names, their values mean nothing. */
export type Labels = ArrayLike<number | string>;

/** Counts of samples by true and predicted label. */
export interface Contingency {
  /** n_ij, rows true labels, columns predicted ones; zeros included. */
  readonly counts: readonly Float64Array[];
  /** Samples of each true label. */
  readonly rowSums: Float64Array;
  /** Samples of each predicted label. */
  readonly columnSums: Float64Array;
  /** Number of samples. */
  readonly n: number;
}

/**
 * Contingency table of two partitions, labels in order of first appearance.
 *
 * @throws DataError if they differ in length or are empty
 */
export function contingency(truth: Labels, prediction: Labels): Contingency {
  if (truth.length !== prediction.length || truth.length === 0) {
    throw new DataError('partitions must have the same length, at least 1', {
      got: `${truth.length} true and ${prediction.length} predicted labels`,
    });
  }
  const rows = indexOf(truth);
  const columns = indexOf(prediction);
  const counts = Array.from({ length: rows.size }, () => new Float64Array(columns.size));
  const rowSums = new Float64Array(rows.size);
  const columnSums = new Float64Array(columns.size);
  for (let s = 0; s < truth.length; s++) {
    const i = rows.get(truth[s]!) ?? 0;
    const j = columns.get(prediction[s]!) ?? 0;
    counts[i]![j]! += 1;
    rowSums[i]! += 1;
    columnSums[j]! += 1;
  }
  return { counts, rowSums, columnSums, n: truth.length };
}

function indexOf(labels: Labels): Map<number | string, number> {
  const index = new Map<number | string, number>();
  for (let s = 0; s < labels.length; s++) {
    const label = labels[s]!;
    if (!index.has(label)) index.set(label, index.size);
  }
  return index;
}
