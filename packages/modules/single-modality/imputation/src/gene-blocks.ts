import { DataError, Pacer, type CsrMatrix, type Rng, type RunOptions } from '@dance-ts/core';
import { columnMoments } from '@dance-ts/ml';

/** Genes one network predicts, and those it predicts them from. */
export interface GeneBlock {
  readonly targets: Int32Array;
  /** Ascending; none of them a target of the block. */
  readonly predictors: Int32Array;
}

/** Options of {@link geneBlocks}. */
export interface GeneBlockOptions extends RunOptions {
  /** Targets of a block; the last block may be smaller, and there are always at least two blocks. */
  readonly blockSize: number;
  /** Predictors each target brings in. */
  readonly nTop: number;
  readonly rng: Rng;
}

/**
 * Cuts the genes at random into blocks, and finds for each gene the `nTop` genes outside its block
 * with the largest absolute Pearson correlation over the cells; together they are the predictors of
 * the block. Equal correlations go by the order of the genes; constant genes correlate with none.
 *
 * Memory: 2 x genes x 8 bytes and the transpose of X; no matrix of all correlations.
 *
 * Source: Arisdakessian et al., Genome Biology 20:211, 2019.
 *
 * @param X - [nCells, nGenes]
 * @throws DataError for fewer than 2 genes; AbortError
 */
export async function geneBlocks(X: CsrMatrix, options: GeneBlockOptions): Promise<GeneBlock[]> {
  const nGenes = X.nCols;
  if (nGenes < 2) {
    throw new DataError('genes can only be predicted from others', {
      got: `${nGenes} genes`,
      expected: 'at least 2',
    });
  }
  const { nTop, rng, signal, reporter } = options;
  const blockSize = Math.min(options.blockSize, Math.ceil(nGenes / 2));
  const order = rng.permutation(nGenes);
  const genes = X.transpose();
  const spread = spreadOf(X);
  const pacer = new Pacer(signal);
  const blocks: GeneBlock[] = [];
  for (let start = 0; start < nGenes; start += blockSize) {
    const targets = order.slice(start, start + blockSize);
    const isTarget = new Uint8Array(nGenes);
    for (const gene of targets) isTarget[gene] = 1;
    const chosen = new Set<number>();
    for (const target of targets) {
      await pacer.tick();
      const strength = correlations(X, genes, target, spread);
      for (const gene of strongest(strength, isTarget, nTop)) chosen.add(gene);
    }
    blocks.push({ targets, predictors: Int32Array.from(chosen).sort() });
    const done = start + targets.length;
    reporter?.progress({ task: 'DeepImpute: predictors', done, total: nGenes });
  }
  return blocks;
}

interface Spread {
  readonly mean: Float64Array;
  /** Square root of the sum of squared deviations; 0 for a constant gene. */
  readonly norm: Float64Array;
}

function spreadOf(X: CsrMatrix): Spread {
  const { mean, variance } = columnMoments(X, { ddof: 0 });
  return { mean, norm: variance.map((value) => Math.sqrt(value * X.nRows)) };
}

/** Absolute correlation of a gene with every gene; -1 where it is not defined. */
function correlations(
  X: CsrMatrix,
  genes: CsrMatrix,
  target: number,
  { mean, norm }: Spread,
): Float64Array {
  const products = new Float64Array(X.nCols);
  const cells = genes.row(target);
  cells.indices.forEach((cell, c) => {
    const value = cells.data[c]!;
    for (let e = X.indptr[cell]!; e < X.indptr[cell + 1]!; e++) {
      products[X.indices[e]!]! += value * X.data[e]!;
    }
  });
  return products.map((product, gene) => {
    const scale = norm[target]! * norm[gene]!;
    const covariance = product - X.nRows * mean[target]! * mean[gene]!;
    return scale > 0 ? Math.abs(covariance) / scale : -1;
  });
}

/** The genes of largest strength that are no targets. */
function strongest(strength: Float64Array, isTarget: Uint8Array, count: number): number[] {
  const best: number[] = [];
  strength.forEach((value, gene) => {
    if (isTarget[gene] === 1) return;
    if (best.length === count && value <= strength[best[count - 1]!]!) return;
    const place = best.findIndex((other) => strength[other]! < value);
    best.splice(place < 0 ? best.length : place, 0, gene);
    if (best.length > count) best.pop();
  });
  return best;
}
