import { DataError, NotFittedError, type Matrix, type RunOptions } from '@dance-ts/core';
import type { ClassWeight } from './options.js';

/** Options of every classifier's `fit`. */
export interface ClassifierFitOptions extends RunOptions {
  /** [n] weights >= 0 of the rows; default 1. */
  readonly sampleWeight?: ArrayLike<number> | undefined;
  /** Number of label codes; default the largest code + 1. Codes may be absent from `y`. */
  readonly nClasses?: number | undefined;
}

/** Labels and weights that were checked. */
export interface TrainingSet {
  readonly nClasses: number;
  /** The codes that occur in y, ascending. */
  readonly classes: Int32Array;
  /** [n] place of each row's label in `classes`. */
  readonly places: Int32Array;
  /** [n] weight of each row. */
  readonly weight: Float64Array;
}

/**
 * Checks what a classifier is trained on.
 *
 * @param owner - name of the estimator, for messages
 * @throws DataError for an empty or non-finite X, labels that do not fit, fewer than two classes,
 *   or weights that are not numbers >= 0
 */
export function checkTrainingSet(
  owner: string,
  X: Matrix,
  y: Int32Array,
  options: ClassifierFitOptions,
): TrainingSet {
  checkMatrix(owner, X);
  checkLength(owner, 'labels', y.length, X.nRows);
  const lowest = y.reduce((least, code) => Math.min(least, code), 0);
  const largest = y.reduce((most, code) => Math.max(most, code), 0);
  const nClasses = options.nClasses ?? largest + 1;
  if (lowest < 0 || largest >= nClasses) {
    throw new DataError(`${owner}: a label is not a class code`, {
      got: String(lowest < 0 ? lowest : largest),
      expected: `integers from 0 to ${nClasses - 1}`,
      remedy: 'Leave out cells without a label.',
    });
  }
  const counts = new Int32Array(nClasses);
  for (const code of y) counts[code]! += 1;
  const classes = Int32Array.from(counts.keys()).filter((code) => counts[code]! > 0);
  if (classes.length < 2) {
    throw new DataError(`${owner}: too few classes`, {
      got: `${classes.length} in ${y.length} labels`,
      expected: 'at least 2',
    });
  }
  const placeOf = new Int32Array(nClasses);
  classes.forEach((code, place) => (placeOf[code] = place));
  const places = y.map((code) => placeOf[code]!);
  return { nClasses, classes, places, weight: checkWeights(owner, options.sampleWeight, X.nRows) };
}

/**
 * Row weights as Float64, ones by default.
 *
 * @throws DataError unless there is one number >= 0 a row and one of them is above 0
 */
export function checkWeights(
  owner: string,
  sampleWeight: ArrayLike<number> | undefined,
  nRows: number,
): Float64Array {
  if (sampleWeight === undefined) return new Float64Array(nRows).fill(1);
  checkLength(owner, 'sample weights', sampleWeight.length, nRows);
  const weight = Float64Array.from(sampleWeight);
  const bad = weight.find((value) => !(value >= 0 && value < Infinity));
  if (bad !== undefined || weight.every((value) => value === 0)) {
    throw new DataError(`${owner}: sample weights`, {
      got: bad === undefined ? 'zeros only' : String(bad),
      expected: 'finite numbers >= 0, at least one above 0',
    });
  }
  return weight;
}

/**
 * Refuses a matrix without rows or columns or with a NaN or infinite value.
 *
 * @throws DataError
 */
export function checkMatrix(owner: string, X: Matrix): void {
  if (X.nRows === 0 || X.nCols === 0) {
    throw new DataError(`${owner}: X is empty`, { got: `${X.nRows} x ${X.nCols}` });
  }
  const { data } = X;
  for (let e = 0; e < data.length; e++) {
    if (!Number.isFinite(data[e]!)) {
      throw new DataError(`${owner}: X holds a value that is not finite`, {
        got: String(data[e]),
        remedy: 'Remove or impute missing values first.',
      });
    }
  }
}

/**
 * Checks data to predict against what was fitted.
 *
 * @throws DataError if X has another number of columns or a value that is not finite
 */
export function checkNewData(owner: string, X: Matrix, nFeatures: number): void {
  if (X.nCols !== nFeatures) {
    throw new DataError(`${owner}: X has other columns than at fit`, {
      got: `${X.nCols} columns`,
      expected: `${nFeatures}`,
      remedy: 'Give the features of the training data in the same order.',
    });
  }
  if (X.nRows > 0) checkMatrix(owner, X);
}

/**
 * The fitted part of an estimator.
 *
 * @throws NotFittedError if there is none yet
 */
export function fitted<T>(owner: string, part: T | undefined): T {
  if (part !== undefined) return part;
  throw new NotFittedError(`${owner} is not fitted`, { remedy: 'Call fit first.' });
}

/**
 * Weight of each class that occurs: n / (number of classes x count) for 'balanced'.
 *
 * @returns [classes.length]
 * @throws DataError if a list of weights has another length than there are codes
 */
export function classWeights(owner: string, option: ClassWeight, set: TrainingSet): Float64Array {
  const { classes, places, nClasses } = set;
  if (option === null) return new Float64Array(classes.length).fill(1);
  if (option === 'balanced') {
    const counts = new Float64Array(classes.length);
    for (const place of places) counts[place]! += 1;
    return counts.map((count) => places.length / (classes.length * count));
  }
  checkLength(owner, 'class weights', option.length, nClasses);
  return Float64Array.from(classes, (code) => option[code]!);
}

function checkLength(owner: string, what: string, length: number, expected: number): void {
  if (length === expected) return;
  throw new DataError(`${owner}: number of ${what}`, {
    got: String(length),
    expected: `${expected}, one ${what === 'class weights' ? 'a class code' : 'a row of X'}`,
  });
}
