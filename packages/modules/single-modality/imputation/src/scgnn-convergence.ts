import type { CsrMatrix } from '@dance-ts/core';

/**
 * Normalized Laplacian I - D^-1/2 A D^-1/2, without the diagonal's 1 for a cell without links.
 *
 * @param graph - symmetric, no loops
 */
export function normalizedLaplacian(graph: CsrMatrix): SignedGraph {
  const degrees = graph.rowSums();
  const values = new Float64Array(graph.nnz);
  for (let i = 0; i < graph.nRows; i++) {
    for (let e = graph.indptr[i]!; e < graph.indptr[i + 1]!; e++) {
      values[e] = -graph.data[e]! / Math.sqrt(degrees[i]! * degrees[graph.indices[e]!]!);
    }
  }
  return { graph, values, diagonal: degrees.map((degree) => (degree > 0 ? 1 : 0)) };
}

/** A with columns that sum to 1. */
export function columnNormalized(graph: CsrMatrix): SignedGraph {
  const sums = graph.columnSums();
  const values = Float64Array.from(graph.data, (value, e) => value / sums[graph.indices[e]!]!);
  return { graph, values, diagonal: new Float64Array(graph.nRows) };
}

/** A matrix with the off-diagonal pattern of a graph. */
export interface SignedGraph {
  readonly graph: CsrMatrix;
  /** One for each entry of the graph. */
  readonly values: Float64Array;
  /** [nCells] */
  readonly diagonal: Float64Array;
}

/** Sum of |a - b| over all entries; of |a| if b is left out. */
export function absoluteSum(a: SignedGraph, b?: SignedGraph): number {
  let sum = 0;
  for (let i = 0; i < a.graph.nRows; i++) {
    sum += Math.abs(a.diagonal[i]! - (b?.diagonal[i] ?? 0));
    const others = new Map<number, number>();
    if (b !== undefined) {
      for (let e = b.graph.indptr[i]!; e < b.graph.indptr[i + 1]!; e++) {
        others.set(b.graph.indices[e]!, b.values[e]!);
      }
    }
    for (let e = a.graph.indptr[i]!; e < a.graph.indptr[i + 1]!; e++) {
      const j = a.graph.indices[e]!;
      sum += Math.abs(a.values[e]! - (others.get(j) ?? 0));
      others.delete(j);
    }
    for (const value of others.values()) sum += Math.abs(value);
  }
  return sum;
}

/**
 * How far the smoothed graph A_t = alpha L0 + (1 - alpha) A / column sums has moved, as a share of
 * L0: sum |A_t - A_(t-1)| / sum |L0|, where L0 is the normalized Laplacian of the first graph and
 * A_0 = L0.
 *
 * @param previous - undefined in the first iteration
 */
export function graphChange(
  graph: CsrMatrix,
  previous: CsrMatrix | undefined,
  first: CsrMatrix,
  alpha: number,
): number {
  const start = normalizedLaplacian(first);
  const before = previous === undefined ? start : columnNormalized(previous);
  return ((1 - alpha) * absoluteSum(columnNormalized(graph), before)) / absoluteSum(start);
}
