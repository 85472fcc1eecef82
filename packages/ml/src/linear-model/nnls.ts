import { DataError, Pacer, type Matrix, type RunOptions } from '@dance-ts/core';
import {
  checkFinite,
  toFloat64Matrix,
  type Float64Matrix,
  type RealMatrix,
} from '../stats/float64-matrix.js';
import { ActiveSet } from './active-set.js';

/** Solution of {@link nnls}. */
export interface NnlsResult {
  /** Coefficients >= 0, [k]. */
  readonly x: Float64Array;
  /** |A x - b| */
  readonly residualNorm: number;
}

/** Solutions of {@link nnlsMany}. */
export interface NnlsManyResult {
  /** Coefficients >= 0 of each right-hand side, row-major, [n * k]. */
  readonly X: Float64Array;
  /** |A x - b| of each right-hand side, [n]. */
  readonly residualNorms: Float64Array;
}

/**
 * Non-negative least squares: the x >= 0 that minimizes |A x - b|, as scipy's `nnls`, by the active
 * set method of Lawson & Hanson (1974) on the normal equations in float64, refined where columns of
 * A nearly depend on each other. Where the solution is not unique, as few coefficients as the
 * method gets by with are above zero.
 *
 * @param A - [m, k]
 * @param b - [m]
 * @throws DataError if A is empty, a value is not finite or the sizes differ
 */
export function nnls(A: RealMatrix, b: ArrayLike<number>): NnlsResult {
  const matrix = toFloat64Matrix('nnls: A', A);
  checkLength('nnls: b', b.length, matrix.nRows);
  checkFinite('nnls: b', b);
  const problem = new NnlsProblem(matrix);
  problem.b.set(b);
  return problem.solve();
}

/**
 * {@link nnls} for many right-hand sides over one Gram matrix; sparse ones stay sparse. 4,000
 * problems of 1,500 rows and 10 unknowns take about a second.
 *
 * @param A - [m, k]
 * @param B - [n, m], a right-hand side a row (for example spots x genes)
 * @throws DataError if A is empty, a value is not finite or the sizes differ; AbortError
 */
export async function nnlsMany(
  A: RealMatrix,
  B: Matrix | readonly ArrayLike<number>[],
  options: RunOptions = {},
): Promise<NnlsManyResult> {
  const matrix = toFloat64Matrix('nnlsMany: A', A);
  const n = 'kind' in B ? B.nRows : B.length;
  if ('kind' in B) {
    checkLength('nnlsMany: B, its columns,', B.nCols, matrix.nRows);
    checkFinite('nnlsMany: B', B.data);
  }
  const pacer = new Pacer(options.signal);
  await pacer.tick();
  const problem = new NnlsProblem(matrix);
  const X = new Float64Array(n * matrix.nCols);
  const residualNorms = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    await pacer.tick();
    fillRow(problem.b, B, i);
    const { x, residualNorm } = problem.solve();
    X.set(x, i * matrix.nCols);
    residualNorms[i] = residualNorm;
    options.reporter?.progress({ task: 'nnls', done: i + 1, total: n });
  }
  return { X, residualNorms };
}

/**
 * Non-negative least squares from the normal equations: the x >= 0 that minimizes
 * x^T gram x / 2 - right^T x, with gram = A^T A and right = A^T b.
 *
 * @param gram - [k * k], row-major, symmetric, positive semidefinite
 * @param right - [k]
 * @returns x, [k]
 * @throws DataError if the sizes differ or a value is not finite
 */
export function nnlsFromGram(gram: Float64Array, right: Float64Array): Float64Array {
  checkLength('nnlsFromGram: gram', gram.length, right.length ** 2);
  checkFinite('nnlsFromGram: gram', gram);
  checkFinite('nnlsFromGram: right', right);
  return new ActiveSet(gram, right.length).solve(right);
}

/** One A with its Gram matrix and buffers. */
class NnlsProblem {
  /** The right-hand side, to be filled before each {@link solve}, [m]. */
  readonly b: Float64Array;
  private readonly activeSet: ActiveSet;
  private readonly residual: Float64Array;

  constructor(private readonly A: Float64Matrix) {
    this.activeSet = new ActiveSet(gramOf(A), A.nCols);
    this.b = new Float64Array(A.nRows);
    this.residual = new Float64Array(A.nRows);
  }

  solve(): NnlsResult {
    const { A, b, activeSet, residual } = this;
    const x = activeSet.solve(transposedTimes(A, b));
    subtractProduct(b, A, x, residual);
    if (activeSet.isShaky) {
      activeSet.refine(x, transposedTimes(A, residual));
      subtractProduct(b, A, x, residual);
    }
    return { x, residualNorm: Math.sqrt(residual.reduce((sum, value) => sum + value * value, 0)) };
  }
}

/** Writes row `i` of B to `b`. */
function fillRow(b: Float64Array, B: Matrix | readonly ArrayLike<number>[], i: number): void {
  if (!('kind' in B)) {
    const row = B[i]!;
    checkLength(`nnlsMany: row ${i} of B`, row.length, b.length);
    checkFinite(`nnlsMany: row ${i} of B`, row);
    b.set(row);
  } else if (B.kind === 'dense') {
    b.set(B.row(i));
  } else {
    const { indices, data } = B.row(i);
    b.fill(0);
    for (let e = 0; e < indices.length; e++) b[indices[e]!] = data[e]!;
  }
}

function gramOf({ nRows, nCols: k, values }: Float64Matrix): Float64Array {
  const gram = new Float64Array(k * k);
  for (let i = 0; i < nRows; i++) {
    const row = values.subarray(i * k, (i + 1) * k);
    for (let j = 0; j < k; j++) {
      const factor = row[j]!;
      if (factor === 0) continue;
      for (let m = 0; m < k; m++) gram[j * k + m]! += factor * row[m]!;
    }
  }
  return gram;
}

/** A^T b */
function transposedTimes({ nCols: k, values }: Float64Matrix, b: Float64Array): Float64Array {
  const out = new Float64Array(k);
  for (let i = 0, from = 0; i < b.length; i++, from += k) {
    const factor = b[i]!;
    if (factor === 0) continue;
    for (let j = 0; j < k; j++) out[j]! += factor * values[from + j]!;
  }
  return out;
}

/** residual = b - A x */
function subtractProduct(
  b: Float64Array,
  { nCols: k, values }: Float64Matrix,
  x: Float64Array,
  residual: Float64Array,
): void {
  for (let i = 0, from = 0; i < b.length; i++, from += k) {
    let sum = b[i]!;
    for (let j = 0; j < k; j++) sum -= values[from + j]! * x[j]!;
    residual[i] = sum;
  }
}

function checkLength(name: string, length: number, expected: number): void {
  if (length === expected) return;
  throw new DataError(`${name} does not fit`, {
    got: `${length} entries`,
    expected: `${expected}`,
    remedy: 'Give one entry a row of A.',
  });
}
