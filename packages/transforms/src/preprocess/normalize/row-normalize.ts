import { defineParams, type AnnData } from '@dance-ts/core';
import { BaseTransform, type TransformSpec } from '../../transform.js';
import { scaleRowsToSum } from './scale-rows.js';

const params = defineParams({});

/** Each cell is divided by its sum; cells without counts stay zero. */
export class RowNormalize extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'RowNormalize',
    group: 'normalize',
    summary: 'Scales each cell to a sum of 1.',
    formula: 'x_ig / sum_g x_ig',
    source: 'Ciortan & Defrance, Bioinformatics 38(4), 2022',
    usedBy: ['GraphSC'],
    params,
  };

  /** @throws ParamError for any parameter: it has none */
  constructor(input?: Record<string, unknown>) {
    super(RowNormalize.spec, input);
  }

  /** @throws DataError for negative or non-finite values */
  protected override transform(data: AnnData): AnnData {
    const view = data.view();
    view.X = scaleRowsToSum(data.X, 1);
    return view;
  }
}
