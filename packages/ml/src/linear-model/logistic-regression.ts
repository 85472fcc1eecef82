import type { Bundle, DenseMatrix, Json, Matrix } from '@dance-ts/core';
import { getKernels } from '@dance-ts/kernels';
import { toClassColumns } from '../supervised/class-columns.js';
import {
  checkChoice,
  checkClassWeight,
  checkNumber,
  type ClassWeight,
} from '../supervised/options.js';
import { stateOptions } from '../supervised/state.js';
import { checkTrainingSet, classWeights, type TrainingSet } from '../supervised/training-set.js';
import { lbfgs, type LbfgsResult } from './lbfgs.js';
import { LinearClassifier } from './linear-classifier.js';
import { transposed } from './linear-scores.js';
import { logisticLoss, type LogisticProblem } from './logistic-loss.js';
import { sigmoidRows, softmaxRows } from './probabilities.js';
import { checkShift, type ShiftedFitOptions } from './shift.js';

/** Options of {@link LogisticRegression}, with scikit-learn's defaults. */
export interface LogisticRegressionOptions {
  /** Inverse strength of the L2 penalty: half the squared norm + C x summed loss. Default 1. */
  readonly C?: number;
  /** One softmax over the classes, or a separate logistic function for each. Default multinomial. */
  readonly multiClass?: 'multinomial' | 'ovr';
  /** Default null. 'balanced' under ovr balances each class against the rest. */
  readonly classWeight?: ClassWeight;
  readonly fitIntercept?: boolean;
  /** Stop when no entry of the gradient of (objective / (C x n)) is larger. Default 1e-4. */
  readonly tol?: number;
  /** Most iterations of L-BFGS, default 100. */
  readonly maxIter?: number;
}

const OWNER = 'LogisticRegression';

/**
 * Logistic regression with an L2 penalty, fitted by L-BFGS; intercepts are not penalized.
 *
 * Sparse matrices are never made dense. Features on very different scales slow the solver down:
 * standardize them first. Two classes share one logistic function whatever `multiClass` says.
 */
export class LogisticRegression extends LinearClassifier {
  protected readonly owner = OWNER;
  readonly options: Required<LogisticRegressionOptions>;

  /** @throws ParamError for an option out of range */
  constructor(options: LogisticRegressionOptions = {}) {
    super();
    this.options = {
      C: checkNumber(`${OWNER}: C`, options.C ?? 1, { above: 0 }),
      multiClass: checkChoice(`${OWNER}: multiClass`, options.multiClass ?? 'multinomial', [
        'multinomial',
        'ovr',
      ]),
      classWeight: checkClassWeight(`${OWNER}: classWeight`, options.classWeight ?? null),
      fitIntercept: options.fitIntercept ?? true,
      tol: checkNumber(`${OWNER}: tol`, options.tol ?? 1e-4, { above: 0 }),
      maxIter: checkNumber(`${OWNER}: maxIter`, options.maxIter ?? 100, { min: 1, integer: true }),
    };
  }

  /** A classifier from the result of `toState`; throws FormatError if it is something else. */
  static fromState(state: Bundle): LogisticRegression {
    const model = new LogisticRegression(stateOptions(state));
    model.restore(state);
    return model;
  }

  /**
   * Fits the coefficients. A fit that reaches `maxIter` is kept; see `converged`.
   *
   * @param X - [n, p]
   * @param y - [n] label codes
   * @throws DataError if the data cannot be used; AbortError
   */
  async fit(X: Matrix, y: Int32Array, options: ShiftedFitOptions = {}): Promise<this> {
    const { multiClass, C, fitIntercept, tol, maxIter } = this.options;
    const set = checkTrainingSet(OWNER, X, y, options);
    const k = set.classes.length === 2 ? 1 : set.classes.length;
    const link = k > 1 && multiClass === 'multinomial' ? 'softmax' : 'logistic';
    const weight = this.scoreWeights(set, k, link);
    const penalty = 1 / (C * X.nRows);
    const shift = checkShift(OWNER, X, options.shift);
    const target = set.places;
    const problem = { X, target, k, link, weight, penalty, fitIntercept, shift } as const;
    const solve = link === 'logistic' && k > 1 ? this.solveEach : this.solve;
    const { theta, nIter, converged } = await solve(problem, tol, maxIter, options);
    if (!converged) {
      options.reporter?.message(
        'warning',
        `${OWNER} stopped after ${nIter} iterations before it met tol; standardize the features or raise maxIter`,
      );
    }
    const nCoef = X.nCols * k;
    const coef = transposed(Float32Array.from(theta.subarray(0, nCoef)), X.nCols);
    const intercept = theta.slice(nCoef);
    const { classes, nClasses } = set;
    this.linear = { coef, intercept, classes, nClasses, nIter, converged };
    return this;
  }

  /**
   * Probabilities of the classes: softmax of the scores, or under ovr their logistic functions
   * scaled to sum 1.
   *
   * @param X - [n, nFeatures]
   * @returns [n, nClasses]
   * @throws NotFittedError; DataError if X does not fit
   */
  async predictProba(X: Matrix): Promise<DenseMatrix> {
    const { classes, nClasses } = this.requireFit();
    const k = classes.length;
    const link = k > 2 && this.options.multiClass === 'multinomial' ? softmaxRows : sigmoidRows;
    return toClassColumns(link(await this.scores(X), k), classes, nClasses, 0);
  }

  protected optionFacts(): Json {
    return { ...this.options };
  }

  /**
   * Each class against the rest by itself, as scikit-learn does it: a joint descent would stop with
   * the slowest class, and where classes are separable the stop is part of the result.
   */
  private readonly solveEach = async (
    problem: LogisticProblem,
    tol: number,
    maxIter: number,
    options: ShiftedFitOptions,
  ): Promise<Omit<LbfgsResult, 'value'>> => {
    const { k, X } = problem;
    const theta = new Float64Array((X.nCols + 1) * k);
    const fits: LbfgsResult[] = [];
    for (let c = 0; c < k; c++) {
      const target = problem.target.map((place) => (place === c ? 1 : 0));
      const weight = Float64Array.from(target, (_, i) => problem.weight[i * k + c]!);
      const fit = await this.solve({ ...problem, k: 1, target, weight }, tol, maxIter, options);
      fit.theta.forEach((value, j) => (theta[j * k + c] = value));
      fits.push(fit);
    }
    return {
      theta,
      nIter: fits.reduce((most, fit) => Math.max(most, fit.nIter), 0),
      converged: fits.every((fit) => fit.converged),
    };
  };

  private readonly solve = async (
    problem: LogisticProblem,
    tol: number,
    maxIter: number,
    { signal, reporter }: ShiftedFitOptions,
  ): Promise<LbfgsResult> => {
    const objective = logisticLoss(problem, await getKernels(), signal);
    const start = new Float64Array((problem.X.nCols + 1) * problem.k);
    const onIteration = (done: number, loss: number): void => {
      reporter?.progress({ task: `${OWNER}: iteration`, done, total: maxIter, values: { loss } });
    };
    return lbfgs(objective, start, { tol, maxIter, onIteration });
  };

  /** [n * k] sample weight x class weight. */
  private scoreWeights(set: TrainingSet, k: number, link: LogisticProblem['link']): Float64Array {
    const { places, weight, classes } = set;
    const { classWeight } = this.options;
    const n = places.length;
    if (link === 'softmax' || k === 1 || classWeight !== 'balanced') {
      const ofClass = classWeights(OWNER, classWeight, set);
      return Float64Array.from({ length: n * k }, (_, e) => {
        const i = Math.floor(e / k);
        return weight[i]! * ofClass[places[i]!]!;
      });
    }
    const counts = new Float64Array(classes.length);
    for (const place of places) counts[place]! += 1;
    return Float64Array.from({ length: n * k }, (_, e) => {
      const i = Math.floor(e / k);
      const own = counts[e % k]!;
      return (weight[i]! * n) / (2 * (places[i] === e % k ? own : n - own));
    });
  }
}
