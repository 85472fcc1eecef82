import {
  assertCounts,
  defineParams,
  numericColumn,
  type AnnData,
  type Matrix,
  type ParamInput,
} from '@dance-ts/core';
import { z } from 'zod';
import { positiveByColumn } from '../../numeric/positive-counts.js';
import { keepGenes } from '../../select.js';
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

const STEPS = ['minCounts', 'minCells', 'maxCounts', 'maxCells'] as const;

const params = defineParams({
  minCounts: countLimit('Smallest sum of a gene'),
  minCells: nonZeroLimit('Fewest cells that express a gene'),
  maxCounts: countLimit('Largest sum of a gene'),
  maxCells: nonZeroLimit('Most cells that express a gene'),
  splitName: z
    .enum(['train', 'val', 'test'])
    .optional()
    .describe('Split whose cells count; all cells if left out'),
  ...channelParams,
  order: z
    .array(z.enum(STEPS))
    .default([...STEPS])
    .describe('Limits in the order of application'),
  addNCounts: z.boolean().default(true).describe('Write the sums to var.n_counts'),
  addNCells: z.boolean().default(true).describe('Write the numbers to var.n_cells'),
});

/**
 * Keeps the genes that pass one limit after the other, in the order given; limits that are not given
 * are passed over. It differs from `FilterGenesScanpy` where a limit is a quantile: that is then taken
 * among the genes that the earlier limits left. Writes `var.n_counts` and `var.n_cells`.
 *
 * Source: scanpy pp.filter_genes, once for each limit; DANCE (FilterGenesScanpyOrder). Used by: search
 * spaces only.
 */
export class FilterGenesScanpyOrder extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'FilterGenesScanpyOrder',
    group: 'filter',
    summary: 'Keeps genes by counts and number of cells, one limit after the other.',
    formula: 'min <= sum_i x_ig <= max, min <= #{i: x_ig > 0} <= max, one after the other',
    source: 'scanpy pp.filter_genes; DANCE',
    usedBy: [],
    params,
  };

  /** @throws ParamError for an invalid limit, none at all, or one that `order` does not name */
  constructor(input?: ParamInput<typeof params>) {
    super(FilterGenesScanpyOrder.spec, input);
    const { minCounts, maxCounts, minCells, maxCells } = this.params;
    assertAnyLimit({ minCounts, maxCounts, minCells, maxCells }, this.name);
    this.steps();
  }

  /** @throws DataError for negative or non-finite values, without the layer, or if no gene is left */
  protected override transform(data: AnnData): AnnData {
    const X = this.countsOf(data);
    assertCounts(X);
    const counts = X.columnSums();
    const nonZeros = positiveByColumn(X);
    const keep = withinSuccessively({ counts, nonZeros, nValues: X.nRows }, this.steps());
    const annotated = data.view();
    if (this.params.addNCounts) annotated.var.set('n_counts', numericColumn(counts));
    if (this.params.addNCells) annotated.var.set('n_cells', numericColumn(nonZeros));
    return keepGenes(annotated, keep, this.name);
  }

  private steps(): Thresholds[] {
    const { minCounts, maxCounts, minCells, maxCells, order } = this.params;
    return inOrder({ minCounts, minCells, maxCounts, maxCells }, order, this.name);
  }

  private countsOf(data: AnnData): Matrix {
    const { splitName } = this.params;
    const X = channelMatrix(data, this.params, this.name);
    return splitName === undefined ? X : X.selectRows(data.splits[splitName]);
  }
}
