import { DataError, ParamError, type DenseMatrix, type Matrix, type Rng } from '@dance-ts/core';
import { columnMoments, truncatedSvd, type SvdSolver } from '@dance-ts/ml';
import { z } from 'zod';
import { affordableComponents } from '../../numeric/affordable-components.js';
import type { TransformContext } from '../../transform.js';

/** Schema of a number of components or of a share of the variance. */
export const componentsOrShare = z
  .number()
  .positive()
  .default(400)
  .describe('Number of components, or below 1: as many as explain this share of the variance');

/** First guess of how many components explain a share of the variance. */
const FIRST_GUESS = 32;

/** Truncated singular value decomposition of a matrix, not centered. */
export interface Truncation {
  /** X V, [nRows, k]. */
  readonly scores: DenseMatrix;
  /** Right singular vectors as rows, [k, nCols]. */
  readonly components: DenseMatrix;
  /** [k] */
  readonly singularValues: Float64Array;
  /** Variance of each column of the scores over the total variance of the columns of X, [k]. */
  readonly explainedVarianceRatio: Float64Array;
}

/** @throws ParamError for a number of components that is above 1 but no integer */
export function assertComponents(nComponents: number, owner: string): void {
  if (nComponents < 1 || Number.isInteger(nComponents)) return;
  throw new ParamError(`${owner}: parameter "nComponents"`, {
    got: String(nComponents),
    expected: 'an integer, or a share below 1',
  });
}

/**
 * The largest singular values and vectors of X: so many, or as many as explain the share.
 *
 * @param nComponents - at least 1, or a share of the variance below 1
 * @param owner - name of the transform, for messages
 * @throws DataError without rows or columns or for infinite values; AbortError
 */
export async function truncation(
  X: Matrix,
  nComponents: number,
  owner: string,
  context: TransformContext,
  solver: SvdSolver = 'auto',
): Promise<Truncation> {
  const size = { nObs: X.nRows, nVars: X.nCols };
  const { rng, signal } = context;
  if (nComponents >= 1) {
    const k = affordableComponents(nComponents, size, owner, context);
    return leading(X, k, solver, rng, signal);
  }
  const limit = Math.min(X.nRows, X.nCols);
  if (limit === 0) {
    throw new DataError(`${owner} needs cells and genes`, { got: `${X.nRows} x ${X.nCols}` });
  }
  for (let k = Math.min(limit, FIRST_GUESS); ; k = Math.min(limit, 2 * k)) {
    const found = await leading(X, k, solver, rng, signal);
    const enough = countToReach(found.explainedVarianceRatio, nComponents);
    if (enough !== undefined || k === limit) return firstOf(found, enough ?? k);
  }
}

async function leading(
  X: Matrix,
  nComponents: number,
  solver: SvdSolver,
  rng: Rng,
  signal: AbortSignal | undefined,
): Promise<Truncation> {
  const { U, s, Vt } = await truncatedSvd(X, { nComponents, solver, rng: rng.fork('svd'), signal });
  const scores = U.copy();
  for (let i = 0; i < scores.nRows; i++) {
    const row = scores.row(i);
    for (let c = 0; c < row.length; c++) row[c] = row[c]! * s[c]!;
  }
  const total = columnMoments(X).variance.reduce((sum, value) => sum + value, 0);
  const { variance } = columnMoments(scores);
  return {
    scores,
    components: Vt,
    singularValues: s,
    explainedVarianceRatio: variance.map((value) => (total > 0 ? value / total : 0)),
  };
}

/** How many of the first shares add up to the target; undefined if all are too few. */
function countToReach(shares: Float64Array, target: number): number | undefined {
  let sum = 0;
  for (let c = 0; c < shares.length; c++) {
    sum += shares[c]!;
    if (sum >= target) return c + 1;
  }
  return undefined;
}

function firstOf(found: Truncation, k: number): Truncation {
  const chosen = Int32Array.from({ length: k }, (_, c) => c);
  return {
    scores: found.scores.selectColumns(chosen),
    components: found.components.selectRows(chosen),
    singularValues: found.singularValues.slice(0, k),
    explainedVarianceRatio: found.explainedVarianceRatio.slice(0, k),
  };
}
