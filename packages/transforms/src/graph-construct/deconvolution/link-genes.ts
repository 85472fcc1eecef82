import { DenseMatrix, type CsrMatrix, type Matrix } from '@dance-ts/core';
import { columnMoments } from '@dance-ts/ml';
import { deviationsToDivideBy } from '../../numeric/deviations.js';

/** Most genes taken for each sign of a component is half of this. */
const MOST_PER_COMPONENT = 100;

/**
 * Loadings of the genes: standardized expression (each group of cells by itself) times embedding,
 * summed over both groups, [nGenes, k].
 *
 * @param groups - cells x genes and cells x k, for each group
 */
export function geneLoadings(
  groups: readonly { readonly X: Matrix; readonly embedding: DenseMatrix }[],
): DenseMatrix {
  const [nGenes, k] = [groups[0]?.X.nCols ?? 0, groups[0]?.embedding.nCols ?? 0];
  const loadings = new Float64Array(nGenes * k);
  for (const { X, embedding } of groups) {
    const moments = columnMoments(X);
    const deviations = deviationsToDivideBy(moments);
    const sums = embedding.columnSums();
    const products = new Float64Array(nGenes * k);
    for (let i = 0; i < X.nRows; i++) {
      const row = embedding.row(i);
      forEachValue(X, i, (g, value) => {
        for (let c = 0; c < k; c++) products[g * k + c]! += value * row[c]!;
      });
    }
    for (let g = 0; g < nGenes; g++) {
      for (let c = 0; c < k; c++) {
        const centered = products[g * k + c]! - moments.mean[g]! * sums[c]!;
        loadings[g * k + c]! += centered / deviations[g]!;
      }
    }
  }
  return new DenseMatrix(nGenes, k, Float32Array.from(loadings));
}

/**
 * Genes that carry the components: for m up to 100, those with the round(m / 2) largest and the
 * round(m / 2) smallest loadings of each component (halves to even); the m whose genes are most but
 * fewer than max(2 k, 200). Ascending.
 */
export function topLoadingGenes(loadings: DenseMatrix): Int32Array {
  const { nRows: nGenes, nCols: k } = loadings;
  const limit = Math.max(2 * k, 200);
  const orders = Array.from({ length: k }, (_, c) =>
    Array.from({ length: nGenes }, (__, g) => g).sort(
      (a, b) => loadings.get(b, c) - loadings.get(a, c) || a - b,
    ),
  );
  let best = new Set<number>();
  for (let m = 1; m <= MOST_PER_COMPONENT; m++) {
    const half = roundHalfToEven(m / 2);
    const chosen = new Set<number>();
    for (const order of orders) {
      for (const g of order.slice(0, half)) chosen.add(g);
      for (const g of order.slice(nGenes - Math.min(half, nGenes))) chosen.add(g);
    }
    if (chosen.size >= limit) break;
    if (chosen.size > best.size) best = chosen;
  }
  return Int32Array.from(best).sort();
}

function forEachValue(X: Matrix, i: number, visit: (gene: number, value: number) => void): void {
  if (X.kind === 'dense') {
    X.row(i).forEach((value, g) => {
      visit(g, value);
    });
    return;
  }
  const { indices, data }: ReturnType<CsrMatrix['row']> = X.row(i);
  indices.forEach((g, e) => {
    visit(g, data[e]!);
  });
}

function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  return value - below === 0.5 ? below + (below % 2) : Math.round(value);
}
