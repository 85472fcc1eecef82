import {
  assertCounts,
  defineParams,
  numericColumn,
  type AnnData,
  type ParamInput,
} from '@dance-ts/core';
import { z } from 'zod';
import { positiveByRow } from '../../numeric/positive-counts.js';
import { keepCells } from '../../select.js';
import { BaseTransform, type TransformSpec } from '../../transform.js';
import { channelMatrix, channelParams } from '../channel-matrix.js';
import {
  assertAnyLimit,
  countLimit,
  inOrder,
  nonZeroLimit,
  withinSuccessively,
  type Thresholds,
} from './thresholds.js';

const STEPS = ['minCounts', 'minGenes', 'maxCounts', 'maxGenes'] as const;

const params = defineParams({
  minCounts: countLimit('Smallest sum of a cell'),
  minGenes: nonZeroLimit('Fewest genes a cell expresses'),
  maxCounts: countLimit('Largest sum of a cell'),
  maxGenes: nonZeroLimit('Most genes a cell expresses'),
  ...channelParams,
  order: z
    .array(z.enum(STEPS))
    .default([...STEPS])
    .describe('Limits in the order of application'),
  addNCounts: z.boolean().default(true).describe('Write the sums to obs.n_counts'),
  addNGenes: z.boolean().default(true).describe('Write the numbers to obs.n_genes'),
});

/**
 * Keeps the cells that pass one limit after the other, in the order given; limits that are not given
 * are passed over. It differs from `FilterCellsScanpy` where a limit is a quantile: that is then taken
 * among the cells that the earlier limits left. Writes `obs.n_counts` and `obs.n_genes`; splits
 * follow their cells.
 *
 * Source: scanpy pp.filter_cells, once for each limit; DANCE (FilterCellsScanpyOrder). Used by: search
 * spaces only.
 */
export class FilterCellsScanpyOrder extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'FilterCellsScanpyOrder',
    group: 'filter',
    summary: 'Keeps cells by counts and number of genes, one limit after the other.',
    formula: 'min <= sum_g x_ig <= max, min <= #{g: x_ig > 0} <= max, one after the other',
    source: 'scanpy pp.filter_cells; DANCE',
    usedBy: [],
    params,
  };

  /** @throws ParamError for an invalid limit, none at all, or one that `order` does not name */
  constructor(input?: ParamInput<typeof params>) {
    super(FilterCellsScanpyOrder.spec, input);
    const { minCounts, maxCounts, minGenes, maxGenes } = this.params;
    assertAnyLimit({ minCounts, maxCounts, minGenes, maxGenes }, this.name);
    this.steps();
  }

  /** @throws DataError for negative or non-finite values, without the layer, or if no cell is left */
  protected override transform(data: AnnData): AnnData {
    const X = channelMatrix(data, this.params, this.name);
    assertCounts(X);
    const counts = X.rowSums();
    const nonZeros = positiveByRow(X);
    const keep = withinSuccessively({ counts, nonZeros, nValues: data.nVars }, this.steps());
    const annotated = data.view();
    if (this.params.addNCounts) annotated.obs.set('n_counts', numericColumn(counts));
    if (this.params.addNGenes) annotated.obs.set('n_genes', numericColumn(nonZeros));
    return keepCells(annotated, keep, this.name);
  }

  private steps(): Thresholds[] {
    const { minCounts, maxCounts, minGenes, maxGenes, order } = this.params;
    return inOrder({ minCounts, minGenes, maxCounts, maxGenes }, order, this.name);
  }
}
