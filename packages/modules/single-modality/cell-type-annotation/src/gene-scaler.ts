import { CsrMatrix, toCsr, type Matrix } from '@dance-ts/core';
import { columnMoments } from '@dance-ts/ml';

/** How genes are standardized. */
export interface GeneScaler {
  /** [nGenes] */
  readonly mean: Float64Array;
  /** [nGenes] standard deviations (ddof 0), 1 for genes that do not vary. */
  readonly scale: Float64Array;
}

/** Values above this many deviations are cut; there is no lower bound. */
const LARGEST = 10;
const EPSILON = 2.220446049250313e-16;

/**
 * Means and deviations of the genes.
 *
 * @param X - [nCells, nGenes]
 */
export function fitScaler(X: Matrix): GeneScaler {
  const { mean, variance } = columnMoments(X, { ddof: 0 });
  const scale = variance.map((value, gene) => {
    // Rounding errors of a constant gene are no variation (the bound of scikit-learn).
    const noise = X.nRows * EPSILON * value + (X.nRows * mean[gene]! * EPSILON) ** 2;
    return value <= noise ? 1 : Math.sqrt(value);
  });
  return { mean, scale };
}

/** The genes at `columns`. */
export function selectGenes({ mean, scale }: GeneScaler, columns: Int32Array): GeneScaler {
  return {
    mean: Float64Array.from(columns, (gene) => mean[gene]!),
    scale: Float64Array.from(columns, (gene) => scale[gene]!),
  };
}

/**
 * Standardized values min(10, (x - mean) / scale) as a sparse matrix and the value of each gene
 * where it is not expressed: `sparse + shift` in every row. Nothing is made dense.
 *
 * @returns sparse [nCells, nGenes], shift [nGenes]
 */
export function scaledGenes(
  X: Matrix,
  { mean, scale }: GeneScaler,
): { readonly sparse: CsrMatrix; readonly shift: Float64Array } {
  const shift = mean.map((value, gene) => Math.min(LARGEST, -value / scale[gene]!));
  const counts = toCsr(X);
  const values = counts.data.map((value, e) => {
    const gene = counts.indices[e]!;
    return Math.min(LARGEST, (value - mean[gene]!) / scale[gene]!) - shift[gene]!;
  });
  return { sparse: counts.withData(values), shift };
}
