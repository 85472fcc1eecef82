import { DenseMatrix, type Matrix } from '@dance-ts/core';
import { columnMoments } from '@dance-ts/ml';

/** Ways to normalize a matrix along an axis, see {@link normalizedColumns}. */
export const NORMALIZATION_MODES = ['normalize', 'standardize', 'minmax', 'l2'] as const;

/** One of {@link NORMALIZATION_MODES}. */
export type NormalizationMode = (typeof NORMALIZATION_MODES)[number];

/**
 * Columns divided by their sum (`normalize`) or Euclidean norm (`l2`), as z-scores with the
 * population's deviation (`standardize`), or mapped to 0 to 1 (`minmax`).
 *
 * A divisor of 0 becomes 1 if `eps` is negative; else `eps` is added to every divisor. `normalize` and
 * `l2` keep a sparse matrix sparse, and so does `minmax` where no column has a negative minimum or a
 * positive one; the others give a dense matrix.
 */
export function normalizedColumns(X: Matrix, mode: NormalizationMode, eps: number): Matrix {
  if (X.nRows === 0) return X;
  const { shift, divisor } = shiftAndDivisor(X, mode);
  const inverse = divisor.map((value) => 1 / (eps < 0 ? value || 1 : value + eps));
  if (shift.every((value) => value === 0)) return scaledColumns(X, inverse);
  const dense = X.kind === 'csr' ? X.toDense() : X.copy();
  for (let i = 0; i < dense.nRows; i++) {
    const row = dense.row(i);
    for (let j = 0; j < row.length; j++) row[j] = (row[j]! - shift[j]!) * inverse[j]!;
  }
  return dense;
}

/** The same for rows. */
export function normalizedRows(X: Matrix, mode: NormalizationMode, eps: number): Matrix {
  return normalizedColumns(X.transpose(), mode, eps).transpose();
}

/** Column `j` multiplied by `factors[j]`; sparse stays sparse. */
export function scaledColumns(X: Matrix, factors: Float64Array): Matrix {
  if (X.kind === 'csr') return X.withData(X.data.map((v, e) => v * factors[X.indices[e]!]!));
  return new DenseMatrix(
    X.nRows,
    X.nCols,
    X.data.map((value, e) => value * factors[e % X.nCols]!),
  );
}

function shiftAndDivisor(
  X: Matrix,
  mode: NormalizationMode,
): { shift: Float64Array; divisor: Float64Array } {
  const none = new Float64Array(X.nCols);
  switch (mode) {
    case 'normalize':
      return { shift: none, divisor: X.columnSums() };
    case 'l2':
      return { shift: none, divisor: squareSums(X).map(Math.sqrt) };
    case 'standardize': {
      const { mean, variance } = columnMoments(X);
      return { shift: mean, divisor: variance.map(Math.sqrt) };
    }
    case 'minmax': {
      const { low, high } = columnRanges(X);
      return { shift: low, divisor: high.map((value, j) => value - low[j]!) };
    }
  }
}

function squareSums(X: Matrix): Float64Array {
  const sums = new Float64Array(X.nCols);
  for (let e = 0; e < X.data.length; e++) {
    const j = X.kind === 'csr' ? X.indices[e]! : e % X.nCols;
    sums[j]! += X.data[e]! ** 2;
  }
  return sums;
}

function columnRanges(X: Matrix): { low: Float64Array; high: Float64Array } {
  const low = new Float64Array(X.nCols).fill(Infinity);
  const high = new Float64Array(X.nCols).fill(-Infinity);
  const stored = new Int32Array(X.nCols);
  const take = (j: number, value: number): void => {
    low[j] = Math.min(low[j]!, value);
    high[j] = Math.max(high[j]!, value);
  };
  for (let e = 0; e < X.data.length; e++) {
    const j = X.kind === 'csr' ? X.indices[e]! : e % X.nCols;
    take(j, X.data[e]!);
    stored[j]! += 1;
  }
  stored.forEach((n, j) => {
    if (n < X.nRows) take(j, 0);
  });
  return { low, high };
}
