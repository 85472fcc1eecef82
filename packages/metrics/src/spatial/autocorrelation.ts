import { DataError, type CsrMatrix } from '@dance-ts/core';

/**
 * Moran's I: how alike values of neighbors are. About -1 / (n - 1) for values without spatial
 * pattern, towards 1 where neighbors are alike, negative where they alternate. NaN for constant
 * values or a graph without weights.
 *
 *   I = n / W * sum_ij w_ij z_i z_j / sum_i z_i^2,  z = x - mean(x), W = sum_ij w_ij
 *
 * @param graph - weights w_ij, [nSpots, nSpots]; need not be symmetric
 * @param values - one number a spot, such as the expression of a gene
 * @throws DataError if sizes do not fit or a value is not finite
 *
 * Source: Moran, Biometrika 37, 1950.
 */
export function moransI(graph: CsrMatrix, values: ArrayLike<number>): number {
  const { deviations, squares } = deviationsFrom(graph, values);
  const { total, sum } = weightedSum(graph, (i, j) => deviations[i]! * deviations[j]!);
  return squares === 0 ? NaN : (deviations.length * sum) / (total * squares);
}

/**
 * Geary's C: how much values of neighbors differ. About 1 for values without spatial pattern, towards
 * 0 where neighbors are alike. NaN for constant values or a graph without weights.
 *
 *   C = (n - 1) / (2 W) * sum_ij w_ij (x_i - x_j)^2 / sum_i z_i^2,  z = x - mean(x), W = sum_ij w_ij
 *
 * @param graph - weights w_ij, [nSpots, nSpots]; need not be symmetric
 * @param values - one number a spot, such as the expression of a gene
 * @throws DataError if sizes do not fit or a value is not finite
 *
 * Source: Geary, The Incorporated Statistician 5, 1954.
 */
export function gearysC(graph: CsrMatrix, values: ArrayLike<number>): number {
  const { deviations, squares } = deviationsFrom(graph, values);
  const { total, sum } = weightedSum(graph, (i, j) => (deviations[i]! - deviations[j]!) ** 2);
  return squares === 0 ? NaN : ((deviations.length - 1) * sum) / (2 * total * squares);
}

function deviationsFrom(
  graph: CsrMatrix,
  values: ArrayLike<number>,
): { deviations: Float64Array; squares: number } {
  const n = values.length;
  if (graph.nRows !== n || graph.nCols !== n) {
    throw new DataError('the graph does not fit the values', {
      got: `a graph of ${graph.nRows} x ${graph.nCols} and ${n} values`,
      expected: 'one value for each spot of a square graph',
    });
  }
  const numbers = Float64Array.from(values);
  const bad = numbers.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new DataError(`the value of spot ${bad} is no finite number`, {
      got: String(numbers[bad]),
      remedy: 'Leave out spots without a value, from the graph as well.',
    });
  }
  // Constant values have no deviation, though their mean may be off by rounding.
  if (numbers.every((value) => value === numbers[0])) {
    return { deviations: new Float64Array(n), squares: 0 };
  }
  const mean = numbers.reduce((sum, value) => sum + value, 0) / n;
  const deviations = numbers.map((value) => value - mean);
  return { deviations, squares: deviations.reduce((sum, z) => sum + z * z, 0) };
}

/** Sums over the edges of the weight, and of the weight times a number of the edge. */
function weightedSum(
  graph: CsrMatrix,
  ofEdge: (i: number, j: number) => number,
): { total: number; sum: number } {
  let total = 0;
  let sum = 0;
  for (let i = 0; i < graph.nRows; i++) {
    const { indices, data } = graph.row(i);
    for (let e = 0; e < indices.length; e++) {
      total += data[e]!;
      sum += data[e]! * ofEdge(i, indices[e]!);
    }
  }
  return { total, sum };
}
