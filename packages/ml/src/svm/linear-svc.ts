import { Pacer, Rng, type Bundle, type Json, type Matrix } from '@dance-ts/core';
import { LinearClassifier } from '../linear-model/linear-classifier.js';
import { checkClassWeight, checkNumber, type ClassWeight } from '../supervised/options.js';
import { stateOptions } from '../supervised/state.js';
import {
  checkTrainingSet,
  classWeights,
  type ClassifierFitOptions,
} from '../supervised/training-set.js';

/** Options of {@link LinearSVC}, with scikit-learn's defaults. */
export interface LinearSVCOptions {
  /** Factor of the summed squared hinge loss, default 1. */
  readonly C?: number;
  /** Default null. With more than two classes it weighs a class where it is not the rest. */
  readonly classWeight?: ClassWeight;
  /** Stop when the largest and the smallest projected gradient differ by less. Default 1e-4. */
  readonly tol?: number;
  /** Most passes over the rows for a class, default 1000. */
  readonly maxIter?: number;
  readonly fitIntercept?: boolean;
  /** Seed of the order of rows; each class has its own stream. Default 0. */
  readonly seed?: number;
}

const OWNER = 'LinearSVC';

/** A class against the rest. */
interface BinaryProblem {
  readonly X: Matrix;
  /** [n] +1 or -1 */
  readonly sign: Int8Array;
  /** [n] C of each row; rows of 0 are left out. */
  readonly cost: Float64Array;
}

/**
 * Linear support vector machine with squared hinge loss, one class against the rest, by dual
 * coordinate descent (Hsieh et al., ICML 2008) as in LIBLINEAR: minimizes half the squared norm
 * of weights and intercept + C x summed loss. Like there, the intercept is penalized.
 */
export class LinearSVC extends LinearClassifier {
  protected readonly owner = OWNER;
  readonly options: Required<LinearSVCOptions>;

  /** @throws ParamError for an option out of range */
  constructor(options: LinearSVCOptions = {}) {
    super();
    this.options = {
      C: checkNumber(`${OWNER}: C`, options.C ?? 1, { above: 0 }),
      classWeight: checkClassWeight(`${OWNER}: classWeight`, options.classWeight ?? null),
      tol: checkNumber(`${OWNER}: tol`, options.tol ?? 1e-4, { above: 0 }),
      maxIter: checkNumber(`${OWNER}: maxIter`, options.maxIter ?? 1000, { min: 1, integer: true }),
      fitIntercept: options.fitIntercept ?? true,
      seed: checkNumber(`${OWNER}: seed`, options.seed ?? 0, { integer: true }),
    };
  }

  /** A classifier from the result of `toState`; throws FormatError if it is something else. */
  static fromState(state: Bundle): LinearSVC {
    const model = new LinearSVC(stateOptions(state));
    model.restore(state);
    return model;
  }

  /**
   * Fits the coefficients.
   *
   * @param X - [n, p]
   * @param y - [n] label codes
   * @throws DataError if the data cannot be used; AbortError
   */
  async fit(X: Matrix, y: Int32Array, options: ClassifierFitOptions = {}): Promise<this> {
    const set = checkTrainingSet(OWNER, X, y, options);
    const { classes, nClasses, places } = set;
    const { C, classWeight, seed } = this.options;
    const ofClass = classWeights(OWNER, classWeight, set);
    const targets = classes.length === 2 ? [1] : Array.from(classes.keys());
    const coef = new Float32Array(targets.length * X.nCols);
    const intercept = new Float64Array(targets.length);
    const pacer = new Pacer(options.signal);
    let nIter = 0;
    let converged = true;
    for (const [row, target] of targets.entries()) {
      const sign = Int8Array.from(places, (place) => (place === target ? 1 : -1));
      const rest = targets.length === 1 ? ofClass[0]! : 1;
      const cost = set.weight.map((own, i) => C * own * (sign[i]! > 0 ? ofClass[target]! : rest));
      const rng = Rng.fromSeed(seed).fork(`class-${target}`);
      const result = await this.fitBinary({ X, sign, cost }, rng, pacer);
      coef.set(result.w.subarray(0, X.nCols), row * X.nCols);
      intercept[row] = result.w[X.nCols]!;
      nIter = Math.max(nIter, result.nIter);
      converged &&= result.converged;
      const progress = { task: `${OWNER}: class`, done: row + 1, total: targets.length };
      options.reporter?.progress(progress);
    }
    if (!converged) {
      options.reporter?.message('warning', `${OWNER} reached maxIter before it met tol`);
    }
    this.linear = { coef, intercept, classes, nClasses, nIter, converged };
    return this;
  }

  protected optionFacts(): Json {
    return { ...this.options };
  }

  private async fitBinary({ X, sign, cost }: BinaryProblem, rng: Rng, pacer: Pacer) {
    const { tol, maxIter, fitIntercept } = this.options;
    const bias = fitIntercept ? 1 : 0;
    const w = new Float64Array(X.nCols + 1);
    const alpha = new Float64Array(X.nRows);
    const order = Int32Array.from(sign.keys()).filter((i) => cost[i]! > 0);
    const squares = rowSquares(X);
    const ticksEvery = Math.max(1, Math.floor(2e6 / X.nCols));
    for (let pass = 0; pass < maxIter; pass++) {
      rng.shuffle(order);
      let most = -Infinity;
      let least = Infinity;
      for (const [position, i] of order.entries()) {
        if (position % ticksEvery === 0) await pacer.tick();
        // The squared hinge loss adds 1 / (2 C) to the diagonal of the dual problem.
        const ridge = 0.5 / cost[i]!;
        const score = rowDot(X, i, w) + bias * w[X.nCols]!;
        const gradient = sign[i]! * score - 1 + ridge * alpha[i]!;
        const projected = alpha[i] === 0 ? Math.min(0, gradient) : gradient;
        most = Math.max(most, projected);
        least = Math.min(least, projected);
        if (projected === 0) continue;
        const before = alpha[i]!;
        alpha[i] = Math.max(0, before - gradient / (squares[i]! + bias + ridge));
        addRow(X, i, (alpha[i] - before) * sign[i]!, bias, w);
      }
      if (most - least <= tol) return { w, nIter: pass + 1, converged: true };
    }
    return { w, nIter: maxIter, converged: false };
  }
}

function rowSquares(X: Matrix): Float64Array {
  return Float64Array.from({ length: X.nRows }, (_, i) => {
    const values = X.kind === 'csr' ? X.row(i).data : X.row(i);
    let sum = 0;
    for (const value of values) sum += value * value;
    return sum;
  });
}

/** x_i.w without the intercept. */
function rowDot(X: Matrix, i: number, w: Float64Array): number {
  let sum = 0;
  if (X.kind === 'dense') {
    const from = i * X.nCols;
    for (let j = 0; j < X.nCols; j++) sum += X.data[from + j]! * w[j]!;
  } else {
    const { indptr, indices, data } = X;
    for (let e = indptr[i]!; e < indptr[i + 1]!; e++) sum += data[e]! * w[indices[e]!]!;
  }
  return sum;
}

/** w += factor x (x_i, bias). */
function addRow(X: Matrix, i: number, factor: number, bias: number, w: Float64Array): void {
  if (X.kind === 'dense') {
    const from = i * X.nCols;
    for (let j = 0; j < X.nCols; j++) w[j]! += factor * X.data[from + j]!;
  } else {
    const { indptr, indices, data } = X;
    for (let e = indptr[i]!; e < indptr[i + 1]!; e++) w[indices[e]!]! += factor * data[e]!;
  }
  w[X.nCols]! += factor * bias;
}
