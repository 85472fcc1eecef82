import { DataError, type CsrMatrix } from '@dance-ts/core';
import { linearSumAssignment } from '@dance-ts/ml';
import {
  averagePrecisionOfGroups,
  rocAucOfGroups,
  scoreGroups,
  type ScoreGroup,
} from '../classification/ranking.js';
import { rowReader, type DenseValues } from '../regression/values.js';

/** Weights of source cells x target cells; what a sparse one does not store is 0. */
export type PairWeights = CsrMatrix | DenseValues;

/**
 * Matching probability score of the Open Problems competition (Luecken et al., 2021): mean weight
 * of the right target after negative weights are set to 0 and each row is divided by its sum. A row
 * without weight adds 0; with one target a row it is the accuracy.
 *
 * @param truth - column of the right target of each source cell, [nSource]
 * @throws DataError if the lengths differ or a target does not exist
 */
export function matchingProbability(truth: ArrayLike<number>, weights: PairWeights): number {
  return meanOfRows(truth, weights, (row, target) => {
    const total = row.reduce((sum, weight) => sum + Math.max(0, weight), 0);
    return total === 0 ? 0 : Math.max(0, row[target]!) / total;
  });
}

/**
 * Share of the source cells whose right target is among the k of largest weight; of equal weights
 * the earlier target comes first, and a weight of 0 or less is no match.
 *
 * @param truth - column of the right target of each source cell, [nSource]
 * @throws DataError if the lengths differ or a target does not exist
 */
export function topKMatch(truth: ArrayLike<number>, weights: PairWeights, k = 1): number {
  return meanOfRows(truth, weights, (row, target) => {
    const own = row[target]!;
    if (!(own > 0)) return 0;
    let before = 0;
    row.forEach((weight, j) => {
      if (weight > own || (weight === own && j < target)) before += 1;
    });
    return Number(before < k);
  });
}

/**
 * Share of the source cells that get their right target in the one-to-one assignment of largest
 * total weight. O(n^3), with the weights as rows in memory.
 *
 * @param truth - column of the right target of each source cell, [nSource]
 * @throws DataError if the lengths differ or a target does not exist
 */
export function assignmentAccuracy(truth: ArrayLike<number>, weights: PairWeights): number {
  const rows: Float64Array[] = [];
  meanOfRows(truth, weights, (row) => rows.push(row.slice()));
  const { rows: sources, columns } = linearSumAssignment(rows, { maximize: true });
  let hits = 0;
  sources.forEach((source, p) => {
    if (truth[source] === columns[p]) hits += 1;
  });
  return hits / truth.length;
}

/**
 * Label transfer accuracy: each source cell takes the label with the largest summed weight of its
 * targets (of equals the one that comes first among the targets); share of the cells for which it
 * is their own. A row without weight is wrong.
 *
 * @param sourceLabels - true label of each source cell, [nSource]
 * @param targetLabels - label of each target cell, [nTarget]
 * @throws DataError if the lengths do not fit
 */
export function labelTransferAccuracy(
  sourceLabels: ArrayLike<number | string>,
  targetLabels: ArrayLike<number | string>,
  weights: PairWeights,
): number {
  checkLength(sourceLabels.length, weights.nRows, 'labels of source cells');
  checkLength(targetLabels.length, weights.nCols, 'labels of target cells');
  const read = rowReader(weights);
  const row = new Float64Array(weights.nCols);
  let hits = 0;
  for (let i = 0; i < weights.nRows; i++) {
    read(i, row);
    const votes = new Map<number | string, number>();
    row.forEach((weight, j) => {
      const label = targetLabels[j]!;
      if (weight > 0) votes.set(label, (votes.get(label) ?? 0) + weight);
    });
    const [winner] = Array.from(votes).reduce<readonly [number | string | null, number]>(
      (best, vote) => (vote[1] > best[1] ? vote : best),
      [null, 0],
    );
    if (winner === sourceLabels[i]) hits += 1;
  }
  return hits / weights.nRows;
}

/** Ranking of all pairs of cells by weight. */
export interface PairingRanking {
  /** Area under the ROC curve. */
  readonly auroc: number;
  /** Average precision; chance is 1 / nTarget. */
  readonly auprc: number;
}

/**
 * How well the weights rank the right pairs among all nSource x nTarget pairs; the pairs a sparse
 * matrix does not store are one tie at 0, never written out.
 *
 * @param truth - column of the right target of each source cell, [nSource]
 * @throws DataError if the lengths differ, a target does not exist or a weight is NaN
 */
export function pairingRanking(truth: ArrayLike<number>, weights: PairWeights): PairingRanking {
  checkTargets(truth, weights);
  const groups =
    weights.kind === 'csr' ? sparseGroups(truth, weights) : denseGroups(truth, weights);
  return { auroc: rocAucOfGroups(groups), auprc: averagePrecisionOfGroups(groups) };
}

function denseGroups(truth: ArrayLike<number>, { data, nCols }: DenseValues): ScoreGroup[] {
  const isPair = Array.from(data, (_, e) => truth[Math.floor(e / nCols)] === e % nCols);
  return scoreGroups(isPair, data);
}

function sparseGroups(truth: ArrayLike<number>, weights: CsrMatrix): ScoreGroup[] {
  const isPair: boolean[] = [];
  const stored: number[] = [];
  for (let i = 0; i < weights.nRows; i++) {
    const { indices, data } = weights.row(i);
    data.forEach((weight, e) => {
      if (weight === 0) return;
      stored.push(weight);
      isPair.push(indices[e] === truth[i]);
    });
  }
  const above = stored.map((weight) => weight > 0);
  const part = (wanted: boolean): ScoreGroup[] =>
    scoreGroups(
      isPair.filter((_, e) => above[e] === wanted),
      stored.filter((_, e) => above[e] === wanted),
    );
  const pairs = isPair.filter(Boolean).length;
  const positives = weights.nRows - pairs;
  const negatives = weights.nRows * (weights.nCols - 1) - (stored.length - pairs);
  return [...part(true), { positives, negatives }, ...part(false)];
}

function meanOfRows(
  truth: ArrayLike<number>,
  weights: PairWeights,
  score: (row: Float64Array, target: number) => number,
): number {
  checkTargets(truth, weights);
  const read = rowReader(weights);
  const row = new Float64Array(weights.nCols);
  let sum = 0;
  for (let i = 0; i < truth.length; i++) {
    read(i, row);
    sum += score(row, truth[i]!);
  }
  return sum / truth.length;
}

/** @throws DataError unless each row has a right target that exists */
export function checkTargets(truth: ArrayLike<number>, weights: PairWeights): void {
  checkLength(truth.length, weights.nRows, 'right targets');
  for (let i = 0; i < truth.length; i++) {
    const target = truth[i]!;
    if (!(Number.isInteger(target) && target >= 0 && target < weights.nCols)) {
      throw new DataError(`the right target of cell ${i} does not exist`, {
        got: String(target),
        expected: `0 to ${weights.nCols - 1}`,
      });
    }
  }
}

function checkLength(got: number, expected: number, what: string): void {
  if (got === expected && got > 0) return;
  throw new DataError(`${what} do not fit the weights`, {
    got: `${got}`,
    expected: `${expected}, at least 1`,
  });
}
