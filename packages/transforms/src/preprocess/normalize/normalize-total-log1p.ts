import { defineParams, type AnnData, type ParamInput } from '@dance-ts/core';
import { z } from 'zod';
import { BaseTransform, type TransformContext, type TransformSpec } from '../../transform.js';
import { Log1P } from './log1p.js';
import { NormalizeTotal } from './normalize-total.js';

const params = defineParams({
  base: z.number().gt(1).optional().describe('Base of the logarithm; natural if left out'),
  targetSum: z
    .number()
    .positive()
    .optional()
    .describe('Sum of each cell before the logarithm; the median of the positive sums if left out'),
  maxFraction: z
    .number()
    .min(0)
    .max(1)
    .default(0.05)
    .describe('Genes above this share of some cell do not count in the sums; 1 counts all'),
});

/**
 * `NormalizeTotal` with `excludeHighlyExpressed`, then `Log1P`: x_ig becomes
 * ln(1 + x_ig t / c_i) / ln(base).
 *
 * Source: scanpy pp.normalize_total and pp.log1p; DANCE (NormalizeTotalLog1P). Used by: search spaces;
 * many of DANCE's best pipelines.
 */
export class NormalizeTotalLog1P extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'NormalizeTotalLog1P',
    group: 'normalize',
    summary: 'Scales each cell to the same total count and takes the logarithm of 1 + X.',
    formula: 'ln(1 + x_ig t / c_i) / ln base',
    source: 'scanpy pp.normalize_total and pp.log1p; DANCE',
    usedBy: [],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(NormalizeTotalLog1P.spec, input);
  }

  /** @throws DataError for negative or non-finite values */
  protected override async transform(data: AnnData, context: TransformContext): Promise<AnnData> {
    const { base, targetSum, maxFraction } = this.params;
    const scaled = await new NormalizeTotal({
      excludeHighlyExpressed: true,
      maxFraction,
      targetSum,
    }).apply(data, context);
    return new Log1P({ base }).apply(scaled, context);
  }
}
