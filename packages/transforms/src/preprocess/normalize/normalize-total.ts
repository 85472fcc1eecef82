import { defineParams, type AnnData, type ParamInput } from '@dance-ts/core';
import { z } from 'zod';
import { BaseTransform, type TransformSpec } from '../../transform.js';
import { scaleRowsToSum } from './scale-rows.js';

const params = defineParams({
  targetSum: z
    .number()
    .positive()
    .optional()
    .describe('Sum of each cell afterwards; the median of the positive sums if left out'),
});

/** Cells are scaled to the same total count; cells without counts stay zero. */
export class NormalizeTotal extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'NormalizeTotal',
    group: 'normalize',
    summary: 'Scales each cell to the same total count.',
    source: 'scanpy pp.normalize_total',
    usedBy: [
      'ACTINN',
      'Celltypist',
      'GraphSC',
      'SCAG2E',
      'ScDCC',
      'ScDeepCluster',
      'ScDeepSort',
      'ScDSC',
      'ScGPCL',
      'ScHeteroNet',
      'ScTAG',
      'ScTPF',
      'SingleCellNet',
      'SVM',
    ],
    params,
  };

  /** @throws ParamError for a target that is not positive */
  constructor(input?: ParamInput<typeof params>) {
    super(NormalizeTotal.spec, input);
  }

  /** @throws DataError for negative or non-finite values */
  protected override transform(data: AnnData): AnnData {
    const view = data.view();
    view.X = scaleRowsToSum(data.X, this.params.targetSum);
    return view;
  }
}
