import { DataError } from '@dance-ts/core';
import { checkLabels, type ClassLabels } from './confusion.js';

/** Which classes a label of the query counts as: several where the reference is finer. */
export type LabelMap = ReadonlyMap<number | string, readonly (number | string)[]>;

/** Options of {@link resolveTruth}. */
export interface ResolveOptions {
  /** Classes of the reference; a true label among them stands for itself. */
  readonly classes: readonly (number | string)[];
  /** What the other labels count as. */
  readonly map?: LabelMap;
}

/**
 * The true classes of query cells in the vocabulary of a reference, so that any accepted class
 * counts as right. A label that is a class stands for itself; another one for the classes the map
 * gives. Of several accepted classes the predicted one is taken, or the first if the prediction is
 * none of them; a label that stands for nothing gives null, which every metric counts as wrong.
 *
 * @returns [nCells]
 * @throws DataError if the labelings differ in length or are empty
 */
export function resolveTruth(
  truth: ClassLabels,
  prediction: ClassLabels,
  { classes, map = new Map() }: ResolveOptions,
): (number | string | null)[] {
  checkLabels(truth, prediction);
  const known = new Set(classes);
  return Array.from({ length: truth.length }, (_, s) => {
    const label = truth[s] ?? null;
    if (label === null || known.has(label)) return label;
    const accepted = (map.get(label) ?? []).filter((name) => known.has(name));
    const predicted = prediction[s] ?? null;
    return predicted !== null && accepted.includes(predicted) ? predicted : (accepted[0] ?? null);
  });
}

/**
 * Accuracy against accepted classes: the share of the cells whose predicted class is marked. A cell
 * with no mark is always wrong, and so is a prediction below 0 (declined).
 *
 * @param accepted - [nCells, nClasses], not 0 where the class is accepted
 * @param prediction - index of the predicted class of each cell
 * @throws DataError if the lengths differ, are 0, or a class does not exist
 */
export function multiLabelAccuracy(
  accepted: { readonly nRows: number; readonly nCols: number; get(i: number, j: number): number },
  prediction: ArrayLike<number>,
): number {
  const { nRows, nCols } = accepted;
  if (nRows !== prediction.length || nRows === 0) {
    throw new DataError('accepted classes and predictions must have the same length, at least 1', {
      got: `${nRows} and ${prediction.length}`,
    });
  }
  let hits = 0;
  for (let i = 0; i < nRows; i++) {
    const j = prediction[i]!;
    if (!(Number.isInteger(j) && j < nCols)) {
      throw new DataError(`cell ${i} is predicted as a class that does not exist`, {
        got: String(j),
        expected: `an integer below ${nCols}`,
      });
    }
    if (j >= 0 && accepted.get(i, j) !== 0) hits += 1;
  }
  return hits / nRows;
}
