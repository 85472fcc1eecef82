import { DenseMatrix, type Matrix } from '@dance-ts/core';
import { getKernels } from '@dance-ts/kernels';
import { columnMoments } from '../stats/column-moments.js';
import { centeredOperator } from './linear-operator.js';
import { truncatedSvd, type SvdOptions } from './truncated-svd.js';

/** Options of {@link pca}. */
export interface PcaOptions extends SvdOptions {
  /** Divide each column by its sample standard deviation (0 counts as 1), default false. */
  readonly standardize?: boolean;
}

/** Principal components of the rows of a matrix. */
export interface Pca {
  /** Coordinates of the samples, [nRows, k]. */
  readonly scores: DenseMatrix;
  /** Principal axes as rows, [k, nCols]. */
  readonly components: DenseMatrix;
  /** Variance (n - 1) along each axis, [k]. */
  readonly explainedVariance: Float64Array;
  /** Share of the total variance, [k]. */
  readonly explainedVarianceRatio: Float64Array;
  /** Column means, [nCols]. */
  readonly mean: Float64Array;
}

/**
 * Principal component analysis by randomized SVD; columns are centered implicitly, so a sparse
 * matrix is never densified. Signs: the entry of largest magnitude of each component is positive.
 *
 * @throws ParamError if more components are asked for than min(rows, columns)
 */
export async function pca(X: Matrix, options: PcaOptions): Promise<Pca> {
  const { mean, variance } = columnMoments(X, { ddof: 1 });
  const deviation = variance.map((value) => (value > 0 ? Math.sqrt(value) : 1));
  const standardize = options.standardize ?? false;
  const operator = centeredOperator(X, await getKernels(), {
    mean,
    ...(standardize ? { scale: deviation } : {}),
  });
  const { U, s, Vt } = await truncatedSvd(operator, options);
  const scores = DenseMatrix.zeros(X.nRows, s.length);
  for (let e = 0; e < U.data.length; e++) scores.data[e] = U.data[e]! * s[e % s.length]!;
  const explainedVariance = s.map((value) => (value * value) / (X.nRows - 1));
  const total = variance.reduce(
    (sum, value) => sum + (standardize ? (value > 0 ? 1 : 0) : value),
    0,
  );
  return {
    scores,
    components: Vt,
    explainedVariance,
    explainedVarianceRatio: explainedVariance.map((value) => value / total),
    mean,
  };
}
