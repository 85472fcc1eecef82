import { DataError } from '@dance-ts/core';
import { linearSumAssignment } from '@dance-ts/ml';
import { checkLabels } from '../classification/confusion.js';
import { contingency, type Labels } from './contingency.js';

/** Gradients of one loss: the values of each weight tensor, null where the loss does not reach it. */
export type Gradients = readonly (ArrayLike<number> | null)[];

/**
 * Cosine of the angle between two gradients, all tensors taken as one long vector; a missing tensor
 * counts as zeros, and a gradient of zero gives 0.
 *
 * As diagnostics of self-supervised clustering (Mrabah, Amar, Bouguessa & Diallo, AAAI 2023): with
 * the gradients of the pseudo-supervised loss and of the same loss with true labels as its target
 * (see `labelsAsClusters`) this is the feature randomness FR, higher is less random; with those of
 * the pseudo-supervised and the self-supervised loss it is the feature drift FD, higher is less
 * drift. FR needs labels, so it is no criterion for choosing a model.
 *
 * @throws DataError if the tensors of both differ in number or length
 */
export function gradientCosine(a: Gradients, b: Gradients): number {
  if (a.length !== b.length) {
    throw new DataError('gradients of different weights', {
      got: `${a.length} and ${b.length} tensors`,
    });
  }
  let [aa, bb, ab] = [0, 0, 0];
  a.forEach((first, t) => {
    const second = b[t] ?? null;
    if (first !== null && second !== null && first.length !== second.length) {
      throw new DataError(`gradients of different weights: tensor ${t}`, {
        got: `${first.length} and ${second.length} values`,
      });
    }
    const length = Math.max(first?.length ?? 0, second?.length ?? 0);
    for (let e = 0; e < length; e++) {
      const x = first?.[e] ?? 0;
      const y = second?.[e] ?? 0;
      aa += x * x;
      bb += y * y;
      ab += x * y;
    }
  });
  const scale = Math.sqrt(aa) * Math.sqrt(bb);
  return scale === 0 ? 0 : Math.max(-1, Math.min(1, ab / scale));
}

/**
 * True labels in the names of the clusters that match them best (Hungarian assignment), for
 * `gradientCosine` and for scores that need one vocabulary.
 *
 * @returns [nCells], the cluster matched to the cell's label; null where there are more labels than
 * clusters and its label got none
 * @throws DataError if the partitions differ in length or are empty
 */
export function labelsAsClusters(truth: Labels, prediction: Labels): (number | string | null)[] {
  checkLabels(truth, prediction);
  const { counts } = contingency(truth, prediction);
  const { rows, columns } = linearSumAssignment(counts, { maximize: true });
  const labels = Array.from(new Set(Array.from(truth)));
  const clusters = Array.from(new Set(Array.from(prediction)));
  const matched = new Map(Array.from(rows, (row, p) => [labels[row], clusters[columns[p]!]!]));
  return Array.from(truth, (label) => matched.get(label) ?? null);
}
