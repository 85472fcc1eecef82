import { defineParams, type AnnData, type ParamInput } from '@dance-ts/core';
import { z } from 'zod';
import { BaseTransform, type TransformSpec } from '../../transform.js';
import { scaleRowsToSum, scaleRowsWithoutDominant } from './scale-rows.js';

const params = defineParams({
  targetSum: z
    .number()
    .positive()
    .optional()
    .describe('Sum of each cell afterwards; the median of the positive sums if left out'),
  excludeHighlyExpressed: z
    .boolean()
    .optional()
    .describe('Leave genes above maxFraction of some cell out of the sums; on if that is given'),
  maxFraction: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('Share of the counts of a cell; 0.05 if left out'),
});

/**
 * Cells are scaled to the same total count; cells without counts stay zero.
 *
 * x_ig becomes x_ig t / c_i, where c_i is the sum of the cell and t the target, or the median of the
 * positive sums. With `excludeHighlyExpressed` or a `maxFraction`, genes that make up more than `maxFraction` of any cell
 * do not count in c_i, so that a few very abundant genes do not press down the rest. (DANCE's
 * NormalizeTotal always excludes them.)
 */
export class NormalizeTotal extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'NormalizeTotal',
    group: 'normalize',
    summary: 'Scales each cell to the same total count.',
    formula: 'x_ig t / c_i, c_i = sum_g x_ig',
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
    const { targetSum, maxFraction } = this.params;
    const { excludeHighlyExpressed = maxFraction !== undefined } = this.params;
    view.X = excludeHighlyExpressed
      ? scaleRowsWithoutDominant(data.X, maxFraction ?? 0.05, targetSum)
      : scaleRowsToSum(data.X, targetSum);
    return view;
  }
}
