import { linearSumAssignment } from '@dance-ts/ml';
import { contingency, type Labels } from './contingency.js';

/**
 * Clustering accuracy: share of the samples that agree under the best one-to-one matching of
 * clusters to classes (Kuhn's Hungarian assignment).
 *
 * @throws DataError if the partitions differ in length or are empty
 */
export function clusteringAccuracy(truth: Labels, prediction: Labels): number {
  const { counts, n } = contingency(truth, prediction);
  return linearSumAssignment(counts, { maximize: true }).total / n;
}

/**
 * Purity: share of the samples in the largest class of their cluster; grows with the number of
 * clusters.
 *
 * @throws DataError if the partitions differ in length or are empty
 */
export function purity(truth: Labels, prediction: Labels): number {
  const { counts, columnSums, n } = contingency(truth, prediction);
  let hits = 0;
  columnSums.forEach((_, j) => {
    hits += counts.reduce((largest, row) => Math.max(largest, row[j]!), 0);
  });
  return hits / n;
}
