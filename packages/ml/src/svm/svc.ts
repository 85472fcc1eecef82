import { DenseMatrix, Pacer, ParamError, Rng, type Bundle, type Matrix } from '@dance-ts/core';
import { getKernels } from '@dance-ts/kernels';
import { argmaxClasses, toClassColumns } from '../supervised/class-columns.js';
import {
  checkChoice,
  checkClassWeight,
  checkNumber,
  type ClassWeight,
} from '../supervised/options.js';
import { checkState, stateOptions } from '../supervised/state.js';
import {
  checkNewData,
  checkTrainingSet,
  classWeights,
  fitted,
  type ClassifierFitOptions,
} from '../supervised/training-set.js';
import { KernelProduct, KernelRows, type KernelFunction } from './kernel-rows.js';
import { couplePairs, plattProbability, type PlattSigmoid } from './platt.js';
import {
  fitPair,
  fitPairProbability,
  pairRows,
  type PairFit,
  type PairTraining,
} from './svc-pairs.js';
import { svcFitFromState, svcTensors, type SvcFit } from './svc-state.js';

/** Options of {@link SVC}, with scikit-learn's defaults. */
export interface SVCOptions {
  /** Upper bound of a row's multiplier, default 1. */
  readonly C?: number;
  /** Default 'rbf'. */
  readonly kernel?: 'linear' | 'rbf';
  /** 'scale' (default): 1 / (nFeatures x variance of all entries); 'auto': 1 / nFeatures. */
  readonly gamma?: number | 'scale' | 'auto';
  readonly classWeight?: ClassWeight;
  /** Stop when the optimality conditions are violated by less, default 1e-3. */
  readonly tol?: number;
  /** Most steps for a pair of classes, default 10 million. */
  readonly maxIter?: number;
  /** Fit probabilities by cross-validation, which takes about five times as long. Default false. */
  readonly probability?: boolean;
  /** Bytes for rows of the kernel matrix, default 200 MB: all rows of 7000 cells. */
  readonly cacheBytes?: number;
  /** Seed of the folds for probabilities, default 0. */
  readonly seed?: number;
}

const OWNER = 'SVC';
const BLOCK_ROWS = 64;
/** Pair probabilities stay this far from 0 and 1, or the coupling has no solution. */
const LEAST_PROBABILITY = 1e-7;

/**
 * Support vector classifier (C-SVC, Cortes & Vapnik, 1995) by sequential minimal optimization as in
 * LIBSVM (Chang & Lin, ACM TIST 2:27, 2011): one classifier a pair of classes, votes, of equal
 * counts the lowest code.
 *
 * Kernel values are float32; sparse matrices are never made dense as a whole.
 */
export class SVC {
  readonly options: Required<SVCOptions>;
  private model: SvcFit | undefined;

  /** @throws ParamError for an option out of range */
  constructor(options: SVCOptions = {}) {
    const gamma = options.gamma ?? 'scale';
    const above0 = { above: 0 };
    this.options = {
      C: checkNumber(`${OWNER}: C`, options.C ?? 1, above0),
      kernel: checkChoice(`${OWNER}: kernel`, options.kernel ?? 'rbf', ['linear', 'rbf']),
      gamma:
        gamma === 'scale' || gamma === 'auto'
          ? gamma
          : checkNumber(`${OWNER}: gamma`, gamma, above0),
      classWeight: checkClassWeight(`${OWNER}: classWeight`, options.classWeight ?? null),
      tol: checkNumber(`${OWNER}: tol`, options.tol ?? 1e-3, above0),
      maxIter: checkNumber(`${OWNER}: maxIter`, options.maxIter ?? 1e7, { min: 1, integer: true }),
      probability: options.probability ?? false,
      cacheBytes: checkNumber(`${OWNER}: cacheBytes`, options.cacheBytes ?? 2e8, { min: 0 }),
      seed: checkNumber(`${OWNER}: seed`, options.seed ?? 0, { integer: true }),
    };
  }

  /** A classifier from the result of `toState`; throws FormatError if it is something else. */
  static fromState(state: Bundle): SVC {
    checkState(OWNER, state);
    const svc = new SVC(stateOptions(state));
    svc.model = svcFitFromState(state);
    return svc;
  }

  /**
   * Fits a classifier for each pair of classes that occur.
   *
   * @param X - [n, p]
   * @param y - [n] label codes
   * @throws DataError if the data cannot be used; AbortError
   */
  async fit(X: Matrix, y: Int32Array, options: ClassifierFitOptions = {}): Promise<this> {
    const set = checkTrainingSet(OWNER, X, y, options);
    const { C, tol, maxIter, classWeight, probability, seed } = this.options;
    const ofClass = classWeights(OWNER, classWeight, set);
    const upper = set.weight.map((weight, i) => C * weight * ofClass[set.places[i]!]!);
    const gamma = this.gammaFor(X);
    const pacer = new Pacer(options.signal);
    const kernelRows = await this.kernelRows(X, gamma, pacer);
    const training: PairTraining = { kernelRows, places: set.places, upper, tol, maxIter };
    const fits: PairFit[] = [];
    const sigmoids: PlattSigmoid[] = [];
    const pairs = classPairs(set.classes.length);
    for (const [a, b] of pairs) {
      const rows = pairRows(training, a, b);
      fits.push(await fitPair(training, a, rows, pacer));
      if (probability) {
        const rng = Rng.fromSeed(seed).fork(`pair-${a}-${b}`);
        sigmoids.push(await fitPairProbability(training, a, rows, rng, pacer));
      }
      const done = fits.length;
      options.reporter?.progress({ task: `${OWNER}: pair`, done, total: pairs.length });
    }
    const { classes, nClasses } = set;
    this.model = { classes, nClasses, gamma, sigmoids, ...supportVectors(X, fits) };
    if (!this.model.converged) {
      options.reporter?.message('warning', `${OWNER} reached maxIter before it met tol`);
    }
    return this;
  }

  /**
   * Decision values of the pairs of `classes`, (0, 1), (0, 2) ... (1, 2) ...: above 0 for the first
   * of the pair.
   *
   * @param X - [n, nFeatures]
   * @returns [n, nPairs]
   * @throws NotFittedError; DataError if X does not fit; AbortError
   */
  async decisionFunction(
    X: Matrix,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<DenseMatrix> {
    const { vectors, coef, rho, gamma } = fitted(OWNER, this.model);
    checkNewData(OWNER, X, vectors.nCols);
    const f: KernelFunction = { kernel: this.options.kernel, gamma };
    const product = new KernelProduct(X, vectors, f, await getKernels());
    const nSupport = vectors.nRows;
    const block = new Float32Array(BLOCK_ROWS * nSupport);
    const out = new Float32Array(X.nRows * rho.length);
    const pacer = new Pacer(options.signal);
    for (let start = 0; start < X.nRows; start += BLOCK_ROWS) {
      await pacer.tick();
      const count = Math.min(BLOCK_ROWS, X.nRows - start);
      product.rows(start, count, block);
      for (let r = 0; r < count; r++) {
        for (let pair = 0; pair < rho.length; pair++) {
          let sum = -rho[pair]!;
          for (let s = 0; s < nSupport; s++) {
            sum += coef[pair * nSupport + s]! * block[r * nSupport + s]!;
          }
          out[(start + r) * rho.length + pair] = sum;
        }
      }
    }
    return new DenseMatrix(X.nRows, rho.length, out);
  }

  /**
   * Label code with the most votes of each row; of equal ones the lowest.
   *
   * @throws NotFittedError; DataError if X does not fit; AbortError
   */
  async predict(
    X: Matrix,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<Int32Array> {
    const { classes } = fitted(OWNER, this.model);
    const decision = await this.decisionFunction(X, options);
    const k = classes.length;
    const votes = new Int32Array(X.nRows * k);
    const pairs = classPairs(k);
    for (let i = 0; i < X.nRows; i++) {
      const row = decision.row(i);
      pairs.forEach(([a, b], pair) => (votes[i * k + (row[pair]! > 0 ? a : b)]! += 1));
    }
    return argmaxClasses(votes, classes);
  }

  /**
   * Probabilities by Platt scaling of each pair and pairwise coupling. As in LIBSVM their largest
   * one need not belong to the class that `predict` votes for.
   *
   * @param X - [n, nFeatures]
   * @returns [n, nClasses], 0 for codes that did not occur in training
   * @throws ParamError without option `probability`; NotFittedError; DataError if X does not fit
   */
  async predictProba(
    X: Matrix,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<DenseMatrix> {
    const { classes, nClasses, sigmoids } = fitted(OWNER, this.model);
    if (!this.options.probability) {
      throw new ParamError(`${OWNER}: probability`, {
        got: 'false',
        expected: 'true for predictProba',
        remedy: 'Construct with { probability: true } and fit again.',
      });
    }
    const decision = await this.decisionFunction(X, options);
    const k = classes.length;
    const out = new Float64Array(X.nRows * k);
    const pairwise = new Float64Array(k * k);
    const pairs = classPairs(k);
    for (let i = 0; i < X.nRows; i++) {
      const row = decision.row(i);
      pairs.forEach(([a, b], pair) => {
        const p = plattProbability(sigmoids[pair]!, row[pair]!);
        const kept = Math.min(1 - LEAST_PROBABILITY, Math.max(LEAST_PROBABILITY, p));
        pairwise[a * k + b] = kept;
        pairwise[b * k + a] = 1 - kept;
      });
      out.set(k === 2 ? pairwise.subarray(1, 3) : couplePairs(pairwise, k), i * k);
    }
    return toClassColumns(out, classes, nClasses, 0);
  }

  /** The fitted part: classes, support vectors, their coefficients and the thresholds rho. */
  get result(): SvcFit {
    return fitted(OWNER, this.model);
  }

  /** Facts and arrays from which `fromState` makes the same classifier. */
  toState(): Bundle {
    const model = fitted(OWNER, this.model);
    const { nClasses, gamma, converged, vectors } = model;
    const options = { ...this.options };
    return {
      facts: { estimator: OWNER, options, nClasses, gamma, converged, nFeatures: vectors.nCols },
      tensors: svcTensors(model),
    };
  }

  private gammaFor(X: Matrix): number {
    const { gamma } = this.options;
    if (gamma === 'auto') return 1 / X.nCols;
    if (gamma !== 'scale') return gamma;
    const size = X.nRows * X.nCols;
    let sum = 0;
    for (const value of X.data) sum += value;
    const mean = sum / size;
    // Zeros that a sparse matrix does not store count.
    let squares = (size - X.data.length) * mean * mean;
    for (const value of X.data) squares += (value - mean) ** 2;
    return squares > 0 ? size / (X.nCols * squares) : 1;
  }

  private async kernelRows(X: Matrix, gamma: number, pacer: Pacer): Promise<KernelRows> {
    const f: KernelFunction = { kernel: this.options.kernel, gamma };
    const product = new KernelProduct(X, X, f, await getKernels());
    const rows = new KernelRows(product, X, f, this.options.cacheBytes);
    if (!rows.holdsAll) return rows;
    for (let start = 0; start < X.nRows; start += BLOCK_ROWS) {
      await pacer.tick();
      rows.prepare(start, Math.min(BLOCK_ROWS, X.nRows - start));
    }
    return rows;
  }
}

/** Pairs (a, b), a < b, of k classes in order. */
function classPairs(k: number): readonly (readonly [number, number])[] {
  return Array.from({ length: k }, (_, a) =>
    Array.from({ length: k - a - 1 }, (__, d) => [a, a + 1 + d] as const),
  ).flat();
}

/** Support vectors of all pairs together, each once. */
function supportVectors(X: Matrix, fits: readonly PairFit[]) {
  const place = new Int32Array(X.nRows).fill(-1);
  for (const { rows, coef } of fits) rows.forEach((i, t) => (place[i] = coef[t] ? 0 : place[i]!));
  const support = Int32Array.from(place.keys()).filter((i) => place[i] === 0);
  support.forEach((i, s) => (place[i] = s));
  const coef = new Float64Array(fits.length * support.length);
  fits.forEach((fit, pair) => {
    fit.rows.forEach((i, t) => {
      if (fit.coef[t] !== 0) coef[pair * support.length + place[i]!] = fit.coef[t]!;
    });
  });
  return {
    support,
    vectors: X.selectRows(support),
    coef,
    rho: Float64Array.from(fits, ({ solution }) => solution.rho),
    converged: fits.every(({ solution }) => solution.converged),
  };
}
