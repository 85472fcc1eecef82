import type { Matrix } from '@dance-ts/core';
import type { ColumnMoments } from '@dance-ts/ml';
import { localQuadraticFit, type LoessSurface } from '../../numeric/local-quadratic.js';

/** Options of {@link standardizedVariances}. */
export interface StandardizedVarianceOptions {
  /** Share of the genes that each local fit of variance on mean uses. */
  readonly span: number;
  /** Whether the curve is interpolated between a few fits (as in scanpy) or fitted at every gene. */
  readonly surface: LoessSurface;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Flavor `seurat_v3`: variance of each gene in units of what a loess curve of log10 variance on
 * log10 mean predicts, with counts clipped at sqrt(cells) predicted deviations above the mean.
 * Genes of zero variance get 0.
 *
 * Source: Stuart et al., Cell 177, 2019.
 *
 * @param counts - raw counts, cells x genes
 */
export async function standardizedVariances(
  counts: Matrix,
  moments: ColumnMoments,
  options: StandardizedVarianceOptions,
): Promise<Float64Array> {
  const { mean: means, variance: variances } = moments;
  const deviations = await predictedDeviations(moments, options);
  const limits = means.map((mean, g) => mean + deviations[g]! * Math.sqrt(counts.nRows));
  const { sums, squares } = clippedSums(counts, limits);
  const n = counts.nRows;
  return variances.map((variance, g) => {
    if (!(variance > 0)) return 0;
    const mean = means[g]!;
    const spread = n * mean * mean + squares[g]! - 2 * mean * sums[g]!;
    return spread / ((n - 1) * deviations[g]! ** 2);
  });
}

/** Standard deviation that the trend predicts for each gene; 1 where the variance is 0. */
async function predictedDeviations(
  { mean: means, variance: variances }: ColumnMoments,
  options: StandardizedVarianceOptions,
): Promise<Float64Array> {
  const varying = Uint32Array.from(variances.keys()).filter((g) => variances[g]! > 0);
  const logMeans = Float64Array.from(varying, (g) => Math.log10(means[g]!));
  const logVariances = Float64Array.from(varying, (g) => Math.log10(variances[g]!));
  const fitted = await localQuadraticFit(logMeans, logVariances, options);
  const deviations = new Float64Array(variances.length).fill(1);
  varying.forEach((g, i) => {
    deviations[g] = Math.sqrt(10 ** fitted[i]!);
  });
  return deviations;
}

/** Column sums of the values and of their squares, no value counting more than its limit. */
function clippedSums(
  X: Matrix,
  limits: Float64Array,
): { sums: Float64Array; squares: Float64Array } {
  const sums = new Float64Array(X.nCols);
  const squares = new Float64Array(X.nCols);
  for (let e = 0; e < X.data.length; e++) {
    const j = X.kind === 'csr' ? X.indices[e]! : e % X.nCols;
    const clipped = Math.min(X.data[e]!, limits[j]!);
    sums[j]! += clipped;
    squares[j]! += clipped * clipped;
  }
  return { sums, squares };
}
