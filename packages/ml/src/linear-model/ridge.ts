import {
  DataError,
  DenseMatrix,
  Pacer,
  type Bundle,
  type Matrix,
  type RunOptions,
} from '@dance-ts/core';
import { checkNumber } from '../supervised/options.js';
import { checkState, stateArray, stateOptions } from '../supervised/state.js';
import { checkMatrix, checkNewData, checkWeights, fitted } from '../supervised/training-set.js';
import { solveCholesky } from './cholesky.js';
import { linearScores, type LinearFunction } from './linear-scores.js';

/** Options of {@link Ridge}. */
export interface RidgeOptions {
  /** Factor of the squared norm of the coefficients, default 1. */
  readonly alpha?: number;
  readonly fitIntercept?: boolean;
}

/** Options of `Ridge.fit`. */
export interface RidgeFitOptions extends RunOptions {
  /** [n] weights >= 0 of the rows; default 1. */
  readonly sampleWeight?: ArrayLike<number> | undefined;
}

const OWNER = 'Ridge';

/**
 * Ridge regression in closed form: minimizes |y - X w - b|^2 + alpha |w|^2 through the normal
 * equations in float64. Takes nFeatures^2 x 8 bytes; the intercept is not penalized.
 */
export class Ridge {
  readonly options: Required<RidgeOptions>;
  private linear: LinearFunction | undefined;

  /** @throws ParamError for an option out of range */
  constructor(options: RidgeOptions = {}) {
    this.options = {
      alpha: checkNumber(`${OWNER}: alpha`, options.alpha ?? 1, { min: 0 }),
      fitIntercept: options.fitIntercept ?? true,
    };
  }

  /** A regression from the result of `toState`; throws FormatError if it is something else. */
  static fromState(state: Bundle): Ridge {
    checkState(OWNER, state);
    const model = new Ridge(stateOptions(state));
    model.linear = {
      coef: stateArray(state, 'coef', Float32Array),
      intercept: stateArray(state, 'intercept', Float64Array),
    };
    return model;
  }

  /**
   * Fits the coefficients.
   *
   * @param X - [n, p]
   * @param y - [n, nTargets]
   * @throws DataError if the data cannot be used or, with alpha 0, features depend on each other;
   *   AbortError
   */
  async fit(X: Matrix, y: DenseMatrix, options: RidgeFitOptions = {}): Promise<this> {
    checkMatrix(OWNER, X);
    checkMatrix(`${OWNER}: targets`, y);
    if (y.nRows !== X.nRows) {
      throw new DataError(`${OWNER}: number of targets`, {
        got: `${y.nRows}`,
        expected: `${X.nRows}, one a row of X`,
      });
    }
    const weight = checkWeights(OWNER, options.sampleWeight, X.nRows);
    const { alpha, fitIntercept } = this.options;
    const [p, k] = [X.nCols, y.nCols];
    const meanX = fitIntercept ? weightedMean(X, weight) : new Float64Array(p);
    const meanY = fitIntercept ? weightedMean(y, weight) : new Float64Array(k);
    const pacer = new Pacer(options.signal);
    const gram = new Float64Array(p * p);
    const right = new Float64Array(p * k);
    const row = new Float64Array(p);
    for (let i = 0; i < X.nRows; i++) {
      await pacer.tick();
      for (let j = 0; j < p; j++) row[j] = -meanX[j]!;
      addRow(X, i, row);
      addProducts(row, y.row(i), meanY, weight[i]!, gram, right);
    }
    for (let j = 0; j < p; j++) gram[j * p + j]! += alpha;
    solveCholesky(gram, right, p, k);
    const intercept = meanY.slice();
    const coef = new Float32Array(k * p);
    for (let j = 0; j < p; j++) {
      for (let c = 0; c < k; c++) {
        coef[c * p + j] = right[j * k + c]!;
        intercept[c]! -= meanX[j]! * right[j * k + c]!;
      }
    }
    this.linear = { coef, intercept };
    return this;
  }

  /**
   * Predicted targets.
   *
   * @param X - [n, nFeatures]
   * @returns [n, nTargets]
   * @throws NotFittedError; DataError if X does not fit
   */
  async predict(X: Matrix): Promise<DenseMatrix> {
    const linear = fitted(OWNER, this.linear);
    const k = linear.intercept.length;
    checkNewData(OWNER, X, linear.coef.length / k);
    return new DenseMatrix(X.nRows, k, await linearScores(X, linear));
  }

  /** [nTargets, nFeatures] */
  get coef(): DenseMatrix {
    const { coef, intercept } = fitted(OWNER, this.linear);
    return new DenseMatrix(intercept.length, coef.length / intercept.length, coef);
  }

  /** [nTargets] */
  get intercept(): Float64Array {
    return fitted(OWNER, this.linear).intercept;
  }

  /** Facts and arrays from which `fromState` makes the same regression. */
  toState(): Bundle {
    const { coef, intercept } = this;
    return {
      facts: { estimator: OWNER, options: { ...this.options } },
      tensors: new Map([
        ['coef', { shape: coef.shape, data: coef.data.slice() }],
        ['intercept', { shape: [intercept.length], data: intercept.slice() }],
      ]),
    };
  }
}

function addRow(X: Matrix, i: number, row: Float64Array, factor = 1): void {
  if (X.kind === 'dense') {
    const values = X.row(i);
    for (let j = 0; j < values.length; j++) row[j]! += factor * values[j]!;
    return;
  }
  const { indices, data } = X.row(i);
  for (let e = 0; e < indices.length; e++) row[indices[e]!]! += factor * data[e]!;
}

function weightedMean(X: Matrix, weight: Float64Array): Float64Array {
  const sums = new Float64Array(X.nCols);
  for (let i = 0; i < X.nRows; i++) addRow(X, i, sums, weight[i]);
  const total = weight.reduce((sum, value) => sum + value, 0);
  return sums.map((sum) => sum / total);
}

/** Adds weight x row row^T (lower triangle) and weight x row (target - mean)^T. */
function addProducts(
  row: Float64Array,
  target: Float32Array,
  meanY: Float64Array,
  weight: number,
  gram: Float64Array,
  right: Float64Array,
): void {
  const [p, k] = [row.length, target.length];
  for (let j = 0; j < p; j++) {
    const factor = weight * row[j]!;
    if (factor === 0) continue;
    for (let m = 0; m <= j; m++) gram[j * p + m]! += factor * row[m]!;
    for (let c = 0; c < k; c++) right[j * k + c]! += factor * (target[c]! - meanY[c]!);
  }
}
