import {
  DataError,
  DenseMatrix,
  ParamError,
  type Bundle,
  type Matrix,
  type RunOptions,
} from '@dance-ts/core';
import { getKernels } from '@dance-ts/kernels';
import { checkChoice, checkNumber } from '../supervised/options.js';
import { checkState, stateArray, stateOptions, stateSize } from '../supervised/state.js';
import { checkMatrix, checkNewData, fitted } from '../supervised/training-set.js';
import { meanEntry, nmfData } from './nmf-data.js';
import { improveFactors, reconstructionError, type NmfLoss, type NmfSolver } from './nmf-fit.js';
import { initialFactors, type NmfInit } from './nmf-init.js';
import type { NmfFactors } from './nmf-updates.js';

/** Options of {@link NMF}, with scikit-learn's defaults. */
export interface NmfOptions {
  readonly nComponents: number;
  /**
   * Where the factors start. Default null: `nndsvda` if nComponents <= min(nRows, nCols), else
   * `random`.
   */
  readonly init?: NmfInit | null;
  /** `cd` (default) or `mu`. */
  readonly solver?: NmfSolver;
  /** Default `frobenius`; `kullback-leibler` needs the solver `mu`. */
  readonly betaLoss?: NmfLoss;
  /** Default 1e-4; 0 runs all iterations. */
  readonly tol?: number;
  /** Default 200. */
  readonly maxIter?: number;
  /** Used by `random` starts only. Default 0. */
  readonly seed?: number;
}

/** Options of `NMF.fit`. */
export interface NmfFitOptions extends RunOptions {
  /** [n, nComponents] start of W, >= 0; with H, instead of `init`. */
  readonly W?: DenseMatrix | undefined;
  /** [nComponents, p] start of H, >= 0; with W. */
  readonly H?: DenseMatrix | undefined;
}

interface Factorization {
  /** [k, p] */
  readonly H: DenseMatrix;
  readonly nIter: number;
  readonly error: number;
}

const OWNER = 'NMF';

/**
 * Non-negative matrix factorization X = W H (Lee & Seung, NIPS 2000) with scikit-learn's solvers,
 * starts and stopping rules. A sparse X stays sparse (with a transposed copy beside it); products
 * with X are taken in float32, everything else in float64.
 */
export class NMF {
  readonly options: Required<NmfOptions>;
  private factorization: Factorization | undefined;

  /** @throws ParamError for an option out of range */
  constructor(options: NmfOptions) {
    const init = options.init ?? null;
    this.options = {
      nComponents: checkNumber(`${OWNER}: nComponents`, options.nComponents, {
        min: 1,
        integer: true,
      }),
      init: init && checkChoice(`${OWNER}: init`, init, ['random', 'nndsvd', 'nndsvda']),
      solver: checkChoice(`${OWNER}: solver`, options.solver ?? 'cd', ['cd', 'mu']),
      betaLoss: checkChoice(`${OWNER}: betaLoss`, options.betaLoss ?? 'frobenius', [
        'frobenius',
        'kullback-leibler',
      ]),
      tol: checkNumber(`${OWNER}: tol`, options.tol ?? 1e-4, { min: 0 }),
      maxIter: checkNumber(`${OWNER}: maxIter`, options.maxIter ?? 200, { min: 1, integer: true }),
      seed: checkNumber(`${OWNER}: seed`, options.seed ?? 0, { integer: true }),
    };
    if (this.options.betaLoss !== 'frobenius' && this.options.solver === 'cd') {
      throw new ParamError(`${OWNER}: solver "cd" minimizes the Frobenius norm only`, {
        got: `betaLoss "${this.options.betaLoss}"`,
        remedy: 'Use the solver "mu".',
      });
    }
  }

  /** A factorization from the result of `toState`; throws FormatError if it is something else. */
  static fromState(state: Bundle): NMF {
    checkState(OWNER, state);
    const model = new NMF(stateOptions(state) as NmfOptions);
    const k = model.options.nComponents;
    const nFeatures = stateSize(state, 'nFeatures');
    model.factorization = {
      H: new DenseMatrix(
        k,
        nFeatures,
        stateArray(state, 'components', Float32Array, k * nFeatures),
      ),
      nIter: stateSize(state, 'nIter'),
      error: stateArray(state, 'reconstructionError', Float64Array, 1)[0]!,
    };
    return model;
  }

  /**
   * Learns H.
   *
   * @param X - [n, p], >= 0
   * @throws DataError if X is empty, negative or not finite or a start does not fit; ParamError if
   *   a start from the SVD is asked for and nComponents > min(n, p); AbortError
   */
  async fit(X: Matrix, options: NmfFitOptions = {}): Promise<this> {
    await this.fitTransform(X, options);
    return this;
  }

  /**
   * Learns H and returns W.
   *
   * @param X - [n, p], >= 0
   * @returns W, [n, nComponents]
   * @throws as `fit`
   */
  async fitTransform(X: Matrix, options: NmfFitOptions = {}): Promise<DenseMatrix> {
    checkNonNegative(X);
    const { nComponents: k } = this.options;
    const factors = givenFactors(X, k, options) ?? (await this.start(X, options));
    this.warnOfZeros(factors, options);
    const data = nmfData(X, await getKernels());
    const nIter = await improveFactors(data, factors, {
      ...options,
      ...this.options,
      isHFixed: false,
    });
    this.factorization = {
      H: new DenseMatrix(X.nCols, k, Float32Array.from(factors.Ht)).transpose(),
      nIter,
      error: reconstructionError(data, factors, this.options.betaLoss),
    };
    return new DenseMatrix(X.nRows, k, Float32Array.from(factors.W));
  }

  /**
   * W of new rows, with the learned H.
   *
   * @param X - [n, p], >= 0
   * @returns [n, nComponents]
   * @throws NotFittedError; DataError if X does not fit; AbortError
   */
  async transform(X: Matrix, options: RunOptions = {}): Promise<DenseMatrix> {
    const { H } = fitted(OWNER, this.factorization);
    checkNewData(OWNER, X, H.nCols);
    checkNonNegative(X);
    const { nComponents: k, solver } = this.options;
    // scikit-learn's starts: multiplicative updates never leave 0.
    const start = solver === 'mu' ? Math.sqrt(meanEntry(X) / k) : 0;
    const factors = {
      k,
      W: new Float64Array(X.nRows * k).fill(start),
      Ht: Float64Array.from(H.transpose().data),
    };
    const data = nmfData(X, await getKernels());
    await improveFactors(data, factors, { ...options, ...this.options, isHFixed: true });
    return new DenseMatrix(X.nRows, k, Float32Array.from(factors.W));
  }

  /** H, [nComponents, p] */
  get components(): DenseMatrix {
    return fitted(OWNER, this.factorization).H;
  }

  /** |X - W H| of the training data, or sqrt(2 D) for the Kullback-Leibler divergence D. */
  get reconstructionError(): number {
    return fitted(OWNER, this.factorization).error;
  }

  /** Iterations done by `fit`. */
  get nIter(): number {
    return fitted(OWNER, this.factorization).nIter;
  }

  /** Facts and arrays from which `fromState` makes the same factorization. */
  toState(): Bundle {
    const { H, nIter, error } = fitted(OWNER, this.factorization);
    return {
      facts: { estimator: OWNER, options: { ...this.options }, nFeatures: H.nCols, nIter },
      tensors: new Map([
        ['components', { shape: H.shape, data: H.data.slice() }],
        ['reconstructionError', { shape: [1], data: Float64Array.of(error) }],
      ]),
    };
  }

  private async start(X: Matrix, run: RunOptions): Promise<NmfFactors> {
    const { nComponents: k, seed } = this.options;
    const most = Math.min(X.nRows, X.nCols);
    const init = this.options.init ?? (k <= most ? 'nndsvda' : 'random');
    if (init !== 'random' && k > most) {
      throw new ParamError(
        `${OWNER}: init "${init}" does not fit a matrix of ${X.shape.join(' x ')}`,
        {
          got: `${k} components`,
          expected: `at most ${most}`,
          remedy: 'Use the init "random".',
        },
      );
    }
    return initialFactors(X, k, init, seed, run);
  }

  private warnOfZeros({ W, Ht }: NmfFactors, { reporter }: RunOptions): void {
    if (this.options.solver !== 'mu' || !(W.includes(0) || Ht.includes(0))) return;
    reporter?.message('warning', 'NMF: zeros of the start stay zero under multiplicative updates');
  }
}

function givenFactors(X: Matrix, k: number, { W, H }: NmfFitOptions): NmfFactors | undefined {
  if (W === undefined && H === undefined) return undefined;
  if (W?.nRows !== X.nRows || W.nCols !== k || H?.nRows !== k || H.nCols !== X.nCols) {
    throw new DataError(`${OWNER}: starting factors`, {
      got: `W ${W?.shape.join(' x ') ?? 'missing'} and H ${H?.shape.join(' x ') ?? 'missing'}`,
      expected: `${X.nRows} x ${k} and ${k} x ${X.nCols}`,
    });
  }
  checkNonNegative(W);
  checkNonNegative(H);
  return { k, W: Float64Array.from(W.data), Ht: Float64Array.from(H.transpose().data) };
}

function checkNonNegative(X: Matrix): void {
  checkMatrix(OWNER, X);
  const bad = X.data.find((value) => value < 0);
  if (bad === undefined) return;
  throw new DataError(`${OWNER}: negative value`, {
    got: String(bad),
    expected: 'values >= 0',
    remedy: 'Give counts or log counts, not centered or scaled data.',
  });
}
