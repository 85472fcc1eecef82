import {
  assertCounts,
  DataError,
  defineParams,
  numericColumn,
  ParamError,
  type AnnData,
  type ParamInput,
} from '@dance-ts/core';
import { z } from 'zod';
import { GENE_SUMMARIES, geneSummary } from '../../numeric/gene-summary.js';
import { ascending, quantile } from '../../numeric/quantile.js';
import { keepGenes } from '../../select.js';
import { BaseTransform, type TransformSpec } from '../../transform.js';
import { channelMatrix, channelParams } from '../channel-matrix.js';
import { keepWhitelisted, whitelistIndicators } from './whitelist.js';

const params = defineParams({
  minVal: z.number().min(0).max(100).default(1).describe('Lower percentile'),
  maxVal: z.number().min(0).max(100).default(99).describe('Upper percentile'),
  mode: z
    .enum(GENE_SUMMARIES)
    .default('sum')
    .describe('Of the sum, the variance, the coefficient of variation or variance over mean'),
  whitelistIndicators,
  ...channelParams,
});

/**
 * Keeps the genes whose summary lies within two percentiles (linear interpolation, both ends
 * included): the sum, the population variance, the coefficient of variation sd / mean, or the
 * relative variance var / mean; the last two are 0 for a gene without counts. Writes
 * `var.gene_summary`. Genes stay in their order (DANCE sorts them by name).
 */
export class FilterGenesPercentile extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'FilterGenesPercentile',
    group: 'filter',
    summary: 'Keeps genes between two percentiles of their sum or their variation.',
    formula: 'P_minVal <= s_g <= P_maxVal',
    source: 'Ma & Pellegrini, Bioinformatics 36:533, 2020 (ACTINN)',
    usedBy: ['ACTINN', 'CARD', 'EfNST'],
    params,
  };

  /** @throws ParamError for percentiles outside 0-100 or in the wrong order */
  constructor(input?: ParamInput<typeof params>) {
    super(FilterGenesPercentile.spec, input);
    const { minVal, maxVal } = this.params;
    if (minVal < maxVal) return;
    throw new ParamError('FilterGenesPercentile: parameter "maxVal"', {
      got: String(maxVal),
      expected: `more than minVal = ${minVal}`,
    });
  }

  /** @throws DataError for negative or non-finite values, without cells, genes or the layer */
  protected override transform(data: AnnData): AnnData {
    const X = channelMatrix(data, this.params, this.name);
    assertCounts(X);
    if (data.nObs < 1 || data.nVars < 1) {
      throw new DataError('FilterGenesPercentile needs cells and genes', {
        got: `${data.nObs} cells, ${data.nVars} genes`,
      });
    }
    const { minVal, maxVal, mode, whitelistIndicators: whitelist } = this.params;
    const summary = geneSummary(X, mode);
    const sorted = ascending(summary);
    const [low, high] = [quantile(sorted, minVal / 100), quantile(sorted, maxVal / 100)];
    const annotated = data.view();
    annotated.var.set('gene_summary', numericColumn(summary));
    const keep = Uint8Array.from(summary, (value) => (value >= low && value <= high ? 1 : 0));
    keepWhitelisted(data, whitelist, keep);
    return keepGenes(annotated, keep, this.name);
  }
}
