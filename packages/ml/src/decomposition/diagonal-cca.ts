import {
  DataError,
  DenseMatrix,
  Pacer,
  ParamError,
  type Matrix,
  type Rng,
  type RunOptions,
} from '@dance-ts/core';
import { getKernels, type Kernels } from '@dance-ts/kernels';
import { checkFinite, toFloat64Matrix, type Float64Matrix } from '../stats/float64-matrix.js';
import type { SvdSolver } from './decompose.js';
import type { Factors } from './factors.js';
import { crossProducts, float64Svd, transpose } from './float64-svd.js';
import { centeredOperator, type LinearOperator } from './linear-operator.js';
import { truncatedSvd } from './truncated-svd.js';

/** Options of {@link diagonalCca}. */
export interface DiagonalCcaOptions extends RunOptions {
  /** From 1 to min(n1, n2). */
  readonly nComponents: number;
  /** Directions to start from; the result depends on it by float32 rounding only. */
  readonly rng: Rng;
  /** `exact` in float64 on dense copies, `randomized` in float32; default `auto`: by size. */
  readonly solver?: SvdSolver;
}

/** Result of {@link diagonalCca}: Z1 Z2^T = U diag(s) V^T, cut to the largest s. */
export interface DiagonalCca {
  /** U, [n1, k] */
  readonly embedding1: DenseMatrix;
  /** V, [n2, k] */
  readonly embedding2: DenseMatrix;
  /** s, descending, [k] */
  readonly singularValues: Float64Array;
}

/** Larger problems are left to the iteration: smaller side, and entries of the dense copies. */
const EXACT_SIDE = 500;
const EXACT_ENTRIES = 4e6;

/**
 * Canonical correlation analysis of two groups of cells with the same genes, with the covariances
 * taken as diagonal (Butler et al., Nature Biotechnology 36, 2018, as in Seurat; used by DSTG):
 * each cell is standardized over its genes (mean 0, standard deviation 1 with divisor G - 1), then
 * the product of both groups is decomposed without being stored. Cells of constant expression
 * become 0. Of each component the entry of `embedding1` that is largest in size is positive.
 *
 * A sparse matrix stays sparse in the randomized solver.
 *
 * @param X1 - [n1, G], a matrix or rows of numbers
 * @param X2 - [n2, G]
 * @throws ParamError if nComponents is not in 1..min(n1, n2); DataError if the genes differ in
 *   number, are fewer than 2 or a value is not finite; AbortError
 */
export async function diagonalCca(
  X1: Matrix | readonly ArrayLike<number>[],
  X2: Matrix | readonly ArrayLike<number>[],
  options: DiagonalCcaOptions,
): Promise<DiagonalCca> {
  const groups = [X1, X2].map(shapeOf) as [Shape, Shape];
  checkSizes(...groups, options.nComponents);
  return isExact(groups, options.solver ?? 'auto')
    ? exactCca(X1, X2, options)
    : randomizedCca(X1, X2, options);
}

interface Shape {
  readonly nRows: number;
  readonly nCols: number;
}

function shapeOf(X: Matrix | readonly ArrayLike<number>[]): Shape {
  if ('kind' in X) return X;
  return { nRows: X.length, nCols: X[0]?.length ?? 0 };
}

function checkSizes(first: Shape, second: Shape, k: number): void {
  if (first.nCols !== second.nCols || first.nCols < 2) {
    throw new DataError('diagonalCca: number of genes', {
      got: `${first.nCols} and ${second.nCols}`,
      expected: 'equally many, at least 2',
      remedy: 'Give both groups the same genes in the same order.',
    });
  }
  const most = Math.min(first.nRows, second.nRows);
  if (Number.isInteger(k) && k >= 1 && k <= most) return;
  throw new ParamError('diagonalCca: nComponents', {
    got: String(k),
    expected: `an integer from 1 to ${most}`,
  });
}

function isExact(groups: readonly [Shape, Shape], solver: SvdSolver): boolean {
  const [first, second] = groups;
  const side = Math.min(first.nRows, second.nRows);
  const entries = (first.nRows + second.nRows) * first.nCols + first.nRows * second.nRows;
  return (
    solver === 'exact' || (solver === 'auto' && side <= EXACT_SIDE && entries <= EXACT_ENTRIES)
  );
}

async function exactCca(
  X1: Matrix | readonly ArrayLike<number>[],
  X2: Matrix | readonly ArrayLike<number>[],
  { nComponents: k, signal }: DiagonalCcaOptions,
): Promise<DiagonalCca> {
  const pacer = new Pacer(signal);
  const first = standardizedColumns('X1', X1);
  const second = standardizedColumns('X2', X2);
  const [n1, n2] = [first.nCols, second.nCols];
  const product = { nRows: n2, nCols: n1, values: await crossProducts(second, first, pacer) };
  return embeddingsOf(await float64Svd(product, k, pacer), n1, n2);
}

/** The transposed group, with each cell, now a column, standardized. */
function standardizedColumns(
  name: string,
  X: Matrix | readonly ArrayLike<number>[],
): Float64Matrix {
  const rows = toFloat64Matrix(`diagonalCca: ${name}`, 'kind' in X ? X.toDense() : X);
  for (let i = 0; i < rows.nRows; i++) {
    const row = rows.values.subarray(i * rows.nCols, (i + 1) * rows.nCols);
    const { mean, scale } = momentsOf(row, row.length);
    for (let j = 0; j < row.length; j++) row[j] = (row[j]! - mean) / scale;
  }
  return transpose(rows);
}

function embeddingsOf({ scores, s, axes }: Factors, n1: number, n2: number): DiagonalCca {
  const k = s.length;
  const left = transpose({ nRows: k, nCols: n1, values: axes }).values;
  const right = scores.map((value, e) => (s[e % k]! > 0 ? value / s[e % k]! : 0));
  return {
    embedding1: new DenseMatrix(n1, k, Float32Array.from(left)),
    embedding2: new DenseMatrix(n2, k, Float32Array.from(right)),
    singularValues: s,
  };
}

async function randomizedCca(
  X1: Matrix | readonly ArrayLike<number>[],
  X2: Matrix | readonly ArrayLike<number>[],
  options: DiagonalCcaOptions,
): Promise<DiagonalCca> {
  const kernels = await getKernels();
  const first = standardizedOperator('X1', X1, kernels);
  const second = standardizedOperator('X2', X2, kernels);
  const product: LinearOperator = {
    nRows: second.nCols,
    nCols: first.nCols,
    multiply: (B) => second.multiplyTransposed(first.multiply(B)),
    multiplyTransposed: (C) => first.multiplyTransposed(second.multiply(C)),
  };
  const { U, s, Vt } = await truncatedSvd(product, { ...options, solver: 'randomized' });
  return { embedding1: Vt.transpose(), embedding2: U, singularValues: s };
}

/** The transposed group as an operator, [G, n], with each cell standardized implicitly. */
function standardizedOperator(
  name: string,
  X: Matrix | readonly ArrayLike<number>[],
  kernels: Kernels,
): LinearOperator {
  const matrix = 'kind' in X ? X : DenseMatrix.fromRows(X);
  checkFinite(`diagonalCca: ${name}`, matrix.data);
  const mean = new Float64Array(matrix.nRows);
  const scale = new Float64Array(matrix.nRows);
  for (let i = 0; i < matrix.nRows; i++) {
    const stored = matrix.kind === 'dense' ? matrix.row(i) : matrix.row(i).data;
    const moments = momentsOf(stored, matrix.nCols);
    mean[i] = moments.mean;
    scale[i] = moments.scale;
  }
  return centeredOperator(matrix.transpose(), kernels, { mean, scale });
}

/** Mean and standard deviation (1 if it is 0) of `n` values, of which those not stored are 0. */
function momentsOf(stored: ArrayLike<number>, n: number): { mean: number; scale: number } {
  let sum = 0;
  for (let e = 0; e < stored.length; e++) sum += stored[e]!;
  const mean = sum / n;
  let squares = (n - stored.length) * mean * mean;
  for (let e = 0; e < stored.length; e++) squares += (stored[e]! - mean) ** 2;
  // Rounding of the mean must not make noise of a constant cell.
  const isConstant = squares <= 1e-24 * n * mean * mean;
  return { mean, scale: isConstant ? 1 : Math.sqrt(squares / (n - 1)) };
}
