import {
  assertCounts,
  DataError,
  DenseMatrix,
  ParamError,
  type Matrix,
  type Rng,
  type RunOptions,
} from '@dance-ts/core';
import { getKernels } from '@dance-ts/kernels';
import { truncatedSvd } from '@dance-ts/ml';
import { sparseTimesDense } from '../../numeric/sparse-times-dense.js';
import { scaleRowsToSum } from '../normalize/scale-rows.js';
import { inverseFrequencies, tfidf } from '../normalize/tfidf.js';

/** Sum of each row before the logarithm. */
const ROW_SUM = 1e4;

/** Options of {@link fitLsi}. */
export interface LsiOptions extends RunOptions {
  /** Width of the result. */
  readonly nComponents: number;
  /** Leave out the first component, which mostly tells the depth of the cells; default true. */
  readonly dropFirst?: boolean;
  readonly rng: Rng;
}

/** Latent semantic indexing, fitted: what places other cells in the same space. */
export interface Lsi {
  /** Inverse document frequencies, [nFeatures]. */
  readonly idf: Float64Array;
  /** Right singular vectors, without the first if that is dropped, [nComponents, nFeatures]. */
  readonly components: DenseMatrix;
}

/**
 * Fits latent semantic indexing: with tf the counts divided by their row sum and
 * idf_j = rows / column sum, rows of tf idf are scaled to a sum of 1, x becomes ln(1 + 10^4 x), and the
 * truncated singular value decomposition of that, not centered, gives the space.
 *
 * A feature without counts has idf 0, so it takes no part. Sparse stays sparse.
 *
 * Source: Cao & Gao, Nat. Biotechnol. 40, 2022 (GLUE); Cusanovich et al., Science 348, 2015.
 *
 * @param counts - cells x features
 * @throws ParamError if there are too few cells or features for the components; DataError for negative
 * or non-finite values; AbortError
 */
export async function fitLsi(counts: Matrix, options: LsiOptions): Promise<Lsi> {
  const { nComponents, dropFirst = true, rng, signal } = options;
  assertCounts(counts);
  const width = nComponents + (dropFirst ? 1 : 0);
  const limit = Math.min(counts.nRows, counts.nCols);
  if (width > limit) {
    throw new ParamError('LSI: nComponents does not fit the data', {
      got: `${nComponents}${dropFirst ? ' and the first, which is dropped' : ''}`,
      expected: `at most ${limit}, for ${counts.nRows} cells and ${counts.nCols} features`,
    });
  }
  const idf = inverseFrequencies(counts);
  const { Vt } = await truncatedSvd(logFrequencies(counts, idf), {
    nComponents: width,
    rng,
    signal,
  });
  const kept = Int32Array.from({ length: nComponents }, (_, c) => c + width - nComponents);
  return { idf, components: Vt.selectRows(kept) };
}

/**
 * Places cells in the space of a fit, [nCells, nComponents]; the fit's inverse document frequencies
 * are used.
 *
 * @param counts - cells x the features of the fit
 * @throws DataError for negative or non-finite values, or another number of features
 */
export async function applyLsi({ idf, components }: Lsi, counts: Matrix): Promise<DenseMatrix> {
  if (counts.nCols !== idf.length) {
    throw new DataError('LSI: features of the cells', {
      got: `${counts.nCols} features`,
      expected: `the ${idf.length} of the fit`,
    });
  }
  assertCounts(counts);
  const values = logFrequencies(counts, idf);
  const kernels = await getKernels();
  const loadings = components.transpose();
  if (values.kind === 'csr') return sparseTimesDense(kernels, values, loadings);
  const out = DenseMatrix.zeros(values.nRows, loadings.nCols);
  const sizes = { m: values.nRows, n: loadings.nCols, k: values.nCols };
  kernels.gemm({ ...sizes, a: values.data, b: loadings.data, out: out.data });
  return out;
}

function logFrequencies(counts: Matrix, idf: Float64Array): Matrix {
  return scaleRowsToSum(tfidf(counts, idf), 1).mapData((value) => Math.log1p(ROW_SUM * value));
}
