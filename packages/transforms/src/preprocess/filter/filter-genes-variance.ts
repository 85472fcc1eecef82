import {
  assertCounts,
  DataError,
  defineParams,
  numericColumn,
  type AnnData,
  type ParamInput,
} from '@dance-ts/core';
import { columnMoments } from '@dance-ts/ml';
import { z } from 'zod';
import { keepGenes } from '../../select.js';
import { BaseTransform, type TransformSpec } from '../../transform.js';

const params = defineParams({
  share: z
    .number()
    .positive()
    .max(1)
    .default(0.2)
    .describe('Share of the genes to keep, rounded down to whole genes, but at least one'),
  nTopGenes: z
    .int()
    .min(1)
    .optional()
    .describe('Number of genes to keep, at most all, instead of a share'),
});

/**
 * Keeps the genes whose values vary most, as they are (raw counts, usually): no correction for the
 * mean and no bins, unlike `HighlyVariableGenes`. Of equal variances the first genes are kept.
 * Writes `var.variances` (population variance).
 */
export class FilterGenesVariance extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'FilterGenesVariance',
    group: 'filter',
    summary: 'Keeps the genes of the largest variance, a share or a number of them.',
    source: 'Lee et al., Bioinformatics 39(6), 2023 (scGPCL)',
    usedBy: ['ScGPCL'],
    params,
  };

  /** @throws ParamError for a share outside (0, 1] or a number of genes below 1 */
  constructor(input?: ParamInput<typeof params>) {
    super(FilterGenesVariance.spec, input);
  }

  /** @throws DataError for negative or non-finite values, or if there is no cell or no gene */
  protected override transform(data: AnnData): AnnData {
    assertCounts(data.X);
    if (data.nObs < 1 || data.nVars < 1) {
      throw new DataError('FilterGenesVariance needs variances', {
        got: `${data.nObs} cells, ${data.nVars} genes`,
        expected: 'at least 1 cell and 1 gene',
      });
    }
    const { variance } = columnMoments(data.X);
    const { share, nTopGenes } = this.params;
    const nKept = nTopGenes ?? Math.max(1, Math.floor(share * data.nVars));
    const keep = new Uint8Array(data.nVars);
    const order = Uint32Array.from(keep.keys());
    order.sort((a, b) => variance[b]! - variance[a]! || a - b);
    for (const gene of order.subarray(0, nKept)) keep[gene] = 1;
    const annotated = data.view();
    annotated.var.set('variances', numericColumn(variance));
    return keepGenes(annotated, keep, this.name);
  }
}
