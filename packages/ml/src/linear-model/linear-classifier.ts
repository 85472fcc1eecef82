import { DenseMatrix, type Bundle, type Json, type Matrix } from '@dance-ts/core';
import { argmaxClasses, toClassColumns } from '../supervised/class-columns.js';
import { checkState, stateArray, stateSize } from '../supervised/state.js';
import { checkNewData, fitted } from '../supervised/training-set.js';
import { linearScores, type LinearFunction } from './linear-scores.js';
import { bothClasses } from './probabilities.js';

/** Fitted linear functions of a classifier. */
export interface LinearFit extends LinearFunction {
  /** Label codes that occurred in training, ascending. */
  readonly classes: Int32Array;
  readonly nClasses: number;
  readonly nIter: number;
  readonly converged: boolean;
}

/**
 * What linear classifiers share once they are fitted: one linear function a class, or a single one
 * for two classes (positive for the second). Columns of results are label codes; those of codes
 * that did not occur in training hold -Infinity (scores) or 0 (probabilities).
 */
export abstract class LinearClassifier {
  protected linear: LinearFit | undefined;
  protected abstract readonly owner: string;

  /**
   * [classes.length or 1, nFeatures] coefficients.
   *
   * @throws NotFittedError
   */
  get coef(): DenseMatrix {
    const { coef, intercept } = this.requireFit();
    return new DenseMatrix(intercept.length, coef.length / intercept.length, coef);
  }

  /** [classes.length or 1] intercepts. */
  get intercept(): Float64Array {
    return this.requireFit().intercept;
  }

  /** Label codes that occurred in training, ascending; rows of {@link coef} where more than two. */
  get classes(): Int32Array {
    return this.requireFit().classes;
  }

  /** Number of label codes, and of columns of scores and probabilities. */
  get nClasses(): number {
    return this.requireFit().nClasses;
  }

  /** Iterations of the solver. */
  get nIter(): number {
    return this.requireFit().nIter;
  }

  /** Whether the solver met its tolerance. */
  get converged(): boolean {
    return this.requireFit().converged;
  }

  /**
   * Scores of the classes; with two classes -s and s.
   *
   * @param X - [n, nFeatures]
   * @returns [n, nClasses]
   * @throws NotFittedError; DataError if X does not fit
   */
  async decisionFunction(X: Matrix): Promise<DenseMatrix> {
    const { classes, nClasses } = this.requireFit();
    return toClassColumns(await this.scores(X), classes, nClasses, -Infinity);
  }

  /**
   * Label code with the highest score of each row; of equal ones the lowest.
   *
   * @throws NotFittedError; DataError if X does not fit
   */
  async predict(X: Matrix): Promise<Int32Array> {
    return argmaxClasses(await this.scores(X), this.requireFit().classes);
  }

  /** Facts and arrays from which `fromState` makes the same classifier. */
  toState(): Bundle {
    const { coef, intercept, classes, nClasses, nIter, converged } = this.requireFit();
    const facts = {
      estimator: this.owner,
      options: this.optionFacts(),
      nClasses,
      nIter,
      converged,
    };
    const nFeatures = coef.length / intercept.length;
    return {
      facts,
      tensors: new Map([
        ['coef', { shape: [intercept.length, nFeatures], data: coef.slice() }],
        ['intercept', { shape: [intercept.length], data: intercept.slice() }],
        ['classes', { shape: [classes.length], data: classes.slice() }],
      ]),
    };
  }

  /** Constructor options as JSON. */
  protected abstract optionFacts(): Json;

  /** The fitted part; throws NotFittedError before. */
  protected requireFit(): LinearFit {
    return fitted(this.owner, this.linear);
  }

  /** Fitted part of a saved state. */
  protected restore(state: Bundle): void {
    checkState(this.owner, state);
    this.linear = {
      coef: stateArray(state, 'coef', Float32Array),
      intercept: stateArray(state, 'intercept', Float64Array),
      classes: stateArray(state, 'classes', Int32Array),
      nClasses: stateSize(state, 'nClasses'),
      nIter: stateSize(state, 'nIter'),
      converged: state.facts.converged === true,
    };
  }

  /** [n * classes.length] scores of the classes that occurred. */
  protected async scores(X: Matrix): Promise<Float32Array> {
    const fit = this.requireFit();
    checkNewData(this.owner, X, fit.coef.length / fit.intercept.length);
    const scores = await linearScores(X, fit);
    return fit.intercept.length === 1 ? bothClasses(scores) : scores;
  }
}
