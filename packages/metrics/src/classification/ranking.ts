import { DataError } from '@dance-ts/core';

/** Items of equal score: how many are positive, how many not. */
export interface ScoreGroup {
  readonly positives: number;
  readonly negatives: number;
}

/**
 * Area under the ROC curve: chance that a positive scores above a negative, ties counted half; NaN
 * if either is missing.
 *
 * @param truth - true or not 0 for a positive
 * @param scores - higher for a positive
 * @throws DataError if the lengths differ or a score is NaN
 */
export function rocAuc(truth: ArrayLike<number | boolean>, scores: ArrayLike<number>): number {
  return rocAucOfGroups(scoreGroups(truth, scores));
}

/**
 * Average precision: precision at each distinct threshold, weighted by the recall it adds (no
 * interpolation); NaN without a positive.
 *
 * @param truth - true or not 0 for a positive
 * @param scores - higher for a positive
 * @throws DataError if the lengths differ or a score is NaN
 */
export function averagePrecision(
  truth: ArrayLike<number | boolean>,
  scores: ArrayLike<number>,
): number {
  return averagePrecisionOfGroups(scoreGroups(truth, scores));
}

/** Area under the ROC curve of items grouped by score, best first. */
export function rocAucOfGroups(groups: readonly ScoreGroup[]): number {
  let positives = 0;
  let negatives = 0;
  let ordered = 0;
  for (const group of groups) {
    ordered += group.negatives * (positives + group.positives / 2);
    positives += group.positives;
    negatives += group.negatives;
  }
  return positives === 0 || negatives === 0 ? NaN : ordered / (positives * negatives);
}

/** Average precision of items grouped by score, best first. */
export function averagePrecisionOfGroups(groups: readonly ScoreGroup[]): number {
  let positives = 0;
  let seen = 0;
  let sum = 0;
  for (const group of groups) {
    positives += group.positives;
    seen += group.positives + group.negatives;
    if (group.positives > 0) sum += group.positives * (positives / seen);
  }
  return positives === 0 ? NaN : sum / positives;
}

/**
 * Items grouped by equal score, best first.
 *
 * @throws DataError if the lengths differ or a score is NaN
 */
export function scoreGroups(
  truth: ArrayLike<number | boolean>,
  scores: ArrayLike<number>,
): ScoreGroup[] {
  checkScores(truth, scores);
  const order = Int32Array.from({ length: scores.length }, (_, i) => i).sort(
    (a, b) => scores[b]! - scores[a]! || a - b,
  );
  const groups: ScoreGroup[] = [];
  for (let start = 0; start < order.length;) {
    let end = start;
    let positives = 0;
    while (end < order.length && scores[order[end]!] === scores[order[start]!]) {
      positives += Number(Boolean(truth[order[end]!]));
      end += 1;
    }
    groups.push({ positives, negatives: end - start - positives });
    start = end;
  }
  return groups;
}

/** @throws DataError if the lengths differ or a score is NaN */
export function checkScores(truth: ArrayLike<unknown>, scores: ArrayLike<number>): void {
  if (truth.length !== scores.length) {
    throw new DataError('truth and scores differ in length', {
      got: `${truth.length} and ${scores.length}`,
    });
  }
  for (let i = 0; i < scores.length; i++) {
    if (Number.isNaN(scores[i])) throw new DataError('a score is NaN', { got: `item ${i}` });
  }
}
