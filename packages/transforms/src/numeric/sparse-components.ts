import { DenseMatrix, Pacer, type Matrix, type Rng, type RunOptions } from '@dance-ts/core';
import { getKernels } from '@dance-ts/kernels';
import { centeredOperator, columnMoments, truncatedSvd, type LinearOperator } from '@dance-ts/ml';
import { solvePositiveDefinite } from './solve-positive-definite.js';

/** Options of {@link sparseComponents}. */
export interface SparseComponentOptions extends RunOptions {
  /** At most min(nRows, nCols). */
  readonly nComponents: number;
  /** Weight of the absolute values of the components. */
  readonly alpha: number;
  /** Weight of the squares of the scores, above 0. */
  readonly ridgeAlpha: number;
  readonly maxIterations: number;
  /** Relative decrease of the objective at which the iteration stops. */
  readonly tolerance: number;
  readonly rng: Rng;
}

/** Sparse principal components of the rows of a matrix. */
export interface SparseComponents {
  /** Unit rows with many zeros (or all zeros), [k, nCols]. */
  readonly components: DenseMatrix;
  /** [nRows, k] */
  readonly scores: DenseMatrix;
}

const MAX_SWEEPS = 1000;
/** Change of the coefficients, relative to the largest, at which coordinate descent stops. */
const SETTLED = 1e-8;
/** A component with less than this sum of squares leaves its atom as it is. */
const NEGLIGIBLE = 1e-6;

/**
 * Minimizes 1/2 |Xc^T - U V|^2 + alpha |U|_1 over U [nCols, k] and V [k, nRows] with rows of length at most
 * 1, Xc being X with centered columns: U by coordinate descent and V row by row, in turns, from the
 * singular vectors on. The components are the columns of U at length 1; the scores are the ridge
 * regression of the rows of Xc on them. A sparse X stays sparse.
 *
 * Source: Mairal et al., ICML 2009; as scikit-learn's SparsePCA(method='cd').
 *
 * @param X - at least one row and one column
 */
export async function sparseComponents(
  X: Matrix,
  options: SparseComponentOptions,
): Promise<SparseComponents> {
  const { nComponents, ridgeAlpha, rng, signal } = options;
  const { mean, variance } = columnMoments(X);
  const centered = centeredOperator(X, await getKernels(), { mean });
  const { U, s, Vt } = await truncatedSvd(centered, { nComponents, rng, signal });
  const code = Float64Array.from(Vt.transpose().data);
  const atoms = Float64Array.from(U.transpose().scaleRows(s).data);
  const squares = variance.reduce((sum, value) => sum + value, 0) * X.nRows;
  await alternate(centered, code, atoms, squares, options);
  const components = unitColumns(code, X.nCols, nComponents).transpose();
  return { components, scores: ridgeScores(centered, components, ridgeAlpha) };
}

/** The iteration; `code` [nCols * k] and `atoms` [k * nRows] are overwritten. */
async function alternate(
  X: LinearOperator,
  code: Float64Array,
  atoms: Float64Array,
  squares: number,
  { nComponents: k, alpha, maxIterations, tolerance, signal }: SparseComponentOptions,
): Promise<void> {
  const pacer = new Pacer(signal);
  let last = Infinity;
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    const V = new DenseMatrix(k, X.nRows, Float32Array.from(atoms));
    const products = X.multiplyTransposed(V.transpose()).data;
    const gram = gramOfRows(atoms, k);
    for (let j = 0; j < X.nCols; j++) {
      await pacer.tick();
      const from = j * k;
      lasso(gram, products.subarray(from, from + k), alpha, code.subarray(from, from + k));
    }
    const B = X.multiply(new DenseMatrix(X.nCols, k, Float32Array.from(code)));
    const A = gramOfColumns(code, k);
    await updateAtoms(A, B, atoms, pacer);
    const objective = objectiveOf(A, B, code, atoms, alpha, squares);
    if (last - objective < tolerance * Math.abs(objective)) return;
    last = objective;
  }
}

/** Minimizes 1/2 w G w - q w + alpha |w|_1 by coordinate descent from `w`, which is overwritten. */
function lasso(G: Float64Array, q: Float32Array, alpha: number, w: Float64Array): void {
  const k = w.length;
  const gradient = Float64Array.from(q);
  for (let a = 0; a < k; a++) {
    if (w[a] === 0) continue;
    for (let b = 0; b < k; b++) gradient[b]! -= G[a * k + b]! * w[a]!;
  }
  for (let sweep = 0; sweep < MAX_SWEEPS; sweep++) {
    let change = 0;
    let largest = 0;
    for (let a = 0; a < k; a++) {
      const curvature = G[a * k + a]!;
      if (curvature === 0) continue;
      const target = gradient[a]! + curvature * w[a]!;
      const next = (Math.sign(target) * Math.max(0, Math.abs(target) - alpha)) / curvature;
      const step = next - w[a]!;
      if (step !== 0) for (let b = 0; b < k; b++) gradient[b]! -= G[a * k + b]! * step;
      w[a] = next;
      change = Math.max(change, Math.abs(step));
      largest = Math.max(largest, Math.abs(next));
    }
    if (change <= SETTLED * largest) return;
  }
}

/** Each atom to its best given the others, then to length 1 if it is longer. */
async function updateAtoms(
  A: Float64Array,
  B: DenseMatrix,
  atoms: Float64Array,
  pacer: Pacer,
): Promise<void> {
  const k = B.nCols;
  const n = B.nRows;
  for (let a = 0; a < k; a++) {
    await pacer.tick();
    const weight = A[a * k + a]!;
    if (weight <= NEGLIGIBLE) continue;
    const atom = atoms.subarray(a * n, (a + 1) * n);
    for (let i = 0; i < n; i++) {
      let sum = B.get(i, a);
      for (let b = 0; b < k; b++) sum -= A[a * k + b]! * atoms[b * n + i]!;
      atom[i]! += sum / weight;
    }
    const length = Math.sqrt(atom.reduce((sum, value) => sum + value * value, 0));
    if (length > 1) for (let i = 0; i < n; i++) atom[i]! /= length;
  }
}

function objectiveOf(
  A: Float64Array,
  B: DenseMatrix,
  code: Float64Array,
  atoms: Float64Array,
  alpha: number,
  squares: number,
): number {
  const k = B.nCols;
  const gram = gramOfRows(atoms, k);
  let fit = squares;
  for (let e = 0; e < k * k; e++) fit += A[e]! * gram[e]!;
  for (let a = 0; a < k; a++) {
    for (let i = 0; i < B.nRows; i++) fit -= 2 * B.get(i, a) * atoms[a * B.nRows + i]!;
  }
  return 0.5 * fit + alpha * code.reduce((sum, value) => sum + Math.abs(value), 0);
}

function ridgeScores(X: LinearOperator, components: DenseMatrix, ridge: number): DenseMatrix {
  const k = components.nRows;
  const products = X.multiply(components.transpose()).transpose();
  const gram = gramOfRows(Float64Array.from(components.data), k);
  for (let a = 0; a < k; a++) gram[a * k + a]! += ridge;
  const solution = Float64Array.from(products.data);
  solvePositiveDefinite(gram, solution, k, X.nRows);
  return new DenseMatrix(k, X.nRows, Float32Array.from(solution)).transpose();
}

/** M M^T of a row-major matrix of k rows, [k * k]. */
function gramOfRows(M: Float64Array, k: number): Float64Array {
  const n = M.length / k;
  const gram = new Float64Array(k * k);
  for (let a = 0; a < k; a++) {
    for (let b = 0; b <= a; b++) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += M[a * n + i]! * M[b * n + i]!;
      gram[a * k + b] = sum;
      gram[b * k + a] = sum;
    }
  }
  return gram;
}

/** M^T M of a row-major matrix of k columns, [k * k]. */
function gramOfColumns(M: Float64Array, k: number): Float64Array {
  const gram = new Float64Array(k * k);
  for (let from = 0; from < M.length; from += k) {
    for (let a = 0; a < k; a++) {
      const value = M[from + a]!;
      if (value === 0) continue;
      for (let b = 0; b < k; b++) gram[a * k + b]! += value * M[from + b]!;
    }
  }
  return gram;
}

/** Columns at length 1, the entry largest in size positive; columns of zeros stay. */
function unitColumns(code: Float64Array, nRows: number, k: number): DenseMatrix {
  const unit = DenseMatrix.zeros(nRows, k);
  for (let a = 0; a < k; a++) {
    let squares = 0;
    let extreme = 0;
    for (let j = 0; j < nRows; j++) {
      const value = code[j * k + a]!;
      squares += value * value;
      if (Math.abs(value) > Math.abs(extreme)) extreme = value;
    }
    const scale = squares === 0 ? 0 : Math.sign(extreme) / Math.sqrt(squares);
    for (let j = 0; j < nRows; j++) unit.data[j * k + a] = code[j * k + a]! * scale;
  }
  return unit;
}
