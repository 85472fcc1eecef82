import { DataError, DenseMatrix, Pacer, Rng, type Bundle, type RunOptions } from '@dance-ts/core';
import { kMeans } from '../cluster/k-means.js';
import { toFloat64Matrix, type Float64Matrix, type RealMatrix } from '../stats/float64-matrix.js';
import { checkChoice, checkNumber } from '../supervised/options.js';
import { checkState, stateArray, stateFact, stateOptions } from '../supervised/state.js';
import { fitted } from '../supervised/training-set.js';
import { COVARIANCE_LAWS, type CovarianceLaw, type CovarianceType } from './covariance-law.js';
import {
  expectation,
  maximization,
  type Expectation,
  type MixtureParameters,
} from './expectation-maximization.js';
import { givenParameters, type MixtureStart } from './mixture-start.js';

/** Options of {@link GaussianMixture}, with scikit-learn's defaults. */
export interface GaussianMixtureOptions {
  readonly nComponents: number;
  /** Default `full`. */
  readonly covarianceType?: CovarianceType;
  /** Stop when the mean log likelihood changes by less, default 1e-3. */
  readonly tol?: number;
  /** Added to each variance, default 1e-6. */
  readonly regCovar?: number;
  /** Steps a start, default 100. */
  readonly maxIter?: number;
  /** Starts from k-means; the most likely result is kept. Default 1. */
  readonly nInit?: number;
  /** Default 0. */
  readonly seed?: number;
}

/** Options of `GaussianMixture.fit`. */
export interface GaussianMixtureFitOptions extends RunOptions, MixtureStart {}

interface Mixture extends MixtureParameters {
  /** Mean log likelihood of the training rows. */
  readonly lowerBound: number;
  readonly nIter: number;
  readonly converged: boolean;
}

const OWNER = 'GaussianMixture';

/**
 * Mixture of Gaussians by expectation maximization (Dempster, Laird & Rubin, 1977), in float64,
 * with scikit-learn's semantics: each start is one run of k-means, or what is given.
 * `covarianceType: 'tied'` is mclust's model EEE.
 */
export class GaussianMixture {
  readonly options: Required<GaussianMixtureOptions>;
  private mixture: Mixture | undefined;

  /** @throws ParamError for an option out of range */
  constructor(options: GaussianMixtureOptions) {
    const count = (name: 'nComponents' | 'maxIter' | 'nInit', value: number): number =>
      checkNumber(`${OWNER}: ${name}`, value, { min: 1, integer: true });
    this.options = {
      nComponents: count('nComponents', options.nComponents),
      covarianceType: checkChoice(`${OWNER}: covarianceType`, options.covarianceType ?? 'full', [
        'full',
        'tied',
        'diag',
        'spherical',
      ]),
      tol: checkNumber(`${OWNER}: tol`, options.tol ?? 1e-3, { min: 0 }),
      regCovar: checkNumber(`${OWNER}: regCovar`, options.regCovar ?? 1e-6, { min: 0 }),
      maxIter: count('maxIter', options.maxIter ?? 100),
      nInit: count('nInit', options.nInit ?? 1),
      seed: checkNumber(`${OWNER}: seed`, options.seed ?? 0, { integer: true }),
    };
  }

  /** A mixture from the result of `toState`; throws FormatError if it is something else. */
  static fromState(state: Bundle): GaussianMixture {
    checkState(OWNER, state);
    const model = new GaussianMixture(stateOptions(state) as GaussianMixtureOptions);
    const k = model.options.nComponents;
    const means = stateArray(state, 'means', Float64Array);
    const size = product(model.law.shape(k, means.length / k));
    const run = stateArray(state, 'run', Float64Array, 2);
    model.mixture = {
      weights: stateArray(state, 'weights', Float64Array, k),
      means,
      covariances: stateArray(state, 'covariances', Float64Array, size),
      lowerBound: run[0]!,
      nIter: run[1]!,
      converged: stateFact(state, 'converged') === true,
    };
    return model;
  }

  /**
   * Fits the mixture.
   *
   * @param X - [n, d], n >= nComponents
   * @throws DataError if X is empty, not finite or has too few rows, a start does not fit or a
   *   covariance becomes singular; AbortError
   */
  async fit(X: RealMatrix, options: GaussianMixtureFitOptions = {}): Promise<this> {
    const data = toFloat64Matrix(`${OWNER}: X`, X);
    const { nComponents: k, nInit, seed } = this.options;
    if (data.nRows < k) {
      throw new DataError(`${OWNER}: too few rows`, {
        got: `${data.nRows}`,
        expected: `at least ${k}, one a component`,
      });
    }
    // About the mean of all rows, so that a large offset costs no digits.
    const center = columnMeans(data);
    const d = center.length;
    const centered = { ...data, values: data.values.map((value, e) => value - center[e % d]!) };
    const given = givenParameters(options, this.law, k, center);
    const points = 'kind' in X ? X : DenseMatrix.fromRows(X);
    const pacer = new Pacer(options.signal);
    let best: Mixture | undefined;
    for (let run = 0; run < nInit; run++) {
      const rng = Rng.fromSeed(seed).fork(`start-${run}`);
      const { labels } = await kMeans(points, { ...options, nClusters: k, nInit: 1, rng });
      const guess = await this.maximize(centered, oneHot(labels, k), pacer);
      const found = await this.run(centered, { ...guess, ...given }, options, pacer);
      if (best === undefined || found.lowerBound > best.lowerBound) best = found;
    }
    this.mixture = best && { ...best, means: best.means.map((value, e) => value + center[e % d]!) };
    return this;
  }

  /**
   * Probability of each component for each row.
   *
   * @param X - [n, d]
   * @returns [n, nComponents]
   * @throws NotFittedError; DataError if X does not fit; AbortError
   */
  async predictProba(X: RealMatrix, options: RunOptions = {}): Promise<DenseMatrix> {
    const { responsibilities } = await this.expect(X, options);
    const k = this.options.nComponents;
    const shares = Float32Array.from(responsibilities);
    return new DenseMatrix(shares.length / k, k, shares);
  }

  /**
   * Most probable component of each row; of equal ones the first.
   *
   * @throws NotFittedError; DataError if X does not fit; AbortError
   */
  async predict(X: RealMatrix, options: RunOptions = {}): Promise<Int32Array> {
    const { logLikelihood, responsibilities } = await this.expect(X, options);
    const k = this.options.nComponents;
    return Int32Array.from(logLikelihood, (_, i) => {
      const own = responsibilities.subarray(i * k, (i + 1) * k);
      return own.indexOf(own.reduce((most, share) => Math.max(most, share), 0));
    });
  }

  /**
   * log p(x) of each row, [n].
   *
   * @throws NotFittedError; DataError if X does not fit; AbortError
   */
  async scoreSamples(X: RealMatrix, options: RunOptions = {}): Promise<Float64Array> {
    return (await this.expect(X, options)).logLikelihood;
  }

  /** Mean log likelihood of the rows; throws as {@link scoreSamples}. */
  async score(X: RealMatrix, options: RunOptions = {}): Promise<number> {
    return mean(await this.scoreSamples(X, options));
  }

  /** Bayesian information criterion, lower is better; throws as {@link scoreSamples}. */
  async bic(X: RealMatrix, options: RunOptions = {}): Promise<number> {
    const scores = await this.scoreSamples(X, options);
    return this.nParameters() * Math.log(scores.length) - 2 * scores.length * mean(scores);
  }

  /** Akaike's information criterion, lower is better; throws as {@link scoreSamples}. */
  async aic(X: RealMatrix, options: RunOptions = {}): Promise<number> {
    const scores = await this.scoreSamples(X, options);
    return 2 * this.nParameters() - 2 * scores.length * mean(scores);
  }

  /** Shares of the components, [nComponents] */
  get weights(): Float64Array {
    return fitted(OWNER, this.mixture).weights;
  }

  /** Row-major [nComponents * d] */
  get means(): Float64Array {
    return fitted(OWNER, this.mixture).means;
  }

  /**
   * Row-major: `full` [nComponents * d * d], `tied` [d * d], `diag` [nComponents * d], `spherical`
   * [nComponents].
   */
  get covariances(): Float64Array {
    return fitted(OWNER, this.mixture).covariances;
  }

  /** Mean log likelihood of the training rows at the last E step. */
  get lowerBound(): number {
    return fitted(OWNER, this.mixture).lowerBound;
  }

  /** Steps of the start that was kept. */
  get nIter(): number {
    return fitted(OWNER, this.mixture).nIter;
  }

  /** Whether the start that was kept met `tol`. */
  get converged(): boolean {
    return fitted(OWNER, this.mixture).converged;
  }

  /** Facts and arrays from which `fromState` makes the same mixture. */
  toState(): Bundle {
    const { weights, means, covariances, lowerBound, nIter, converged } = fitted(
      OWNER,
      this.mixture,
    );
    const k = weights.length;
    const d = means.length / k;
    return {
      facts: { estimator: OWNER, options: { ...this.options }, converged },
      tensors: new Map([
        ['weights', { shape: [k], data: weights.slice() }],
        ['means', { shape: [k, d], data: means.slice() }],
        ['covariances', { shape: this.law.shape(k, d), data: covariances.slice() }],
        ['run', { shape: [2], data: Float64Array.of(lowerBound, nIter) }],
      ]),
    };
  }

  private get law(): CovarianceLaw {
    return COVARIANCE_LAWS[this.options.covarianceType];
  }

  private nParameters(): number {
    const { weights, means } = fitted(OWNER, this.mixture);
    const k = weights.length;
    return this.law.nParameters(k, means.length / k) + means.length + k - 1;
  }

  private maximize(
    X: Float64Matrix,
    responsibilities: Float64Array,
    pacer: Pacer,
  ): Promise<MixtureParameters> {
    return maximization(X, responsibilities, this.law, this.options.regCovar, pacer);
  }

  private async run(
    X: Float64Matrix,
    start: MixtureParameters,
    { reporter }: RunOptions,
    pacer: Pacer,
  ): Promise<Mixture> {
    const { tol, maxIter } = this.options;
    let parameters = start;
    let lowerBound = -Infinity;
    for (let nIter = 1; nIter <= maxIter; nIter++) {
      const { logLikelihood, responsibilities } = await expectation(X, parameters, this.law, pacer);
      parameters = await this.maximize(X, responsibilities, pacer);
      const previous = lowerBound;
      lowerBound = mean(logLikelihood);
      reporter?.progress({ task: OWNER, done: nIter, total: maxIter, values: { lowerBound } });
      if (Math.abs(lowerBound - previous) < tol) {
        return { ...parameters, lowerBound, nIter, converged: true };
      }
    }
    reporter?.message('warning', `${OWNER} did not converge in ${maxIter} steps; raise maxIter`);
    return { ...parameters, lowerBound, nIter: maxIter, converged: false };
  }

  private async expect(X: RealMatrix, { signal }: RunOptions): Promise<Expectation> {
    const mixture = fitted(OWNER, this.mixture);
    const data = toFloat64Matrix(`${OWNER}: X`, X);
    const d = mixture.means.length / mixture.weights.length;
    if (data.nCols !== d) {
      throw new DataError(`${OWNER}: X has other columns than at fit`, {
        got: `${data.nCols} columns`,
        expected: `${d}`,
        remedy: 'Give the features of the training data in the same order.',
      });
    }
    return expectation(data, mixture, this.law, new Pacer(signal));
  }
}

function columnMeans({ nRows, nCols, values }: Float64Matrix): Float64Array {
  const sums = new Float64Array(nCols);
  for (let e = 0; e < values.length; e++) sums[e % nCols]! += values[e]!;
  return sums.map((sum) => sum / nRows);
}

function oneHot(labels: Int32Array, k: number): Float64Array {
  const out = new Float64Array(labels.length * k);
  labels.forEach((label, i) => (out[i * k + label] = 1));
  return out;
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function product(lengths: readonly number[]): number {
  return lengths.reduce((total, length) => total * length, 1);
}
