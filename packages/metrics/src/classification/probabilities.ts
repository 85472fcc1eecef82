import { DataError } from '@dance-ts/core';
import type { DenseValues } from '../regression/values.js';
import type { ClassLabels } from './confusion.js';
import { rocAuc } from './ranking.js';

/** Class probabilities of cells. */
export interface ClassProbabilities {
  /** Class names in the order of the columns. */
  readonly classes: readonly (number | string)[];
  /** [nCells, nClasses], finite; any scores that rank the classes will do where it is said. */
  readonly probabilities: DenseValues;
}

const SMALLEST_PROBABILITY = 2 ** -52;

/**
 * Mean of the one-versus-rest areas under the ROC curve over the classes that have both cells of
 * their own and others; NaN if there is none. Takes any scores.
 *
 * @throws DataError if the shapes do not fit
 */
export function rocAucOneVsRest(truth: ClassLabels, prediction: ClassProbabilities): number {
  const codes = classCodes(truth, prediction);
  const { classes, probabilities } = prediction;
  let sum = 0;
  let defined = 0;
  classes.forEach((_, c) => {
    const isClass = Array.from(codes, (code) => code === c);
    const area = rocAuc(
      isClass,
      Float64Array.from(codes, (__, i) => probabilities.data[i * classes.length + c]!),
    );
    if (Number.isNaN(area)) return;
    sum += area;
    defined += 1;
  });
  return defined === 0 ? NaN : sum / defined;
}

/**
 * Mean of -log p of the true class in nats, rows scaled to sum 1 and p kept within 2^-52 of 0 and
 * 1; a cell whose label is no class counts as p = 0.
 *
 * @throws DataError if the shapes do not fit
 */
export function logLoss(truth: ClassLabels, prediction: ClassProbabilities): number {
  const codes = classCodes(truth, prediction);
  const { data, nCols } = prediction.probabilities;
  let sum = 0;
  codes.forEach((code, i) => {
    let total = 0;
    for (let c = 0; c < nCols; c++) total += data[i * nCols + c]!;
    const p = code < 0 ? 0 : data[i * nCols + code]! / total;
    sum -= Math.log(Math.min(1 - SMALLEST_PROBABILITY, Math.max(SMALLEST_PROBABILITY, p)));
  });
  return sum / codes.length;
}

/**
 * Share of the cells whose true class is among the k best; of equal scores the earlier class comes
 * first. A cell whose label is no class is wrong. Takes any scores.
 *
 * @throws DataError if the shapes do not fit
 */
export function topKAccuracy(truth: ClassLabels, prediction: ClassProbabilities, k = 3): number {
  const codes = classCodes(truth, prediction);
  const { data, nCols } = prediction.probabilities;
  let hits = 0;
  codes.forEach((code, i) => {
    if (code < 0) return;
    const own = data[i * nCols + code]!;
    let before = 0;
    for (let c = 0; c < nCols; c++) {
      const other = data[i * nCols + c]!;
      if (other > own || (other === own && c < code)) before += 1;
    }
    if (before < k) hits += 1;
  });
  return hits / codes.length;
}

/** The best class of each cell: how sure the model is of it, and whether it is right. */
export interface TopAnswers {
  /** Largest probability of each cell, [nCells]. */
  readonly confidence: Float64Array;
  /** 1 where that class is the true one, [nCells]. */
  readonly correct: Uint8Array;
}

/**
 * Confidence and correctness of the best class of each cell; of equals the earlier one.
 *
 * @throws DataError if the shapes do not fit
 */
export function topAnswers(truth: ClassLabels, prediction: ClassProbabilities): TopAnswers {
  const codes = classCodes(truth, prediction);
  const { data, nCols } = prediction.probabilities;
  const confidence = new Float64Array(codes.length);
  const correct = new Uint8Array(codes.length);
  codes.forEach((code, i) => {
    let best = 0;
    for (let c = 1; c < nCols; c++) {
      if (data[i * nCols + c]! > data[i * nCols + best]!) best = c;
    }
    confidence[i] = data[i * nCols + best]!;
    correct[i] = Number(code === best);
  });
  return { confidence, correct };
}

/**
 * Expected calibration error (Naeini, Cooper & Hauskrecht, 2015): mean distance of accuracy and
 * confidence over equally wide bins of the confidence, weighted by their cells. A bin includes its
 * upper end.
 *
 * @param nBins - default 15, as Guo et al. (2017)
 * @throws DataError if the shapes do not fit
 */
export function expectedCalibrationError(
  truth: ClassLabels,
  prediction: ClassProbabilities,
  nBins = 15,
): number {
  const { confidence, correct } = topAnswers(truth, prediction);
  const gaps = new Float64Array(nBins);
  confidence.forEach((value, i) => {
    const bin = Math.min(nBins - 1, Math.max(0, Math.ceil(value * nBins) - 1));
    gaps[bin]! += correct[i]! - value;
  });
  return gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / confidence.length;
}

/** Column of each cell's true class, -1 where the label is no class. */
function classCodes(
  truth: ClassLabels,
  { classes, probabilities }: ClassProbabilities,
): Int32Array {
  const { nRows, nCols } = probabilities;
  if (nRows !== truth.length || nCols !== classes.length || nRows * nCols === 0) {
    throw new DataError('labels, classes and probabilities do not fit', {
      got: `${truth.length} labels, ${classes.length} classes and ${nRows} x ${nCols} probabilities`,
      expected: 'a row for each cell and a column for each class',
    });
  }
  for (let e = 0; e < nRows * nCols; e++) {
    if (!Number.isFinite(probabilities.data[e])) {
      throw new DataError('a probability is not finite', {
        got: `${probabilities.data[e]!} for cell ${Math.floor(e / nCols)}`,
      });
    }
  }
  const index = new Map(classes.map((name, c) => [name, c]));
  return Int32Array.from({ length: nRows }, (_, i) => {
    const label = truth[i] ?? null;
    return label === null ? -1 : (index.get(label) ?? -1);
  });
}
