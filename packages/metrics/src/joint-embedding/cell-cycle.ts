import {
  DataError,
  type DenseMatrix,
  type Matrix,
  type Rng,
  type RunOptions,
} from '@dance-ts/core';
import { pca } from '@dance-ts/ml';
import type { Labels } from '../clustering/contingency.js';
import { meanDefined } from '../regression/per-line.js';
import { checkCells, groupCells } from './silhouette-widths.js';

const N_COMPONENTS = 50;

/** Options of {@link cellCycleConservation}. */
export interface CellCycleOptions extends RunOptions {
  /** Directions the principal components start from. */
  readonly rng: Rng;
  /** Batch of each cell; one batch if left out. */
  readonly batches?: Labels;
}

/**
 * Cell-cycle conservation (Luecken et al., 2022): in each batch 1 - |after - before| / before,
 * not below 0, where before and after are the shares of the variance that the phase scores explain
 * in expression and in the embedding (`principalComponentRegression`); mean over batches. Batches
 * of fewer than 4 cells, or where nothing is explained before, are left out; NaN if none remains.
 *
 * @param expression - normalized expression, [nCells, nGenes]
 * @param embedding - [nCells, d]
 * @param phaseScores - covariates such as S score and G2M score, each [nCells]
 * @throws DataError if the shapes do not fit or values are NaN or infinite; AbortError
 */
export async function cellCycleConservation(
  expression: Matrix,
  embedding: DenseMatrix,
  phaseScores: readonly ArrayLike<number>[],
  options: CellCycleOptions,
): Promise<number> {
  const { batches = new Uint8Array(expression.nRows), rng, ...run } = options;
  checkCells(expression.nRows, batches, { length: embedding.nRows }, ...phaseScores);
  const scores: number[] = [];
  for (const cells of groupCells(batches)) {
    if (cells.length < 4) continue;
    const covariates = phaseScores.map((score) => cells.map((i) => score[i]!));
    const explained = (X: Matrix): Promise<number> =>
      principalComponentRegression(X.selectRows(cells), covariates, { ...run, rng });
    const before = await explained(expression);
    const after = await explained(embedding);
    if (before > 0) scores.push(Math.max(0, 1 - Math.abs(after - before) / before));
  }
  return meanDefined(scores);
}

/**
 * Principal component regression (Luecken et al., 2022): share of the variance of the leading
 * principal components (50, or as many as there are) that covariates explain linearly, that is the
 * sum over components of their share of the variance times R^2; 0 for constant data.
 *
 * @param X - [nCells, nFeatures]
 * @param covariates - each [nCells]
 * @throws DataError if a length differs or values are NaN or infinite; AbortError
 */
export async function principalComponentRegression(
  X: Matrix,
  covariates: readonly ArrayLike<number>[],
  options: RunOptions & { readonly rng: Rng },
): Promise<number> {
  checkCells(X.nRows, ...covariates);
  const basis = orthonormalBasis(covariates);
  const nComponents = Math.min(N_COMPONENTS, X.nRows - 1, X.nCols);
  const { scores } = await pca(X, { ...options, nComponents });
  let explained = 0;
  let total = 0;
  for (let c = 0; c < nComponents; c++) {
    const component = centered(Array.from({ length: X.nRows }, (_, i) => scores.get(i, c)));
    total += dot(component, component);
    for (const direction of basis) explained += dot(component, direction) ** 2;
  }
  return total === 0 ? 0 : explained / total;
}

/** Orthonormal directions that span the centered covariates (Gram-Schmidt). */
function orthonormalBasis(covariates: readonly ArrayLike<number>[]): Float64Array[] {
  const basis: Float64Array[] = [];
  for (const covariate of covariates) {
    const rest = centered(covariate);
    const before = Math.sqrt(dot(rest, rest));
    if (!Number.isFinite(before)) {
      throw new DataError('a covariate holds NaN or infinite values');
    }
    for (const direction of basis) {
      const along = dot(rest, direction);
      direction.forEach((value, i) => {
        rest[i]! -= along * value;
      });
    }
    const length = Math.sqrt(dot(rest, rest));
    // What is left of a constant or repeated covariate is rounding.
    if (length > 1e-8 * before) basis.push(rest.map((value) => value / length));
  }
  return basis;
}

function centered(values: ArrayLike<number>): Float64Array {
  const origin = values[0]!;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! - origin;
  const mean = sum / values.length;
  return Float64Array.from(values, (value) => value - origin - mean);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
