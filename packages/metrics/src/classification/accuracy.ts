import { checkLabels, classCounts, confusionMatrix, type ClassLabels } from './confusion.js';

/**
 * Share of the cells whose label is right; a cell without a true or predicted label is wrong.
 *
 * @throws DataError if the labelings differ in length or are empty
 */
export function accuracy(truth: ClassLabels, prediction: ClassLabels): number {
  checkLabels(truth, prediction);
  let hits = 0;
  for (let s = 0; s < truth.length; s++) {
    if (truth[s] !== null && truth[s] === prediction[s]) hits += 1;
  }
  return hits / truth.length;
}

/**
 * Mean recall over the classes of the truth; NaN if no cell has a true class.
 *
 * @throws DataError if the labelings differ in length or are empty
 */
export function balancedAccuracy(truth: ClassLabels, prediction: ClassLabels): number {
  const { hits, support } = classCounts(confusionMatrix(truth, prediction));
  let sum = 0;
  let classes = 0;
  support.forEach((cells, i) => {
    if (cells === 0) return;
    sum += hits[i]! / cells;
    classes += 1;
  });
  return classes === 0 ? NaN : sum / classes;
}

/**
 * Cohen's kappa (1960): agreement beyond that expected from the class frequencies, 1 if perfect;
 * NaN if all cells have one same label on both sides.
 *
 * @throws DataError if the labelings differ in length or are empty
 */
export function cohenKappa(truth: ClassLabels, prediction: ClassLabels): number {
  const confusion = confusionMatrix(truth, prediction);
  const { hits, support, predicted } = classCounts(confusion);
  const { n } = confusion;
  const expected = support.reduce((sum, cells, i) => sum + cells * predicted[i]!, 0) / (n * n);
  return expected === 1 ? NaN : (total(hits) / n - expected) / (1 - expected);
}

/**
 * Matthews correlation coefficient for any number of classes (Gorodkin, 2004); 0 if one side has a
 * single class. Cells without a label form a class that never agrees.
 *
 * @throws DataError if the labelings differ in length or are empty
 */
export function matthewsCorrelation(truth: ClassLabels, prediction: ClassLabels): number {
  const confusion = confusionMatrix(truth, prediction);
  const { hits, support, predicted } = classCounts(confusion);
  const { n } = confusion;
  const squares = (counts: Float64Array): number => {
    const none = n - total(counts);
    return counts.reduce((sum, count) => sum + count * count, none * none);
  };
  const covariance =
    total(hits) * n - support.reduce((sum, cells, i) => sum + cells * predicted[i]!, 0);
  const spread = Math.sqrt(n * n - squares(support)) * Math.sqrt(n * n - squares(predicted));
  return spread === 0 ? 0 : covariance / spread;
}

function total(counts: Float64Array): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
