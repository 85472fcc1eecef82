import {
  assertCounts,
  DataError,
  defineParams,
  numericColumn,
  type AnnData,
  type ParamInput,
} from '@dance-ts/core';
import { z } from 'zod';
import { median } from '../../numeric/quantile.js';
import { BaseTransform, type TransformSpec } from '../../transform.js';

const params = defineParams({
  layer: z.string().min(1).optional().describe('Layer that holds the counts; X if left out'),
});

/**
 * Writes the total count of each cell into `obs.n_counts`, and divided by the median of the
 * positive totals into `obs.size_factors`. Run it before the counts are normalized (afterwards all
 * totals are much alike), or name the layer that kept them.
 */
export class UpdateSizeFactors extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'UpdateSizeFactors',
    group: 'normalize',
    summary: 'Writes total counts and size factors of the cells.',
    formula: 's_i = n_i / median(n), n_i = sum_g x_ig',
    source: 'scanpy pp.normalize_per_cell; DANCE',
    usedBy: ['ScHeteroNet'],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(UpdateSizeFactors.spec, input);
  }

  /** @throws DataError for negative or non-finite values, or without the layer */
  protected override transform(data: AnnData): AnnData {
    const { layer } = this.params;
    const counts = layer === undefined ? data.X : data.layers.get(layer);
    if (counts === undefined) {
      throw new DataError(`${this.name}: the data have no layer "${String(layer)}"`, {
        remedy: 'Run the transform SaveRaw before, or name another layer.',
      });
    }
    assertCounts(counts);
    const totals = counts.rowSums();
    const positive = totals.filter((total) => total > 0);
    const middle = positive.length === 0 ? 1 : median(positive);
    const view = data.view();
    view.obs.set('n_counts', numericColumn(totals));
    view.obs.set('size_factors', numericColumn(totals.map((total) => total / middle)));
    return view;
  }
}
