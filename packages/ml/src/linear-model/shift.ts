import { DataError, type Matrix } from '@dance-ts/core';
import type { ClassifierFitOptions } from '../supervised/training-set.js';

/** Options of `fit` of linear classifiers. */
export interface ShiftedFitOptions extends ClassifierFitOptions {
  /**
   * [p] values added to every row of X: features that are sparse but for a constant each, such as
   * standardized counts, need not be made dense. Coefficients and intercepts are those of the
   * shifted rows; scores and predictions take shifted rows as well.
   */
  readonly shift?: Float64Array | undefined;
}

/**
 * The shift of the rows, if there is one.
 *
 * @throws DataError unless it has a finite number for each column
 */
export function checkShift(
  owner: string,
  X: Matrix,
  shift: Float64Array | undefined,
): Float64Array | undefined {
  if (shift === undefined) return undefined;
  if (shift.length === X.nCols && shift.every(Number.isFinite)) return shift;
  throw new DataError(`${owner}: shift`, {
    got: `${shift.length} values`,
    expected: `${X.nCols} finite numbers, one a column of X`,
  });
}
