import {
  assertCounts,
  DataError,
  defineParams,
  numericColumn,
  type AnnData,
  type ParamInput,
} from '@dance-ts/core';
import { z } from 'zod';
import { GENE_SUMMARIES, geneSummary } from '../../numeric/gene-summary.js';
import { positiveByColumn } from '../../numeric/positive-counts.js';
import { keepGenes } from '../../select.js';
import { BaseTransform, type TransformSpec } from '../../transform.js';
import { channelMatrix, channelParams } from '../channel-matrix.js';
import { keepWhitelisted, whitelistIndicators } from './whitelist.js';

const params = defineParams({
  numGenes: z.int().min(1).default(1000).describe('Number of genes to keep, at most all'),
  top: z.boolean().default(true).describe('Keep the largest summaries, or else the smallest'),
  mode: z
    .enum(GENE_SUMMARIES)
    .default('cv')
    .describe('Summary: sum, variance, coefficient of variation or variance over mean'),
  whitelistIndicators,
  ...channelParams,
  addNCounts: z.boolean().default(false).describe('Write the sums of the genes to var.n_counts'),
  addNCells: z.boolean().default(false).describe('Write the cells with the gene to var.n_cells'),
});

/**
 * Keeps the genes with the largest (or smallest) sum, population variance, coefficient of variation
 * sd / mean or relative variance var / mean; the last two are 0 for a gene without counts. Of equal
 * summaries the first genes are kept. Writes `var.gene_summary`. Genes stay in their order (DANCE
 * sorts them by name).
 *
 * Source: DANCE (FilterGenesTopK). Used by: GraphSCI, scGNN2, STdGCN.
 */
export class FilterGenesTopK extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'FilterGenesTopK',
    group: 'filter',
    summary: 'Keeps the genes with the largest or smallest sum or variation.',
    formula: 'numGenes largest of sum x, var x, sd / mean or var / mean',
    source: 'DANCE',
    usedBy: ['GraphSCI', 'ScGNN2', 'STdGCN'],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(FilterGenesTopK.spec, input);
  }

  /** @throws DataError for negative or non-finite values, without cells, genes or the layer */
  protected override transform(data: AnnData): AnnData {
    const X = channelMatrix(data, this.params, this.name);
    assertCounts(X);
    if (data.nObs < 1 || data.nVars < 1) {
      throw new DataError('FilterGenesTopK needs cells and genes', {
        got: `${data.nObs} cells, ${data.nVars} genes`,
      });
    }
    const { numGenes, top, mode, addNCounts, addNCells } = this.params;
    const summary = geneSummary(X, mode);
    const sign = top ? 1 : -1;
    const order = Uint32Array.from(summary.keys());
    order.sort((a, b) => sign * (summary[b]! - summary[a]!) || a - b);
    const keep = new Uint8Array(data.nVars);
    for (const gene of order.subarray(0, numGenes)) keep[gene] = 1;
    keepWhitelisted(data, this.params.whitelistIndicators, keep);
    const annotated = data.view();
    annotated.var.set('gene_summary', numericColumn(summary));
    if (addNCounts) annotated.var.set('n_counts', numericColumn(X.columnSums()));
    if (addNCells) annotated.var.set('n_cells', numericColumn(positiveByColumn(X)));
    return keepGenes(annotated, keep, this.name);
  }
}
