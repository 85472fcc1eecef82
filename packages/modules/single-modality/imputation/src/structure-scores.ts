import { Rng, type DenseMatrix, type Matrix, type RunOptions } from '@dance-ts/core';
import { adjustedRandIndex, silhouetteScore } from '@dance-ts/metrics';
import { graphClusters, pca } from '@dance-ts/ml';

/** Options of {@link structureScores}. */
export interface StructureOptions extends RunOptions {
  /** Principal components, at most what the matrix has; default 50. */
  readonly nComponents?: number;
  readonly seed?: number;
}

/** How well known groups of cells can be told apart. */
export interface StructureScores extends Record<string, number> {
  /** Adjusted Rand index of Leiden clusters (15 neighbors, resolution 1) and the groups. */
  readonly ari: number;
  /** Mean silhouette width of the groups on the principal components. */
  readonly silhouette: number;
}

/**
 * Whether imputation kept or sharpened the groups of cells: compare the scores of log-normalized
 * values before and after. A rise is no proof of truth; structure can be put there by a model (see
 * the data set `sim-imputation-null`).
 *
 * @param logNormalized - [nCells, nGenes]
 * @param codes - [nCells] group of each cell, -1 where unknown
 * @returns NaN for a score that is not defined, such as for a single group
 * @throws DataError for fewer than 2 cells; AbortError
 */
export async function structureScores(
  logNormalized: Matrix,
  codes: Int32Array,
  { nComponents = 50, seed = 0, signal }: StructureOptions = {},
): Promise<StructureScores> {
  const rng = Rng.fromSeed(seed).fork('structure');
  const known = Int32Array.from(codes.keys()).filter((i) => codes[i]! >= 0);
  const truth = known.map((i) => codes[i]!);
  const { nRows, nCols } = logNormalized;
  const k = Math.min(nComponents, nRows, nCols);
  const { scores } = await pca(logNormalized, { nComponents: k, rng: rng.fork('pca'), signal });
  const run = { method: 'leiden', nNeighbors: 15, resolution: 1, rng: rng.fork('leiden') } as const;
  const { labels } = await graphClusters(scores, { ...run, signal });
  return {
    ari: adjustedRandIndex(
      truth,
      known.map((i) => labels[i]!),
    ),
    silhouette: await silhouetteOf(scores.selectRows(known), truth, signal),
  };
}

async function silhouetteOf(
  points: DenseMatrix,
  groups: Int32Array,
  signal: AbortSignal | undefined,
): Promise<number> {
  const nGroups = new Set(groups).size;
  if (nGroups < 2 || nGroups >= groups.length) return NaN;
  return silhouetteScore(points, groups, { signal });
}
