import { DataError, DenseMatrix, type Matrix } from '@dance-ts/core';
import { columnMoments } from '../stats/column-moments.js';
import { decompose, type SvdOptions } from './decompose.js';

/** Options of {@link pca}. */
export interface PcaOptions extends SvdOptions {
  /** Subtract the column means, default true. */
  readonly center?: boolean;
  /**
   * Each column is divided by this after centering, [nCols], each > 0: standard deviations (1 for
   * constant columns) to standardize. Nothing if left out.
   */
  readonly scale?: Float64Array;
}

/** Principal components of the rows of a matrix. */
export interface Pca {
  /** Coordinates of the samples, [nRows, k]. */
  readonly scores: DenseMatrix;
  /** Principal axes as rows, [k, nCols]. */
  readonly components: DenseMatrix;
  /** Variance along each axis, divisor nRows - 1, [k]. */
  readonly explainedVariance: Float64Array;
  /** Share of the total variance, [k]. */
  readonly explainedVarianceRatio: Float64Array;
  /** Singular values of the centered and scaled matrix, descending, [k]. */
  readonly singularValues: Float64Array;
  /** What was subtracted from the columns (zeros without centering), [nCols]. */
  readonly mean: Float64Array;
}

/**
 * Principal component analysis. Columns are centered and scaled implicitly: a sparse matrix is
 * never made dense. Of each axis the entry that is largest in size is positive; the scores follow.
 * Components beyond the rank are zero. Without centering, variances are about 0, not the mean.
 *
 * @param X - samples x variables, at least 2 samples
 * @throws ParamError if more components are asked for than min(nRows, nCols); DataError for
 * fewer than 2 samples, NaN or infinite values, or a scale that is not > 0; AbortError
 */
export async function pca(X: Matrix, options: PcaOptions): Promise<Pca> {
  if (X.nRows < 2) {
    throw new DataError('principal components need samples', {
      got: String(X.nRows),
      expected: 'at least 2',
    });
  }
  const { center = true, scale } = options;
  const { mean, variance } = columnMoments(X, { ddof: 1 });
  const { scores, s, axes } = await decompose(X, options, {
    mean: center ? mean : undefined,
    scale,
  });
  const explainedVariance = s.map((value) => (value * value) / (X.nRows - 1));
  const correction = X.nRows / (X.nRows - 1);
  const total = variance.reduce((sum, value, j) => {
    const spread = center ? value : value + correction * mean[j]! * mean[j]!;
    const divisor = scale?.[j] ?? 1;
    return sum + spread / (divisor * divisor);
  }, 0);
  return {
    scores: new DenseMatrix(X.nRows, s.length, Float32Array.from(scores)),
    components: new DenseMatrix(s.length, X.nCols, Float32Array.from(axes)),
    explainedVariance,
    explainedVarianceRatio: explainedVariance.map((value) => (total > 0 ? value / total : 0)),
    singularValues: s,
    mean: center ? mean : new Float64Array(X.nCols),
  };
}
