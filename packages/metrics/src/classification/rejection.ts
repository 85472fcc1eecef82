import { checkLabels, type ClassLabels } from './confusion.js';
import { checkScores } from './ranking.js';

/** What is gained by leaving out the cells a classifier is least sure of. */
export interface RiskCoverage {
  /** Smallest confidence that is still answered, descending, one a point. */
  readonly threshold: Float64Array;
  /** Share of the cells answered at that threshold. */
  readonly coverage: Float64Array;
  /** Share of wrong answers among them. */
  readonly risk: Float64Array;
  /** Area under the curve: mean risk over coverages 1/n, 2/n, ..., 1. Lower is better. */
  readonly area: number;
  /** Area above that of a confidence which puts all right answers first. */
  readonly excessArea: number;
}

/**
 * Risk-coverage curve of a classifier that may decline (El-Yaniv & Wiener, 2010; areas as Geifman,
 * Uziel & El-Yaniv, 2019), one point for each distinct confidence. Within cells of equal confidence
 * the errors are spread evenly, so the area does not depend on the order of cells.
 *
 * @param correct - true or not 0 where the answer is right
 * @param confidence - higher for an answer the model is surer of
 * @throws DataError if the lengths differ or a confidence is NaN
 */
export function riskCoverage(
  correct: ArrayLike<number | boolean>,
  confidence: ArrayLike<number>,
): RiskCoverage {
  checkScores(correct, confidence);
  const n = confidence.length;
  const order = Int32Array.from({ length: n }, (_, i) => i).sort(
    (a, b) => confidence[b]! - confidence[a]! || a - b,
  );
  const threshold: number[] = [];
  const coverage: number[] = [];
  const risk: number[] = [];
  let area = 0;
  let errors = 0;
  for (let start = 0; start < n;) {
    const value = confidence[order[start]!]!;
    let end = start;
    let wrong = 0;
    while (end < n && confidence[order[end]!] === value) {
      wrong += Number(!correct[order[end]!]);
      end += 1;
    }
    for (let answered = start + 1; answered <= end; answered++) {
      area += (errors + (wrong * (answered - start)) / (end - start)) / answered / n;
    }
    errors += wrong;
    threshold.push(value);
    coverage.push(end / n);
    risk.push(errors / end);
    start = end;
  }
  return {
    threshold: Float64Array.from(threshold),
    coverage: Float64Array.from(coverage),
    risk: Float64Array.from(risk),
    area: n === 0 ? NaN : area,
    excessArea: n === 0 ? NaN : area - bestArea(errors, n),
  };
}

/** Area of the curve when all errors come last. */
function bestArea(errors: number, n: number): number {
  let area = 0;
  for (let wrong = 1; wrong <= errors; wrong++) area += wrong / (n - errors + wrong) / n;
  return area;
}

/** Cells for which a classifier gave an answer. */
export interface AnsweredCells {
  readonly truth: (number | string | null)[];
  readonly prediction: (number | string)[];
  /** Share of all cells. */
  readonly coverage: number;
}

/**
 * Leaves out the cells a classifier declines (null), which every score counts as wrong otherwise;
 * what is scored then belongs beside its coverage.
 *
 * @throws DataError if the labelings differ in length or are empty
 */
export function answeredOnly(truth: ClassLabels, prediction: ClassLabels): AnsweredCells {
  checkLabels(truth, prediction);
  const kept: AnsweredCells = { truth: [], prediction: [], coverage: 0 };
  for (let s = 0; s < truth.length; s++) {
    const answer = prediction[s] ?? null;
    if (answer === null) continue;
    kept.truth.push(truth[s] ?? null);
    kept.prediction.push(answer);
  }
  return { ...kept, coverage: kept.truth.length / truth.length };
}
