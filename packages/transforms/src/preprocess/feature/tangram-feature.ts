import {
  assertCounts,
  DataError,
  defineParams,
  numericColumn,
  type AnnData,
  type ParamInput,
} from '@dance-ts/core';
import { z } from 'zod';
import { BaseTransform, type TransformSpec } from '../../transform.js';

const params = defineParams({
  densityMode: z
    .enum(['uniform', 'rna_count'])
    .default('uniform')
    .describe('The same for every spot, or in proportion to its counts'),
  out: z.string().min(1).default('TangramFeature').describe('Column of obs for the densities'),
});

/**
 * Prior density of cells over the spots, with sum 1, in `obs[out]`: 1 / N, or the counts of the spot
 * over all counts.
 *
 * Source: Biancalani et al., Nat. Methods 18, 2021 (Tangram); DANCE (TangramFeature). Used by: search
 * spaces.
 */
export class TangramFeature extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'TangramFeature',
    group: 'feature',
    summary: 'Prior density of cells over spots, uniform or by counts.',
    formula: '1 / N, or c_i / sum_i c_i',
    source: 'Biancalani et al., Nat. Methods 18, 2021; DANCE',
    usedBy: [],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(TangramFeature.spec, input);
  }

  /** @throws DataError for negative or non-finite values, or for densities of no counts at all */
  protected override transform(data: AnnData): AnnData {
    const { densityMode, out } = this.params;
    assertCounts(data.X);
    const weights =
      densityMode === 'uniform' ? new Float64Array(data.nObs).fill(1) : data.X.rowSums();
    const total = weights.reduce((sum, value) => sum + value, 0);
    if (data.nObs > 0 && total === 0) {
      throw new DataError(`${this.name}: there are no counts to tell densities by`, {
        remedy: 'Take densityMode "uniform".',
      });
    }
    const view = data.view();
    view.obs.set(out, numericColumn(weights.map((value) => value / total)));
    return view;
  }
}
