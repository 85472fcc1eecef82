import { DataError, type Pacer, type Rng } from '@dance-ts/core';
import type { KernelRows } from './kernel-rows.js';
import { fitPlatt, type PlattSigmoid } from './platt.js';
import { smo, type SmoSolution } from './smo.js';

/** What all pairs of classes share. */
export interface PairTraining {
  readonly kernelRows: KernelRows;
  /** [n] class of each row, from 0 */
  readonly places: Int32Array;
  /** [n] upper bound of each row's multiplier */
  readonly upper: Float64Array;
  readonly tol: number;
  readonly maxIter: number;
}

/** A classifier of class a (+1) against class b (-1). */
export interface PairFit {
  readonly rows: Int32Array;
  /** [rows.length] alpha y */
  readonly coef: Float64Array;
  readonly solution: SmoSolution;
}

/**
 * Separates class a from class b.
 *
 * @param rows - rows to train on; the others are left out
 * @throws AbortError
 */
export async function fitPair(
  training: PairTraining,
  a: number,
  rows: Int32Array,
  pacer: Pacer,
): Promise<PairFit> {
  const { kernelRows, places, tol, maxIter } = training;
  const y = Int8Array.from(rows, (i) => (places[i] === a ? 1 : -1));
  const upper = Float64Array.from(rows, (i) => training.upper[i]!);
  const solution = await smo({ kernelRows, rows, y, upper, tol, maxIter }, pacer);
  return { rows, coef: solution.alpha.map((alpha, t) => alpha * y[t]!), solution };
}

/**
 * Rows of class a, then of class b, whose multiplier may be above 0.
 *
 * @throws DataError if a class has none
 */
export function pairRows({ places, upper }: PairTraining, a: number, b: number): Int32Array {
  const all = Int32Array.from(places.keys());
  const of = (place: number): Int32Array => {
    const rows = all.filter((i) => places[i] === place && upper[i]! > 0);
    if (rows.length > 0) return rows;
    throw new DataError('SVC: a class has weight 0', { got: `class number ${place}` });
  };
  return Int32Array.from([...of(a), ...of(b)]);
}

/**
 * Logistic function of a pair's decision values, fitted to those of 5-fold cross-validation.
 *
 * @throws AbortError
 */
export async function fitPairProbability(
  training: PairTraining,
  a: number,
  rows: Int32Array,
  rng: Rng,
  pacer: Pacer,
): Promise<PlattSigmoid> {
  const nFolds = 5;
  const order = rng.shuffle(rows.slice());
  const decision = new Float64Array(order.length);
  for (let fold = 0; fold < nFolds; fold++) {
    const start = Math.floor((fold * order.length) / nFolds);
    const end = Math.floor(((fold + 1) * order.length) / nFolds);
    const rest = order.filter((_, e) => e < start || e >= end);
    const held = order.subarray(start, end);
    decision.set(await heldOutDecision(training, a, rest, held, pacer), start);
  }
  const positive = Uint8Array.from(order, (i) => (training.places[i] === a ? 1 : 0));
  return fitPlatt(decision, positive);
}

/** Decision values of held out rows; +1 or -1 where only one class is left to train on. */
async function heldOutDecision(
  training: PairTraining,
  a: number,
  rest: Int32Array,
  held: Int32Array,
  pacer: Pacer,
): Promise<Float64Array> {
  const nA = rest.filter((i) => training.places[i] === a).length;
  if (nA === 0 || nA === rest.length) {
    const sign = rest.length === 0 ? 0 : nA === 0 ? -1 : 1;
    return new Float64Array(held.length).fill(sign);
  }
  const { rows, coef, solution } = await fitPair(training, a, rest, pacer);
  const decision = new Float64Array(held.length).fill(-solution.rho);
  for (let t = 0; t < rows.length; t++) {
    if (coef[t] === 0) continue;
    const row = training.kernelRows.row(rows[t]!);
    for (let h = 0; h < held.length; h++) decision[h]! += coef[t]! * row[held[h]!]!;
  }
  return decision;
}
