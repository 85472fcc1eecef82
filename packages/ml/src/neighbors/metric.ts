import type { DenseMatrix } from '@dance-ts/core';

/** Distances between rows: straight line, 1 - cosine, or 1 - Pearson correlation. */
export type NeighborMetric = 'euclidean' | 'cosine' | 'correlation';

/** Points whose straight-line distances have the order of the metric. */
export function euclideanPoints(X: DenseMatrix, metric: NeighborMetric): DenseMatrix {
  return metric === 'euclidean' ? X : unitRows(X, metric === 'correlation');
}

/** Turns squared distances of {@link euclideanPoints} into distances of the metric, in place. */
export function fromSquared(distances: Float32Array, metric: NeighborMetric): void {
  // For unit rows |a - b|^2 / 2 = 1 - cos(a, b).
  for (let e = 0; e < distances.length; e++) {
    distances[e] = metric === 'euclidean' ? Math.sqrt(distances[e]!) : distances[e]! / 2;
  }
}

/** Rows of length 1, centered before if asked; zero rows stay zero. */
function unitRows(X: DenseMatrix, center: boolean): DenseMatrix {
  const out = X.copy();
  for (let i = 0; i < out.nRows; i++) {
    const row = out.row(i);
    const mean = center ? row.reduce((sum, value) => sum + value, 0) / row.length : 0;
    let squares = 0;
    for (const value of row) squares += (value - mean) ** 2;
    const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
    for (let f = 0; f < row.length; f++) row[f] = (row[f]! - mean) * scale;
  }
  return out;
}
