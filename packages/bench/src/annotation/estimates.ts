import { Rng } from '@dance-ts/core';
import { accuracy, bootstrapInterval, precisionRecallF1, rocAuc } from '@dance-ts/metrics';
import { meanAndSd } from '../result.js';
import type { StoredAnswers } from './cell-result.js';

/** A score of some cells of the query, which may repeat. */
export type CellScore = (answers: StoredAnswers, cells: readonly number[]) => number;

/** A score over seeds. */
export interface Estimate {
  readonly mean: number;
  /** Sample standard deviation over seeds; 0 for one seed. */
  readonly sd: number;
  /** 95 % percentile bootstrap interval, over cells, of the mean over seeds. */
  readonly low: number;
  readonly high: number;
}

/** Cells with a true label. */
export function knownCells({ truth }: StoredAnswers): number[] {
  return Array.from(truth.keys()).filter((i) => truth[i]! >= 0);
}

/** Share of the cells that are given their label; NaN of no cells. */
export const accuracyOf: CellScore = ({ truth, prediction }, cells) =>
  cells.length === 0
    ? NaN
    : accuracy(
        cells.map((i) => truth[i]!),
        cells.map((i) => prediction[i]!),
      );

/** F1, mean over classes. */
export const macroF1Of: CellScore = ({ truth, prediction }, cells) =>
  precisionRecallF1(
    cells.map((i) => truth[i]!),
    cells.map((i) => prediction[i]!),
    'macro',
  ).f1;

/** Accuracy over the cells of other classes than these. */
export function accuracyWithout(names: ReadonlySet<string>): CellScore {
  return (answers, cells) =>
    accuracyOf(
      answers,
      cells.filter((i) => !names.has(trueName(answers, i))),
    );
}

/** Area under the ROC curve of confidence: cells of other classes against cells of these. */
export function rejectionOf(names: ReadonlySet<string>): CellScore {
  return (answers, cells) =>
    rocAuc(
      cells.map((i) => !names.has(trueName(answers, i))),
      cells.map((i) => answers.confidence[i]!),
    );
}

/** Name of the true label of a cell that has one. */
export function trueName({ labels, truth }: StoredAnswers, cell: number): string {
  return labels[truth[cell]!]!;
}

/**
 * A score of the answers of each seed, with its interval.
 *
 * @param answers - of the same cells, by seed
 * @returns undefined without answers
 */
export async function estimateOf(
  answers: readonly StoredAnswers[],
  score: CellScore,
): Promise<Estimate | undefined> {
  const [first] = answers;
  if (first === undefined) return undefined;
  const cells = answers.map(knownCells);
  const bySeed = answers.map((one, s) => score(one, cells[s]!));
  const { low, high } = await bootstrapInterval(
    cells[0]!.length,
    (where) => {
      const scores = answers.map((one, s) =>
        score(
          one,
          Array.from(where, (i) => cells[s]![i]!),
        ),
      );
      return meanAndSd(scores).mean;
    },
    { rng: Rng.fromSeed(0).fork('bootstrap') },
  );
  return { ...meanAndSd(bySeed), low, high };
}

/** Whether none of our scores is below the interval of the peer's; undefined without a peer. */
export function isAsGood(
  own: readonly (Estimate | undefined)[],
  peer: readonly (Estimate | undefined)[],
): boolean | undefined {
  if ([...own, ...peer].includes(undefined)) return undefined;
  return own.every((score, i) => (score?.mean ?? NaN) >= (peer[i]?.low ?? NaN));
}
