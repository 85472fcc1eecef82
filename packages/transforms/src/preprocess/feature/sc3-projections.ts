import { DenseMatrix, type Rng } from '@dance-ts/core';
import { columnMoments, pca, truncatedSvd } from '@dance-ts/ml';
import { deviationsToDivideBy } from '../../numeric/deviations.js';

/** Options of the projections. */
export interface ProjectionOptions {
  /** Columns to compute, at most the number of cells. */
  readonly nComponents: number;
  readonly rng: Rng;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Leading principal axes of standardized distances, as columns of length 1.
 *
 * @param distances - [n, n], symmetric
 * @returns [n, nComponents]
 * @throws AbortError
 */
export async function principalAxes(
  distances: DenseMatrix,
  options: ProjectionOptions,
): Promise<DenseMatrix> {
  const scale = deviationsToDivideBy(columnMoments(distances));
  const { components } = await pca(distances, { ...options, scale });
  return components.transpose();
}

/**
 * Eigenvectors of the smallest eigenvalues of the normalized Laplacian I - D^-1/2 A D^-1/2 of
 * A = exp(-distance / largest distance), D the row sums of A, as columns of length 1.
 *
 * D^-1/2 A D^-1/2 is positive semidefinite for Euclidean distances and for 1 - correlation, so that
 * its leading singular vectors are those eigenvectors.
 *
 * @param distances - [n, n], symmetric
 * @returns [n, nComponents]
 * @throws AbortError
 */
export async function laplacianVectors(
  distances: DenseMatrix,
  options: ProjectionOptions,
): Promise<DenseMatrix> {
  const largest = distances.data.reduce((most, value) => Math.max(most, value), 0) || 1;
  const affinity = distances.mapData((value) => Math.exp(-value / largest));
  const roots = affinity.rowSums().map(Math.sqrt);
  for (let i = 0; i < affinity.nRows; i++) {
    const row = affinity.row(i);
    for (let j = 0; j < row.length; j++) row[j] = row[j]! / (roots[i]! * roots[j]!);
  }
  const { Vt } = await truncatedSvd(affinity, options);
  return Vt.transpose();
}
