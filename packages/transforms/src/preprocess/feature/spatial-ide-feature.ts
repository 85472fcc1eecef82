import {
  assertCounts,
  DataError,
  defineParams,
  DenseMatrix,
  type AnnData,
  type Matrix,
  type ParamInput,
} from '@dance-ts/core';
import { columnMoments } from '@dance-ts/ml';
import { z } from 'zod';
import { BaseTransform, type TransformSpec } from '../../transform.js';

const params = defineParams({
  out: z.string().min(1).default('SpatialIDEFeature').describe('Key of obsm for the values'),
});

/**
 * Counts with stable variance and without the depth of the spots, as SpatialDE takes them. phi is the
 * least squares fit of var = mu + phi mu^2 over the genes (sample variance); values are
 * y = ln(x + 1 / (2 phi)), less the part b ln(total of the spot) of the regression of each gene on an
 * intercept and ln(total). Dense, spots x genes x 4 bytes, in `obsm[out]`.
 *
 * Source: Svensson, Teichmann & Stegle, Nat. Methods 15, 2018 (NaiveDE); DANCE (SpatialIDEFeature). Used
 * by: search spaces.
 */
export class SpatialIDEFeature extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'SpatialIDEFeature',
    group: 'feature',
    summary: 'Counts with stable variance, without the depth of the spots.',
    formula: 'ln(x + 1 / (2 phi)) - b ln c_i, var = mu + phi mu^2',
    source: 'Svensson, Teichmann & Stegle, Nat. Methods 15, 2018; DANCE',
    usedBy: [],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(SpatialIDEFeature.spec, input);
  }

  /**
   * @throws DataError for negative or non-finite values, fewer than two spots, a spot without counts, or
   * genes that do not vary more than Poisson ones
   */
  protected override transform(data: AnnData): AnnData {
    assertCounts(data.X);
    const totals = data.X.rowSums();
    const empty = totals.findIndex((total) => total === 0);
    if (empty >= 0) {
      throw new DataError(`${this.name}: spot ${empty} has no counts`, {
        remedy: 'Run FilterCellsScanpy with { minCounts: 1 } before.',
      });
    }
    const phi = dispersionOf(data.X);
    if (!(phi > 0)) {
      throw new DataError(`${this.name}: the genes do not vary more than Poisson counts`, {
        got: `phi = ${phi}`,
        expected: 'a dispersion above 0',
        remedy: 'Give raw counts, or use Log1P instead.',
      });
    }
    const stable = (data.X.kind === 'csr' ? data.X.toDense() : data.X).mapData((value) =>
      Math.log(value + 1 / (2 * phi)),
    );
    removeDepth(
      stable,
      totals.map((total) => Math.log(total)),
    );
    const view = data.view();
    view.obsm.set(this.params.out, stable);
    return view;
  }
}

/** Least squares of var - mu = phi mu^2. */
function dispersionOf(X: Matrix): number {
  const { mean, variance } = columnMoments(X, { ddof: 1 });
  let above = 0;
  let below = 0;
  mean.forEach((mu, g) => {
    above += mu * mu * (variance[g]! - mu);
    below += mu ** 4;
  });
  return above / below;
}

/** Subtracts slope times depth from each column, in place. */
function removeDepth(Y: DenseMatrix, depths: Float64Array): void {
  const middle = depths.reduce((sum, value) => sum + value, 0) / depths.length;
  const centered = depths.map((value) => value - middle);
  const squares = centered.reduce((sum, value) => sum + value * value, 0);
  if (squares === 0) return;
  const slopes = new Float64Array(Y.nCols);
  for (let i = 0; i < Y.nRows; i++) {
    Y.row(i).forEach((value, g) => {
      slopes[g]! += (centered[i]! * value) / squares;
    });
  }
  for (let i = 0; i < Y.nRows; i++) {
    const row = Y.row(i);
    for (let g = 0; g < row.length; g++) row[g]! -= slopes[g]! * depths[i]!;
  }
}
