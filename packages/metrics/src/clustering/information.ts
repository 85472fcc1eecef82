import { contingency, type Contingency, type Labels } from './contingency.js';

/** How the two entropies are averaged. */
export type EntropyAverage = 'arithmetic' | 'geometric' | 'max' | 'min';

/** Options of the normalized scores. */
export interface InformationOptions {
  /** Default `arithmetic`. */
  readonly average?: EntropyAverage;
}

/**
 * Mutual information of two partitions in nats.
 *
 * @throws DataError if the partitions differ in length or are empty
 */
export function mutualInfo(truth: Labels, prediction: Labels): number {
  return informationOf(contingency(truth, prediction));
}

/**
 * Normalized mutual information: mutual information over the average of the entropies; 1 if both
 * partitions have a single cluster.
 *
 * @throws DataError if the partitions differ in length or are empty
 */
export function normalizedMutualInfo(
  truth: Labels,
  prediction: Labels,
  options: InformationOptions = {},
): number {
  const table = contingency(truth, prediction);
  if (isTrivial(table)) return 1;
  const information = informationOf(table);
  return information <= 0 ? 0 : information / averageEntropy(table, options.average);
}

/**
 * Adjusted mutual information (Vinh, Epps & Bailey, 2010): mutual information corrected for
 * chance under the permutation model.
 *
 * @throws DataError if the partitions differ in length or are empty
 */
export function adjustedMutualInfo(
  truth: Labels,
  prediction: Labels,
  options: InformationOptions = {},
): number {
  const table = contingency(truth, prediction);
  const { rowSums, columnSums, n } = table;
  const bothSingle = rowSums.length === 1 && columnSums.length === 1;
  const bothAlone = rowSums.length === n && columnSums.length === n;
  if (bothSingle || bothAlone) return 1;
  const expected = expectedInformation(table);
  const denominator = averageEntropy(table, options.average) - expected;
  // Keeps the sign when the denominator vanishes by rounding.
  const safe = denominator < 0 ? Math.min(denominator, -EPSILON) : Math.max(denominator, EPSILON);
  return (informationOf(table) - expected) / safe;
}

/**
 * Homogeneity (Rosenberg & Hirschberg, 2007): 1 if each cluster holds one class only.
 *
 * @throws DataError if the partitions differ in length or are empty
 */
export function homogeneity(truth: Labels, prediction: Labels): number {
  const table = contingency(truth, prediction);
  const entropy = entropyOf(table.rowSums, table.n);
  return entropy === 0 ? 1 : informationOf(table) / entropy;
}

/**
 * Completeness (Rosenberg & Hirschberg, 2007): 1 if each class lies in one cluster only.
 *
 * @throws DataError if the partitions differ in length or are empty
 */
export function completeness(truth: Labels, prediction: Labels): number {
  return homogeneity(prediction, truth);
}

/**
 * V-measure: harmonic mean of homogeneity and completeness, which is NMI with the arithmetic mean.
 *
 * @throws DataError if the partitions differ in length or are empty
 */
export function vMeasure(truth: Labels, prediction: Labels): number {
  const h = homogeneity(truth, prediction);
  const c = completeness(truth, prediction);
  return h + c === 0 ? 0 : (2 * h * c) / (h + c);
}

const EPSILON = 2 ** -52;

function isTrivial({ rowSums, columnSums }: Contingency): boolean {
  return rowSums.length === 1 && columnSums.length === 1;
}

function informationOf({ counts, rowSums, columnSums, n }: Contingency): number {
  let sum = 0;
  counts.forEach((row, i) => {
    row.forEach((count, j) => {
      if (count > 0) {
        sum += (count / n) * Math.log((n * count) / (rowSums[i]! * columnSums[j]!));
      }
    });
  });
  return Math.max(0, sum);
}

function entropyOf(sums: Float64Array, n: number): number {
  if (sums.length === 1) return 0;
  return sums.reduce((entropy, count) => entropy - (count / n) * Math.log(count / n), 0);
}

function averageEntropy(table: Contingency, average: EntropyAverage = 'arithmetic'): number {
  const a = entropyOf(table.rowSums, table.n);
  const b = entropyOf(table.columnSums, table.n);
  switch (average) {
    case 'arithmetic':
      return (a + b) / 2;
    case 'geometric':
      return Math.sqrt(a * b);
    case 'max':
      return Math.max(a, b);
    case 'min':
      return Math.min(a, b);
  }
}

/** Expected mutual information of partitions with these cluster sizes (hypergeometric). */
function expectedInformation({ rowSums, columnSums, n }: Contingency): number {
  const logFactorial = new Float64Array(n + 1);
  for (let i = 2; i <= n; i++) logFactorial[i] = logFactorial[i - 1]! + Math.log(i);
  const lf = (i: number): number => logFactorial[i]!;
  let expected = 0;
  for (const a of rowSums) {
    for (const b of columnSums) {
      const fixed = lf(a) + lf(b) + lf(n - a) + lf(n - b) - lf(n);
      for (let k = Math.max(1, a + b - n); k <= Math.min(a, b); k++) {
        const logProbability = fixed - lf(k) - lf(a - k) - lf(b - k) - lf(n - a - b + k);
        expected += (k / n) * Math.log((n * k) / (a * b)) * Math.exp(logProbability);
      }
    }
  }
  return expected;
}
