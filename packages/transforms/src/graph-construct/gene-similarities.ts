import { DenseMatrix, toCsr, type CsrMatrix, type Matrix, type Pacer } from '@dance-ts/core';
import { getKernels, type Kernels } from '@dance-ts/kernels';
import { sparseTimesDense } from '../numeric/sparse-times-dense.js';

const BLOCK = 256;

/** Similarities of all genes with some, [nGenes, columns.length]. */
export interface GeneSimilarities {
  with(columns: ArrayLike<number>): DenseMatrix;
}

/**
 * exp(-d / (scale m)) of the Euclidean distances d between genes over all cells, with m the median
 * distance of two different genes.
 *
 * @param X - cells x genes, finite
 */
export async function rbfSimilarities(
  X: Matrix,
  scale: number,
  pacer: Pacer,
): Promise<GeneSimilarities> {
  const distances = new GeneDistances(toCsr(X).transpose(), await getKernels());
  const width = scale * (await distances.median(pacer));
  return {
    with: (columns) => distances.with(columns).mapData((d) => (d === 0 ? 1 : Math.exp(-d / width))),
  };
}

class GeneDistances {
  private readonly squares: Float64Array; // [nGenes]

  constructor(
    private readonly genes: CsrMatrix, // [nGenes, nCells]
    private readonly kernels: Kernels,
  ) {
    this.squares = genes.mapData((value) => value * value).rowSums();
  }

  /** Distances of all genes to the given ones, [nGenes, columns.length]. */
  with(columns: ArrayLike<number>): DenseMatrix {
    const chosen = this.genes.selectRows(columns).toDense().transpose(); // [nCells, columns]
    const products = sparseTimesDense(this.kernels, this.genes, chosen);
    for (let g = 0; g < products.nRows; g++) {
      const row = products.row(g);
      for (let k = 0; k < row.length; k++) {
        const h = columns[k]!;
        const squared = this.squares[g]! + this.squares[h]! - 2 * row[k]!;
        row[k] = g === h ? 0 : Math.sqrt(Math.max(0, squared));
      }
    }
    return products;
  }

  /** Median distance of two different genes; 1 for a single gene. */
  async median(pacer: Pacer): Promise<number> {
    const n = this.genes.nRows;
    if (n < 2) return 1;
    const all = new Float32Array((n * (n - 1)) / 2);
    let end = 0;
    for (let start = 0; start < n; start += BLOCK) {
      await pacer.tick();
      const width = Math.min(BLOCK, n - start);
      const block = this.with(Int32Array.from({ length: width }, (_, k) => start + k));
      for (let g = start + 1; g < n; g++) {
        const row = block.row(g).subarray(0, Math.min(width, g - start));
        all.set(row, end);
        end += row.length;
      }
    }
    all.sort();
    return (all[(all.length - 1) >> 1]! + all[all.length >> 1]!) / 2;
  }
}
