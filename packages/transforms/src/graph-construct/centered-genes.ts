import { DenseMatrix, type CsrMatrix } from '@dance-ts/core';
import type { Kernels } from '@dance-ts/kernels';
import { columnMoments, type LinearOperator } from '@dance-ts/ml';
import { deviationsToDivideBy } from '../numeric/deviations.js';
import { sparseTimesDense } from '../numeric/sparse-times-dense.js';

/** Options of {@link CenteredGenes}. */
export interface CenteredGenesOptions {
  /** Standardize each gene over the cells first. */
  readonly standardize: boolean;
}

/**
 * The matrix whose principal components are the gene features, without forming it.
 *
 * With X the cells x genes expression, m and s the mean and population deviation of each gene
 * (s = 1 for a constant gene; without standardization m = 0 and s = 1 for all) and c the mean of
 * each cell's standardized values, it is
 *   A[g, i] = (X[i, g] - m[g]) / s[g] - c[i],
 * that is, genes are samples, and each column (cell) is centered over them. A is dense, but it is
 * the sparse X^T with scaled rows minus two matrices of rank one, so products with it cost as much
 * as products with X.
 */
export class CenteredGenes implements LinearOperator {
  /** Genes. */
  readonly nRows: number;
  /** Cells. */
  readonly nCols: number;
  private readonly scales: Float64Array; // [nGenes], 1 / s
  private readonly shifts: Float64Array; // [nGenes], m / s
  private readonly cellMeans: Float64Array; // [nCells], c

  /**
   * @param X - cells x genes
   * @param transposed - its transpose
   * @param kernels - for the sparse products
   * @param options - whether to standardize
   */
  constructor(
    private readonly X: CsrMatrix,
    private readonly transposed: CsrMatrix,
    private readonly kernels: Kernels,
    { standardize }: CenteredGenesOptions,
  ) {
    this.nRows = X.nCols;
    this.nCols = X.nRows;
    this.scales = new Float64Array(this.nRows).fill(1);
    this.shifts = new Float64Array(this.nRows);
    if (standardize) {
      const moments = columnMoments(X, { ddof: 0 });
      this.scales = deviationsToDivideBy(moments).map((deviation) => 1 / deviation);
      this.shifts = moments.mean.map((value, g) => value * this.scales[g]!);
    }
    this.cellMeans = this.meansOfCells();
  }

  /** A B, [nGenes, width], for B [nCells, width]. */
  multiply(B: DenseMatrix): DenseMatrix {
    const product = sparseTimesDense(this.kernels, this.transposed, B);
    const sums = B.columnSums();
    const weighted = weightedColumnSums(B, this.cellMeans);
    for (let g = 0; g < product.nRows; g++) {
      const row = product.row(g);
      const scale = this.scales[g]!;
      const shift = this.shifts[g]!;
      for (let j = 0; j < row.length; j++) {
        row[j] = row[j]! * scale - shift * sums[j]! - weighted[j]!;
      }
    }
    return product;
  }

  /** A^T C, [nCells, width], for C [nGenes, width]. */
  multiplyTransposed(C: DenseMatrix): DenseMatrix {
    const product = sparseTimesDense(this.kernels, this.X, C.scaleRows(this.scales));
    const sums = C.columnSums();
    const weighted = weightedColumnSums(C, this.shifts);
    for (let i = 0; i < product.nRows; i++) {
      const row = product.row(i);
      const mean = this.cellMeans[i]!;
      for (let j = 0; j < row.length; j++) row[j] = row[j]! - weighted[j]! - mean * sums[j]!;
    }
    return product;
  }

  private meansOfCells(): Float64Array {
    const { indptr, indices, data } = this.X;
    const shift = this.shifts.reduce((sum, value) => sum + value, 0);
    return Float64Array.from({ length: this.nCols }, (_, i) => {
      let sum = -shift;
      for (let e = indptr[i]!; e < indptr[i + 1]!; e++) sum += data[e]! * this.scales[indices[e]!]!;
      return sum / this.nRows;
    });
  }
}

function weightedColumnSums(matrix: DenseMatrix, weights: Float64Array): Float64Array {
  const sums = new Float64Array(matrix.nCols);
  for (let i = 0; i < matrix.nRows; i++) {
    const row = matrix.row(i);
    for (let j = 0; j < row.length; j++) sums[j]! += weights[i]! * row[j]!;
  }
  return sums;
}
