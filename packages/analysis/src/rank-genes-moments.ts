import type { Matrix, Pacer } from '@dance-ts/core';

/** What is known of the genes in some cells, [nGenes] each. */
export interface GeneMoments {
  readonly nCells: number;
  /** Mean expression. */
  readonly mean: Float64Array;
  /** Sum of squared deviations from the mean. */
  readonly squares: Float64Array;
  /** Cells whose value is not 0. */
  readonly nExpressing: Float64Array;
}

const ROWS_BETWEEN_TICKS = 256;

/**
 * Moments of each gene within each group of cells, in two passes, float64.
 *
 * @param X - cells x genes
 * @param codes - [nCells] group of each cell, 0 .. sizes.length - 1
 * @param sizes - cells of each group
 * @throws AbortError
 */
export async function momentsByGroup(
  X: Matrix,
  codes: Int32Array,
  sizes: ArrayLike<number>,
  pacer: Pacer,
): Promise<GeneMoments[]> {
  const groups = Array.from(sizes, (nCells) => ({
    nCells,
    mean: new Float64Array(X.nCols),
    squares: new Float64Array(X.nCols),
    nExpressing: new Float64Array(X.nCols),
  }));
  await eachValue(X, pacer, (cell, gene, value) => {
    const { mean, nExpressing } = groups[codes[cell]!]!;
    mean[gene]! += value;
    nExpressing[gene]! += 1;
  });
  for (const { mean, nCells } of groups) {
    for (let gene = 0; gene < mean.length; gene++) mean[gene]! /= Math.max(1, nCells);
  }
  await eachValue(X, pacer, (cell, gene, value) => {
    const { mean, squares } = groups[codes[cell]!]!;
    const deviation = value - mean[gene]!;
    squares[gene]! += deviation * deviation;
  });
  for (const { mean, squares, nExpressing, nCells } of groups) {
    for (let gene = 0; gene < mean.length; gene++) {
      squares[gene]! += (nCells - nExpressing[gene]!) * mean[gene]! ** 2;
    }
  }
  return groups;
}

/**
 * Moments of several groups taken together. Adding them up is exact where all but a few cells hold 0;
 * taking one group off the total would not be.
 *
 * Source: Chan, Golub & LeVeque, Am. Stat. 37, 1983.
 */
export function mergedMoments(parts: readonly GeneMoments[], nGenes: number): GeneMoments {
  const nCells = parts.reduce((sum, part) => sum + part.nCells, 0);
  const merged = {
    nCells,
    mean: new Float64Array(nGenes),
    squares: new Float64Array(nGenes),
    nExpressing: new Float64Array(nGenes),
  };
  for (let gene = 0; gene < nGenes; gene++) {
    let sum = 0;
    for (const part of parts) {
      sum += part.nCells * part.mean[gene]!;
      merged.nExpressing[gene]! += part.nExpressing[gene]!;
    }
    const mean = nCells === 0 ? 0 : sum / nCells;
    for (const part of parts) {
      merged.squares[gene]! += part.squares[gene]! + part.nCells * (part.mean[gene]! - mean) ** 2;
    }
    merged.mean[gene] = mean;
  }
  return merged;
}

/** Calls back for every value that is not 0. */
async function eachValue(
  X: Matrix,
  pacer: Pacer,
  visit: (cell: number, gene: number, value: number) => void,
): Promise<void> {
  for (let cell = 0; cell < X.nRows; cell++) {
    if (cell % ROWS_BETWEEN_TICKS === 0) await pacer.tick();
    const { indices, data } =
      X.kind === 'csr' ? X.row(cell) : { indices: undefined, data: X.row(cell) };
    for (let e = 0; e < data.length; e++) {
      const value = data[e]!;
      if (value !== 0) visit(cell, indices?.[e] ?? e, value);
    }
  }
}
