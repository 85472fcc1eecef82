import { contingency, type Contingency, type Labels } from './contingency.js';

/**
 * Adjusted Rand index (Hubert & Arabie, 1985): agreement on pairs, 0 expected by chance, 1 for
 * equal partitions; can be negative.
 *
 * @throws DataError if the partitions differ in length or are empty
 */
export function adjustedRandIndex(truth: Labels, prediction: Labels): number {
  const { together, inTruth, inPrediction, all } = pairCounts(contingency(truth, prediction));
  if (all === 0) return 1;
  const expected = (inTruth * inPrediction) / all;
  const largest = (inTruth + inPrediction) / 2;
  return largest === expected ? 1 : (together - expected) / (largest - expected);
}

/**
 * Rand index (Rand, 1971): share of the pairs on which two partitions agree.
 *
 * @throws DataError if the partitions differ in length or are empty
 */
export function randIndex(truth: Labels, prediction: Labels): number {
  const { together, inTruth, inPrediction, all } = pairCounts(contingency(truth, prediction));
  return all === 0 ? 1 : (all + 2 * together - inTruth - inPrediction) / all;
}

/**
 * Fowlkes-Mallows index (1983): geometric mean of pairwise precision and recall; 0 if no pair is
 * together in both.
 *
 * @throws DataError if the partitions differ in length or are empty
 */
export function fowlkesMallows(truth: Labels, prediction: Labels): number {
  const { together, inTruth, inPrediction } = pairCounts(contingency(truth, prediction));
  return together === 0 ? 0 : together / Math.sqrt(inTruth * inPrediction);
}

/** Pairs of samples that share a label: in both partitions, in each, and all pairs. */
function pairCounts(table: Contingency): {
  together: number;
  inTruth: number;
  inPrediction: number;
  all: number;
} {
  const pairs = (count: number): number => (count * (count - 1)) / 2;
  const sum = (counts: Float64Array): number =>
    counts.reduce((total, count) => total + pairs(count), 0);
  return {
    together: table.counts.reduce((total, row) => total + sum(row), 0),
    inTruth: sum(table.rowSums),
    inPrediction: sum(table.columnSums),
    all: pairs(table.n),
  };
}
