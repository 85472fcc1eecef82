import { DenseMatrix, toCsr, type CsrMatrix, type Matrix, type Rng } from '@dance-ts/core';
import { getKernels } from '@dance-ts/kernels';
import { truncatedSvd } from '@dance-ts/ml';
import { sparseTimesDense } from '../numeric/sparse-times-dense.js';
import { scaleRowsToSum } from '../preprocess/normalize/scale-rows.js';
import { CenteredGenes } from './centered-genes.js';

/** Options of {@link weightedFeatures}. */
export interface WeightedFeatureOptions {
  /** At most the number of genes and the number of cells. */
  readonly nComponents: number;
  /** Standardize each gene over the cells first. */
  readonly standardize: boolean;
  readonly rng: Rng;
  readonly signal?: AbortSignal | undefined;
}

/** Features of cells and genes in one space. */
export interface WeightedFeatures {
  /** [nCells, nComponents] */
  readonly cellFeatures: DenseMatrix;
  /** [nGenes, nComponents] */
  readonly geneFeatures: DenseMatrix;
}

/**
 * Gene features: principal component scores of the genes (genes are samples, cells are variables).
 * Cell features: the mean of the gene features, weighted by each cell's expression.
 *
 * The signs of the components are arbitrary; here the entry of largest magnitude of each is positive.
 *
 * @param X - cells x genes, non-negative
 * @param transposed - its transpose
 */
export async function weightedFeatures(
  X: CsrMatrix,
  transposed: CsrMatrix,
  options: WeightedFeatureOptions,
): Promise<WeightedFeatures> {
  const geneFeatures = await geneScores(X, transposed, options);
  return { cellFeatures: await weightedCellFeatures(X, geneFeatures), geneFeatures };
}

/**
 * Principal component scores of the genes over the cells of X, [nGenes, nComponents].
 *
 * @param X - cells x genes, non-negative
 * @param transposed - its transpose
 */
export async function geneScores(
  X: CsrMatrix,
  transposed: CsrMatrix,
  options: WeightedFeatureOptions,
): Promise<DenseMatrix> {
  const genes = new CenteredGenes(X, transposed, await getKernels(), options);
  const { U, s } = await truncatedSvd(genes, options);
  const geneFeatures = DenseMatrix.zeros(U.nRows, U.nCols);
  for (let g = 0; g < U.nRows; g++) {
    const scores = geneFeatures.row(g);
    U.row(g).forEach((value, c) => {
      scores[c] = value * s[c]!;
    });
  }
  return geneFeatures;
}

/**
 * Mean of the gene features weighted by each cell's expression, [nCells, nComponents]; zeros for a
 * cell without counts. With gene features of a reference, this places new cells in its space.
 *
 * @param X - cells x genes, non-negative
 * @param geneFeatures - [nGenes, nComponents]
 * @throws DataError for negative or non-finite values
 */
export async function weightedCellFeatures(
  X: Matrix,
  geneFeatures: DenseMatrix,
): Promise<DenseMatrix> {
  return sparseTimesDense(await getKernels(), toCsr(scaleRowsToSum(X, 1)), geneFeatures);
}
