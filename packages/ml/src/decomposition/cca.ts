import { DataError, DenseMatrix, Pacer, ParamError, type RunOptions } from '@dance-ts/core';
import { toFloat64Matrix, type Float64Matrix, type RealMatrix } from '../stats/float64-matrix.js';
import { crossProducts, float64Svd, transpose } from './float64-svd.js';

/** Options of {@link cca}. */
export interface CcaOptions extends RunOptions {
  /** Pairs of directions, from 1 to min(p, q); default all. */
  readonly nComponents?: number;
}

/** Result of {@link cca}. */
export interface Cca {
  /** Canonical correlations, descending, [k] */
  readonly correlations: Float64Array;
  /** Canonical variates of X, with variance 1 (divisor n - 1), [n, k] */
  readonly xScores: DenseMatrix;
  /** Canonical variates of Y, [n, k] */
  readonly yScores: DenseMatrix;
}

/** A direction whose variance beyond the others is a smaller share of its own depends on them. */
const SMALLEST_PIVOT = 1e-12;

/**
 * Classical canonical correlation analysis (Hotelling, Biometrika 28, 1936) of two sets of
 * variables of the same samples, in float64: the singular values of the cross covariance after both
 * sides were whitened. Of each direction, the entry of the whitened X side that is largest in size
 * is positive. For many more variables than samples use `diagonalCca`.
 *
 * @param X - [n, p]
 * @param Y - [n, q]
 * @throws ParamError if nComponents is not in 1..min(p, q); DataError if the rows differ in number,
 *   a value is not finite or variables of one side depend on each other; AbortError
 */
export async function cca(X: RealMatrix, Y: RealMatrix, options: CcaOptions = {}): Promise<Cca> {
  const pacer = new Pacer(options.signal);
  const sides = [toFloat64Matrix('cca: X', X), toFloat64Matrix('cca: Y', Y)] as const;
  const k = checkSizes(...sides, options.nComponents);
  const x = await whiten('X', sides[0], pacer);
  const y = await whiten('Y', sides[1], pacer);
  const [p, q] = [x.nCols, y.nCols];
  const cross = { nRows: q, nCols: p, values: await crossProducts(y, x, pacer) };
  const { scores, s, axes } = await float64Svd(cross, k, pacer);
  const left = transpose({ nRows: k, nCols: p, values: axes });
  const right = Float64Array.from(scores, (value, e) => (s[e % k]! > 0 ? value / s[e % k]! : 0));
  const unit = Math.sqrt(x.nRows - 1);
  return {
    correlations: s.map((value) => Math.min(1, value)),
    xScores: multiply(x, left.values, k, unit),
    yScores: multiply(y, right, k, unit),
  };
}

function checkSizes(X: Float64Matrix, Y: Float64Matrix, asked: number | undefined): number {
  if (X.nRows !== Y.nRows || X.nRows < 2) {
    throw new DataError('cca: rows of X and Y', {
      got: `${X.nRows} and ${Y.nRows}`,
      expected: 'equally many, at least 2',
    });
  }
  const most = Math.min(X.nCols, Y.nCols);
  const k = asked ?? most;
  if (Number.isInteger(k) && k >= 1 && k <= most) return k;
  throw new ParamError('cca: nComponents', {
    got: String(k),
    expected: `an integer from 1 to ${most}`,
  });
}

/** Columns with mean 0 that are orthonormal and span those of the centered matrix. */
async function whiten(name: string, X: Float64Matrix, pacer: Pacer): Promise<Float64Matrix> {
  const columns = transpose(X);
  const { nRows: p, nCols: n, values } = columns;
  for (let j = 0; j < p; j++) {
    await pacer.tick();
    const column = values.subarray(j * n, (j + 1) * n);
    const mean = column.reduce((sum, value) => sum + value, 0) / n;
    for (let i = 0; i < n; i++) column[i]! -= mean;
    const before = norm(column);
    // Gram and Schmidt's method, twice, which keeps orthogonality to rounding.
    for (let pass = 0; pass < 2; pass++) {
      for (let m = 0; m < j; m++) removePart(column, values.subarray(m * n, (m + 1) * n));
    }
    const length = norm(column);
    if (!(length ** 2 > SMALLEST_PIVOT * before ** 2)) {
      throw new DataError(`cca: column ${j} of ${name} depends on the columns before it`, {
        remedy: 'Remove it, reduce the variables by a PCA, or use diagonalCca.',
      });
    }
    for (let i = 0; i < n; i++) column[i]! /= length;
  }
  return transpose(columns);
}

function removePart(column: Float64Array, unit: Float64Array): void {
  let part = 0;
  for (let i = 0; i < column.length; i++) part += column[i]! * unit[i]!;
  for (let i = 0; i < column.length; i++) column[i]! -= part * unit[i]!;
}

function norm(x: Float64Array): number {
  return Math.sqrt(x.reduce((sum, value) => sum + value * value, 0));
}

/** factor A B for B [A.nCols * k] */
function multiply(A: Float64Matrix, B: Float64Array, k: number, factor: number): DenseMatrix {
  const out = DenseMatrix.zeros(A.nRows, k);
  for (let i = 0; i < A.nRows; i++) {
    for (let c = 0; c < k; c++) {
      let sum = 0;
      for (let j = 0; j < A.nCols; j++) sum += A.values[i * A.nCols + j]! * B[j * k + c]!;
      out.data[i * k + c] = factor * sum;
    }
  }
  return out;
}
