import { DataError, ParamError, type Matrix, type Rng, type RunOptions } from '@dance-ts/core';
import { getKernels } from '@dance-ts/kernels';
import type { CenteringOptions } from './centering.js';
import { exactFactors } from './exact-factors.js';
import type { Factors } from './factors.js';
import { krylovFactors } from './krylov-factors.js';
import { centeredOperator, type LinearOperator } from './linear-operator.js';

/**
 * `exact`: eigenvectors of the Gram matrix in float64. `randomized`: block Krylov iteration in
 * float32. `auto`: exact where that takes a second or two.
 */
export type SvdSolver = 'auto' | 'exact' | 'randomized';

/** Options of the singular value decompositions. */
export interface SvdOptions extends RunOptions {
  /** From 1 to min(nRows, nCols). */
  readonly nComponents: number;
  /** Directions to start from; the result depends on it by float32 rounding only. */
  readonly rng: Rng;
  /** Default `auto`. */
  readonly solver?: SvdSolver;
  /** Randomized: directions beyond nComponents that survive a restart, default 10. */
  readonly nOversamples?: number;
  /** Randomized: the most restarts, default 30; a warning goes to the reporter if they end. */
  readonly nIter?: number;
}

/** Larger problems are left to the iteration: smaller side, and larger side times its square. */
const EXACT_SIDE = 500;
const EXACT_WORK = 2e9;

/**
 * Leading singular triplets of the centered and scaled A.
 *
 * @throws ParamError if more components are asked for than A has; DataError for
 * NaN or infinite values; AbortError
 */
export async function decompose(
  A: Matrix | LinearOperator,
  options: SvdOptions,
  centering: CenteringOptions = {},
): Promise<Factors> {
  const { nComponents, solver = 'auto', nOversamples = 10, nIter = 30 } = options;
  checkCount('nComponents', nComponents, 1, Math.min(A.nRows, A.nCols), A);
  checkCount('nOversamples', nOversamples, 0, Infinity, A);
  checkCount('nIter', nIter, 0, Infinity, A);
  const kernels = await getKernels();
  const iterate = (operator: LinearOperator): Promise<Factors> =>
    krylovFactors(operator, kernels, { ...options, nOversamples, nIter });
  if (!isMatrix(A)) {
    refuseExact(solver);
    return iterate(A);
  }
  checkFinite(A);
  return isExact(A, solver)
    ? exactFactors(A, nComponents, centering, options.signal)
    : iterate(centeredOperator(A, kernels, centering));
}

function isMatrix(A: Matrix | LinearOperator): A is Matrix {
  return 'kind' in A;
}

function isExact({ nRows, nCols }: Matrix, solver: SvdSolver): boolean {
  const side = Math.min(nRows, nCols);
  const isSmall = side <= EXACT_SIDE && side * nRows * nCols <= EXACT_WORK;
  return solver === 'exact' || (solver === 'auto' && isSmall);
}

function refuseExact(solver: SvdSolver): void {
  if (solver !== 'exact') return;
  throw new ParamError('the exact solver needs a matrix', {
    got: 'an operator',
    remedy: 'Use the solver "auto" or "randomized".',
  });
}

function checkCount(
  name: string,
  value: number,
  least: number,
  most: number,
  { nRows, nCols }: Matrix | LinearOperator,
): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new ParamError(`${name} does not fit a matrix of ${nRows} x ${nCols}`, {
    got: String(value),
    expected: most === Infinity ? `an integer >= ${least}` : `an integer from ${least} to ${most}`,
  });
}

function checkFinite({ data }: Matrix): void {
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad === -1) return;
  throw new DataError('a matrix with NaN or infinite values cannot be decomposed', {
    got: String(data[bad]),
    remedy: 'Remove or replace them first.',
  });
}
