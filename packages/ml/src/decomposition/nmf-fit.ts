import { Pacer, type RunOptions } from '@dance-ts/core';
import type { NmfData } from './nmf-data.js';
import {
  coordinateDescentUpdate,
  divergence,
  divergenceUpdate,
  frobeniusError,
  gramOfColumns,
  multiplicativeUpdate,
  type NmfFactors,
} from './nmf-updates.js';

/** `cd`: coordinate descent; `mu`: multiplicative updates. */
export type NmfSolver = 'cd' | 'mu';

/** What is minimized: half the squared Frobenius norm or the Kullback-Leibler divergence. */
export type NmfLoss = 'frobenius' | 'kullback-leibler';

/** What {@link improveFactors} needs to know. */
export interface NmfFitSettings extends RunOptions {
  readonly solver: NmfSolver;
  readonly betaLoss: NmfLoss;
  readonly tol: number;
  readonly maxIter: number;
  /** Keep H as it is. */
  readonly isHFixed: boolean;
}

/** Multiplicative updates look at the error this often. */
const CHECK_EVERY = 10;

/**
 * Improves the factors in place, W first and then H, with the stopping rules of scikit-learn: for
 * `cd` the projected gradients fall to tol x those of the first sweep, for `mu` ten updates lower
 * the error by less than tol x the error at the start.
 *
 * @returns iterations done
 * @throws AbortError
 */
export async function improveFactors(
  data: NmfData,
  factors: NmfFactors,
  settings: NmfFitSettings,
): Promise<number> {
  const { solver, maxIter, reporter, signal } = settings;
  const pacer = new Pacer(signal);
  const isDone = solver === 'cd' ? gradientRule(settings) : errorRule(data, factors, settings);
  for (let iteration = 1; iteration <= maxIter; iteration++) {
    let violation = 0;
    for (const side of settings.isHFixed ? (['W'] as const) : (['W', 'Ht'] as const)) {
      await pacer.tick();
      violation += updateSide(data, factors, side, settings);
    }
    reporter?.progress({ task: 'NMF', done: iteration, total: maxIter });
    if (isDone(iteration, violation)) return iteration;
  }
  if (settings.tol > 0) {
    reporter?.message('warning', `NMF did not converge in ${maxIter} iterations; raise maxIter`);
  }
  return maxIter;
}

/** The error scikit-learn reports: |X - W H|, or sqrt(2 D) for the divergence. */
export function reconstructionError(data: NmfData, factors: NmfFactors, loss: NmfLoss): number {
  return loss === 'frobenius'
    ? frobeniusError(data, factors)
    : Math.sqrt(2 * divergence(data, factors));
}

type StopRule = (iteration: number, violation: number) => boolean;

function gradientRule({ tol }: NmfFitSettings): StopRule {
  let first = 0;
  return (iteration, violation) => {
    if (iteration === 1) first = violation;
    return violation <= tol * first;
  };
}

function errorRule(data: NmfData, factors: NmfFactors, settings: NmfFitSettings): StopRule {
  const { tol, betaLoss } = settings;
  if (tol === 0) return () => false;
  const start = reconstructionError(data, factors, betaLoss);
  let previous = start;
  return (iteration) => {
    if (iteration % CHECK_EVERY !== 0) return false;
    const error = reconstructionError(data, factors, betaLoss);
    const isSmall = previous - error < tol * start;
    previous = error;
    return isSmall;
  };
}

/** One update of a factor; returns the violation for `cd`. */
function updateSide(
  data: NmfData,
  factors: NmfFactors,
  side: 'W' | 'Ht',
  { solver, betaLoss }: NmfFitSettings,
): number {
  if (betaLoss === 'kullback-leibler') {
    divergenceUpdate(data, factors, side);
    return 0;
  }
  const { k, W, Ht } = factors;
  const isW = side === 'W';
  const cross = isW ? data.multiply(Ht, k) : data.multiplyTransposed(W, k);
  const gram = gramOfColumns(isW ? Ht : W, k);
  if (solver === 'cd') return coordinateDescentUpdate(factors[side], cross, gram, k);
  multiplicativeUpdate(factors[side], cross, gram, k);
  return 0;
}
