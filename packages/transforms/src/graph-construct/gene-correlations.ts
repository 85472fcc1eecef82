import { CsrMatrix, DenseMatrix, toCsr, type Matrix } from '@dance-ts/core';
import { getKernels, type Kernels } from '@dance-ts/kernels';
import { columnMoments } from '@dance-ts/ml';
import { sparseTimesDense } from '../numeric/sparse-times-dense.js';

/** Share of the squared mean below which a variance is a constant gene's rounding error. */
const ROUNDING = 1e-20;

/** Ways to correlate genes. */
export type GeneCorrelation = 'pearson' | 'spearman';

/**
 * Correlations between genes over all cells, some columns of the matrix at a time, so that neither
 * the data nor all pairs are ever held densely.
 *
 * With Z the standardized values of the genes asked for, the correlations of all genes with them
 * are X^T Z / (nCells sd). A constant gene has correlation 0 with every gene, itself included.
 * Spearman's is Pearson's of the ranks, which stay sparse because a correlation does not change
 * when ranks are counted from that of the zeros; ties have their mean rank.
 *
 * Memory: a copy of X, and (cells + genes) x (genes asked for) x 4 bytes.
 */
export class GeneCorrelations {
  /** [nGenes], float64 */
  readonly mean: Float64Array;
  /** [nGenes], population variance, float64 */
  readonly variance: Float64Array;

  private constructor(
    private readonly genes: CsrMatrix, // [nGenes, nCells]
    private readonly kernels: Kernels,
  ) {
    const moments = columnMoments(genes.transpose());
    this.mean = moments.mean;
    this.variance = moments.variance.map((value, g) =>
      value <= ROUNDING * moments.mean[g]! ** 2 ? 0 : value,
    );
  }

  /**
   * Prepares the correlations of the genes of a matrix.
   *
   * @param X - cells x genes, finite
   * @param method - `pearson` (default) of the values, or `spearman`, of their ranks
   */
  static async of(X: Matrix, method: GeneCorrelation = 'pearson'): Promise<GeneCorrelations> {
    const genes = toCsr(X).transpose();
    const values = method === 'spearman' ? sparseRanks(genes) : genes;
    return new GeneCorrelations(values, await getKernels());
  }

  /** Number of genes. */
  get nGenes(): number {
    return this.genes.nRows;
  }

  /** Correlations of all genes with the given ones, [nGenes, columns.length], in [-1, 1]. */
  with(columns: ArrayLike<number>): DenseMatrix {
    const nCells = this.genes.nCols;
    const products = sparseTimesDense(this.kernels, this.genes, this.standardized(columns));
    for (let j = 0; j < this.nGenes; j++) {
      const sd = Math.sqrt(this.variance[j]!);
      const row = products.row(j);
      for (let k = 0; k < row.length; k++) {
        row[k] = sd === 0 ? 0 : Math.max(-1, Math.min(1, row[k]! / (nCells * sd)));
      }
    }
    return products;
  }

  /** (x - mean) / sd of the given genes, [nCells, columns.length]; 0 for a constant gene. */
  private standardized(columns: ArrayLike<number>): DenseMatrix {
    const { indptr, indices, data, nCols: nCells } = this.genes;
    const Z = DenseMatrix.zeros(nCells, columns.length);
    for (let k = 0; k < columns.length; k++) {
      const g = columns[k]!;
      const sd = Math.sqrt(this.variance[g]!);
      if (sd === 0) continue;
      const zero = -this.mean[g]! / sd;
      for (let i = 0; i < nCells; i++) Z.data[i * columns.length + k] = zero;
      for (let e = indptr[g]!; e < indptr[g + 1]!; e++) {
        Z.data[indices[e]! * columns.length + k] = zero + data[e]! / sd;
      }
    }
    return Z;
  }
}

/** Mean ranks of the values of each row, minus the rank of that row's zeros. */
function sparseRanks(matrix: CsrMatrix): CsrMatrix {
  const ranks = new Float32Array(matrix.nnz);
  for (let r = 0; r < matrix.nRows; r++) {
    const { data } = matrix.row(r);
    const start = matrix.indptr[r]!;
    const order = Int32Array.from(data.keys()).sort((a, b) => data[a]! - data[b]!);
    const nBelow = data.reduce((n, value) => n + Number(value < 0), 0);
    const nZeros = matrix.nCols - data.reduce((n, value) => n + Number(value !== 0), 0);
    const rankOfZero = nBelow + (nZeros + 1) / 2;
    const hiddenZeros = matrix.nCols - data.length;
    for (let first = 0; first < order.length;) {
      const value = data[order[first]!]!;
      let end = first + 1;
      while (end < order.length && data[order[end]!] === value) end += 1;
      const before = value > 0 ? hiddenZeros : 0;
      const rank = value === 0 ? rankOfZero : before + (first + 1 + end) / 2;
      for (let k = first; k < end; k++) ranks[start + order[k]!] = rank - rankOfZero;
      first = end;
    }
  }
  return matrix.withData(ranks);
}
