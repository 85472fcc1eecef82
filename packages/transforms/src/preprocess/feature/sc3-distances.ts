import { DenseMatrix, toCsr, type CsrMatrix, type Matrix, type Pacer } from '@dance-ts/core';
import { getKernels } from '@dance-ts/kernels';
import { sparseTimesDense } from '../../numeric/sparse-times-dense.js';

/** Distances of cells that SC3 looks at. */
export const SC3_DISTANCES = ['euclidean', 'pearson', 'spearman'] as const;

/** A distance of cells, see {@link SC3_DISTANCES}. */
export type Sc3Distance = (typeof SC3_DISTANCES)[number];

const BLOCK = 256;

/**
 * Distances of all pairs of cells: Euclidean, or 1 - Pearson's or Spearman's correlation over the
 * genes (ties have their mean rank). A cell with the same value everywhere has correlation 0 with
 * others. X may be sparse and stays so, the ranks, too.
 *
 * @param X - cells x genes, finite
 * @returns [nCells, nCells], symmetric, zeros on the diagonal
 * @throws AbortError
 */
export async function cellDistances(
  X: Matrix,
  distance: Sc3Distance,
  pacer: Pacer,
): Promise<DenseMatrix> {
  const cells = distance === 'spearman' ? shiftedRanks(toCsr(X)) : toCsr(X);
  const between = distance === 'euclidean' ? euclideanFrom(cells) : correlationDistanceFrom(cells);
  const kernels = await getKernels();
  const n = cells.nRows;
  const distances = DenseMatrix.zeros(n, n);
  for (let start = 0; start < n; start += BLOCK) {
    await pacer.tick();
    const rows = Int32Array.from({ length: Math.min(BLOCK, n - start) }, (_, k) => start + k);
    const block = cells.selectRows(rows).toDense().transpose(); // [nGenes, block]
    const products = sparseTimesDense(kernels, cells, block); // [nCells, block]
    for (let i = start; i < n; i++) {
      const row = products.row(i);
      const end = Math.min(row.length, i - start); // pairs below the diagonal only
      for (let k = 0; k < end; k++) {
        const value = between(row[k]!, i, start + k);
        distances.data[i * n + start + k] = value;
        distances.data[(start + k) * n + i] = value;
      }
    }
  }
  return distances;
}

type FromProduct = (product: number, i: number, j: number) => number;

function euclideanFrom(cells: CsrMatrix): FromProduct {
  const squares = sumsOfSquares(cells);
  return (product, i, j) => Math.sqrt(Math.max(0, squares[i]! + squares[j]! - 2 * product));
}

function correlationDistanceFrom(cells: CsrMatrix): FromProduct {
  const sums = cells.rowSums();
  const norms = sumsOfSquares(cells).map((square, i) => {
    const spread = square - sums[i]! ** 2 / cells.nCols;
    return spread > 1e-12 * square ? Math.sqrt(spread) : 0;
  });
  return (product, i, j) => {
    const norm = norms[i]! * norms[j]!;
    const covariance = product - (sums[i]! * sums[j]!) / cells.nCols;
    return norm === 0 ? 1 : 1 - Math.max(-1, Math.min(1, covariance / norm));
  };
}

function sumsOfSquares(cells: CsrMatrix): Float64Array {
  return Float64Array.from({ length: cells.nRows }, (_, i) =>
    cells.row(i).data.reduce((sum, value) => sum + value * value, 0),
  );
}

/** Ranks of the values within each cell, less the rank of 0, so that zeros need no entry. */
function shiftedRanks(cells: CsrMatrix): CsrMatrix {
  const ranks = new Float32Array(cells.nnz);
  for (let i = 0; i < cells.nRows; i++) {
    const { data } = cells.row(i);
    const order = Int32Array.from(data.keys()).sort((a, b) => data[a]! - data[b]!);
    const stored = data.filter((value) => value !== 0);
    const nZeros = cells.nCols - stored.length;
    const nNegative = stored.filter((value) => value < 0).length;
    const zeroRank = nNegative + (nZeros + 1) / 2;
    let below = nNegative;
    for (let first = 0, end = 0; first < order.length; first = end) {
      const value = data[order[first]!]!;
      while (end < order.length && data[order[end]!] === value) end += 1;
      const ties = end - first;
      if (value !== 0) {
        const smaller = value < 0 ? first : below + nZeros;
        const rank = smaller + (ties + 1) / 2 - zeroRank;
        for (let k = first; k < end; k++) ranks[cells.indptr[i]! + order[k]!] = rank;
        if (value > 0) below += ties;
      }
    }
  }
  return cells.withData(ranks);
}
