import {
  DataError,
  Pacer,
  ParamError,
  Rng,
  type Bundle,
  type DenseMatrix,
  type Json,
  type Matrix,
} from '@dance-ts/core';
import { toClassColumns } from '../supervised/class-columns.js';
import {
  checkChoice,
  checkClassWeight,
  checkNumber,
  type ClassWeight,
} from '../supervised/options.js';
import { stateOptions } from '../supervised/state.js';
import {
  checkMatrix,
  checkTrainingSet,
  checkWeights,
  classWeights,
} from '../supervised/training-set.js';
import { LinearClassifier } from './linear-classifier.js';
import { sigmoid, sigmoidRows } from './probabilities.js';
import { checkShift, type ShiftedFitOptions } from './shift.js';
import { SgdWeights } from './sgd-weights.js';

/** Options of {@link SGDClassifier}, with scikit-learn's defaults but for the loss. */
export interface SGDClassifierOptions {
  /** Logistic loss (default) or that of a linear support vector machine. */
  readonly loss?: 'log_loss' | 'hinge';
  /** Factor of half the squared norm of the coefficients, default 1e-4. */
  readonly alpha?: number;
  /** 'optimal' (default): 1 / (alpha (t0 + t)) with Bottou's t0; 'constant': eta0. */
  readonly learningRate?: 'optimal' | 'constant';
  /** Step length of 'constant', default 0.01. */
  readonly eta0?: number;
  /** Give the mean of the coefficients over all steps; default false. */
  readonly average?: boolean;
  /** Most epochs, default 1000. */
  readonly maxIter?: number;
  /** An epoch counts as idle unless its mean loss is this much below the best. Default 1e-3. */
  readonly tol?: number;
  /** Idle epochs in a row after which to stop, default 5. */
  readonly nIterNoChange?: number;
  /** New order of the rows in each epoch, default true. */
  readonly shuffle?: boolean;
  /** Default null. With more than two classes it weighs a class where it is not the rest. */
  readonly classWeight?: ClassWeight;
  /** Seed; each class has its own stream. Default 0. */
  readonly seed?: number;
}

const OWNER = 'SGDClassifier';
const MAX_SLOPE = 1e12;

/** A class against the rest. */
interface BinaryProblem {
  readonly X: Matrix;
  /** [n] +1 or -1 */
  readonly sign: Int8Array;
  /** [n] */
  readonly weight: Float64Array;
  readonly shift: Float64Array | undefined;
}

/** Where `partialFit` stands. */
interface Online {
  /** One linear function a class, or a single one for two classes. */
  readonly weights: readonly SgdWeights[];
  /** Order of the rows of each class's steps. */
  readonly streams: readonly Rng[];
  readonly nClasses: number;
  readonly nFeatures: number;
  /** Steps that every class has made. */
  steps: number;
}

/** Options of `partialFit`. */
export interface PartialFitOptions extends ShiftedFitOptions {
  /** Number of label codes of all batches together. */
  readonly nClasses: number;
}

/**
 * Linear classifier by stochastic gradient descent with an L2 penalty, one class against the rest.
 *
 * The steps are those of scikit-learn (Bottou, Neural Networks: Tricks of the Trade, 2012), its
 * order of rows is not. Intercepts of sparse and dense data learn at the same rate, so both give
 * the same result; scikit-learn slows them down for sparse data.
 */
export class SGDClassifier extends LinearClassifier {
  protected readonly owner = OWNER;
  readonly options: Required<SGDClassifierOptions>;
  private online: Online | undefined;

  /** @throws ParamError for an option out of range */
  constructor(options: SGDClassifierOptions = {}) {
    super();
    const above0 = { above: 0 };
    const count = { min: 1, integer: true };
    const { loss = 'log_loss', learningRate = 'optimal' } = options;
    this.options = {
      loss: checkChoice(`${OWNER}: loss`, loss, ['log_loss', 'hinge']),
      alpha: checkNumber(`${OWNER}: alpha`, options.alpha ?? 1e-4, above0),
      learningRate: checkChoice(`${OWNER}: learningRate`, learningRate, ['optimal', 'constant']),
      eta0: checkNumber(`${OWNER}: eta0`, options.eta0 ?? 0.01, above0),
      average: options.average ?? false,
      maxIter: checkNumber(`${OWNER}: maxIter`, options.maxIter ?? 1000, count),
      tol: checkNumber(`${OWNER}: tol`, options.tol ?? 1e-3, { min: 0 }),
      nIterNoChange: checkNumber(`${OWNER}: nIterNoChange`, options.nIterNoChange ?? 5, count),
      shuffle: options.shuffle ?? true,
      classWeight: checkClassWeight(`${OWNER}: classWeight`, options.classWeight ?? null),
      seed: checkNumber(`${OWNER}: seed`, options.seed ?? 0, { integer: true }),
    };
  }

  /** A classifier from the result of `toState`; throws FormatError if it is something else. */
  static fromState(state: Bundle): SGDClassifier {
    const model = new SGDClassifier(stateOptions(state));
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
  async fit(X: Matrix, y: Int32Array, options: ShiftedFitOptions = {}): Promise<this> {
    const set = checkTrainingSet(OWNER, X, y, options);
    this.online = undefined;
    const shift = checkShift(OWNER, X, options.shift);
    const { classes, nClasses, places } = set;
    const ofClass = classWeights(OWNER, this.options.classWeight, set);
    const targets = classes.length === 2 ? [1] : Array.from(classes.keys());
    const coef = new Float32Array(targets.length * X.nCols);
    const intercept = new Float64Array(targets.length);
    const pacer = new Pacer(options.signal);
    let nIter = 0;
    let converged = true;
    for (const [row, target] of targets.entries()) {
      const sign = Int8Array.from(places, (place) => (place === target ? 1 : -1));
      const rest = targets.length === 1 ? ofClass[0]! : 1;
      const weight = set.weight.map((own, i) => own * (sign[i]! > 0 ? ofClass[target]! : rest));
      const rng = Rng.fromSeed(this.options.seed).fork(`class-${target}`);
      const result = await this.fitBinary({ X, sign, weight, shift }, rng, pacer);
      coef.set(result.coef, row * X.nCols);
      intercept[row] = result.intercept;
      nIter = Math.max(nIter, result.nIter);
      converged &&= result.converged;
      const progress = { task: `${OWNER}: class`, done: row + 1, total: targets.length };
      options.reporter?.progress(progress);
    }
    this.linear = { coef, intercept, classes, nClasses, nIter, converged };
    return this;
  }

  /**
   * One epoch over a batch of rows. Steps, averages and schedule continue from one batch to the
   * next; the first batch after construction, `fit` or `fromState` starts anew. `nIter` becomes 1
   * and `converged` false.
   *
   * @param X - [n, p], the same p in all batches; the shift is that of the first one
   * @param y - [n] label codes; a batch need not have all of them
   * @throws ParamError for balanced class weights, which need all rows; DataError; AbortError
   */
  async partialFit(X: Matrix, y: Int32Array, options: PartialFitOptions): Promise<this> {
    const { nClasses } = options;
    const { average, classWeight, seed, shuffle } = this.options;
    if (classWeight === 'balanced') {
      throw new ParamError(`${OWNER}.partialFit: classWeight`, {
        got: '"balanced"',
        expected: 'null or a weight for each class',
      });
    }
    const weight = checkBatch(X, y, options);
    const shift = checkShift(OWNER, X, options.shift);
    const rows = nClasses === 2 ? [1] : Array.from({ length: nClasses }, (_, c) => c);
    this.online ??= {
      weights: rows.map(() => new SgdWeights(X.nCols, average, shift)),
      streams: rows.map((target) => Rng.fromSeed(seed).fork(`class-${target}`)),
      nClasses,
      nFeatures: X.nCols,
      steps: 0,
    };
    const { online } = this;
    if (online.nClasses !== nClasses || online.nFeatures !== X.nCols) {
      throw new DataError(`${OWNER}.partialFit: the batch is unlike those before`, {
        got: `${nClasses} classes and ${X.nCols} features`,
        expected: `${online.nClasses} and ${online.nFeatures}`,
      });
    }
    const pacer = new Pacer(options.signal);
    for (const [row, target] of rows.entries()) {
      const sign = Int8Array.from(y, (code) => (code === target ? 1 : -1));
      const own = weight.map((w, i) => {
        const isOwn = sign[i]! > 0 || rows.length === 1;
        return isOwn ? w * (classWeight?.[y[i]!] ?? 1) : w;
      });
      const order = Int32Array.from(sign.keys());
      if (shuffle) online.streams[row]!.shuffle(order);
      const run = { order, steps: online.steps, pacer };
      await this.pass({ X, sign, weight: own, shift }, online.weights[row]!, run);
    }
    online.steps += X.nRows;
    this.linear = linearFit(online);
    return this;
  }

  /**
   * Logistic functions of the scores, scaled to sum 1.
   *
   * @param X - [n, nFeatures]
   * @returns [n, nClasses], 0 for codes that did not occur in training
   * @throws ParamError under the hinge loss; NotFittedError; DataError if X does not fit
   */
  async predictProba(X: Matrix): Promise<DenseMatrix> {
    const { classes, nClasses } = this.requireFit();
    if (this.options.loss === 'hinge') {
      throw new ParamError(`${OWNER}: loss`, {
        got: '"hinge"',
        expected: '"log_loss" for probabilities',
      });
    }
    return toClassColumns(sigmoidRows(await this.scores(X), classes.length), classes, nClasses, 0);
  }

  protected optionFacts(): Json {
    return { ...this.options };
  }

  private async fitBinary(problem: BinaryProblem, rng: Rng, pacer: Pacer) {
    const { average, maxIter, tol, nIterNoChange, shuffle } = this.options;
    const weights = new SgdWeights(problem.X.nCols, average, problem.shift);
    const order = Int32Array.from(problem.sign.keys());
    let best = Infinity;
    let idle = 0;
    for (let epoch = 0; epoch < maxIter; epoch++) {
      if (shuffle) rng.shuffle(order);
      const sum = await this.pass(problem, weights, { order, steps: epoch * order.length, pacer });
      idle = sum > best - tol * order.length ? idle + 1 : 0;
      best = Math.min(best, sum);
      if (idle >= nIterNoChange) {
        return { ...weights.result(), nIter: epoch + 1, converged: true };
      }
    }
    return { ...weights.result(), nIter: maxIter, converged: false };
  }

  /** One step a row in the given order; returns the sum of the losses before each step. */
  private async pass(
    { X, sign, weight }: BinaryProblem,
    weights: SgdWeights,
    { order, steps, pacer }: { order: Int32Array; steps: number; pacer: Pacer },
  ): Promise<number> {
    const { loss, alpha } = this.options;
    const stepLength = this.schedule();
    const lossOf = loss === 'log_loss' ? logisticLoss : hingeLoss;
    const ticksEvery = Math.max(1, Math.floor(2e6 / X.nCols));
    let sum = 0;
    let t = steps;
    for (const i of order) {
      if ((t - steps) % ticksEvery === 0) await pacer.tick();
      const eta = stepLength(t++);
      const margin = sign[i]! * weights.score(X, i);
      const { value, slope } = lossOf(margin);
      sum += value;
      const step = eta * sign[i]! * weight[i]! * Math.min(slope, MAX_SLOPE);
      weights.update(X, i, Math.max(0, 1 - eta * alpha), step);
    }
    return sum;
  }

  /** Step length as a function of the number of steps before. */
  private schedule(): (t: number) => number {
    const { alpha, learningRate, eta0, loss } = this.options;
    if (learningRate === 'constant') return () => eta0;
    const typical = Math.sqrt(1 / Math.sqrt(alpha));
    const slope = loss === 'log_loss' ? sigmoid(typical) : 1;
    const first = typical / Math.max(1, slope);
    const t0 = 1 / (first * alpha);
    return (t) => 1 / (alpha * (t0 + t));
  }
}

/** Value and negative slope of log(1 + exp(-margin)). */
function logisticLoss(margin: number) {
  const value = Math.max(0, -margin) + Math.log1p(Math.exp(-Math.abs(margin)));
  return { value, slope: sigmoid(-margin) };
}

/** Value and negative slope of max(0, 1 - margin). */
function hingeLoss(margin: number) {
  return margin <= 1 ? { value: 1 - margin, slope: 1 } : { value: 0, slope: 0 };
}

/** Checks a batch, which need not have every class, and returns the weights of its rows. */
function checkBatch(X: Matrix, y: Int32Array, options: PartialFitOptions): Float64Array {
  const { nClasses, sampleWeight } = options;
  checkMatrix(OWNER, X);
  const bad = y.find((code) => code < 0 || code >= nClasses);
  if (y.length !== X.nRows || bad !== undefined || nClasses < 2) {
    throw new DataError(`${OWNER}.partialFit: labels`, {
      got: bad === undefined ? `${y.length} of ${nClasses} classes` : `label code ${bad}`,
      expected: `${X.nRows} codes from 0 to ${nClasses - 1}, of at least 2 classes`,
    });
  }
  return checkWeights(OWNER, sampleWeight, X.nRows);
}

/** The functions as they are, for prediction. */
function linearFit({ weights, nClasses, nFeatures }: Online) {
  const coef = new Float32Array(weights.length * nFeatures);
  const intercept = new Float64Array(weights.length);
  for (const [row, own] of weights.entries()) {
    const result = own.result();
    coef.set(result.coef, row * nFeatures);
    intercept[row] = result.intercept;
  }
  const classes = Int32Array.from({ length: nClasses }, (_, code) => code);
  return { coef, intercept, classes, nClasses, nIter: 1, converged: false };
}
