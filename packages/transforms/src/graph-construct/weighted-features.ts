import { DenseMatrix, toCsr, type CsrMatrix, type Rng } from '@dance-ts/core';
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
  const kernels = await getKernels();
  const genes = new CenteredGenes(X, transposed, kernels, options);
  const { U, s } = await truncatedSvd(genes, options);
  const geneFeatures = DenseMatrix.zeros(U.nRows, U.nCols);
  for (let g = 0; g < U.nRows; g++) {
    const scores = geneFeatures.row(g);
    U.row(g).forEach((value, c) => {
      scores[c] = value * s[c]!;
    });
  }
  const cellFeatures = sparseTimesDense(kernels, toCsr(scaleRowsToSum(X, 1)), geneFeatures);
  return { cellFeatures, geneFeatures };
}
