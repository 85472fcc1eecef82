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
import { assertAnyLimit, countLimit, nonZeroLimit, withinThresholds } from './thresholds.js';

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
});

/**
 * Keeps the genes within all the limits given, and writes `var.n_counts` and `var.n_cells`, of the
 * cells and in the channel that are looked at. (scanpy
 * takes one limit a call; several here are the same as several calls, as genes do not influence
 * each other.)
 */
export class FilterGenesScanpy extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'FilterGenesScanpy',
    group: 'filter',
    summary: 'Keeps genes by their counts and by the number of cells that express them.',
    source: 'scanpy pp.filter_genes',
    usedBy: [
      'ACTINN',
      'Celltypist',
      'GraphSC',
      'SCAG2E',
      'ScDCC',
      'ScDeepCluster',
      'ScDSC',
      'ScGPCL',
      'ScHeteroNet',
      'ScTAG',
      'ScTPF',
    ],
    params,
  };

  /** @throws ParamError for an invalid limit or none at all */
  constructor(input?: ParamInput<typeof params>) {
    super(FilterGenesScanpy.spec, input);
    const { minCounts, maxCounts, minCells, maxCells } = this.params;
    assertAnyLimit({ minCounts, maxCounts, minCells, maxCells }, this.name);
  }

  /** @throws DataError for negative or non-finite values, without the layer, or if no gene is left */
  protected override transform(data: AnnData): AnnData {
    const X = this.countsOf(data);
    assertCounts(X);
    const { minCounts, maxCounts, minCells, maxCells } = this.params;
    const counts = X.columnSums();
    const nonZeros = positiveByColumn(X);
    const keep = withinThresholds(
      { counts, nonZeros, nValues: X.nRows },
      { minCounts, maxCounts, minNonZero: minCells, maxNonZero: maxCells },
    );
    const annotated = data.view();
    annotated.var.set('n_counts', numericColumn(counts));
    annotated.var.set('n_cells', numericColumn(nonZeros));
    return keepGenes(annotated, keep, this.name);
  }

  private countsOf(data: AnnData): Matrix {
    const { splitName } = this.params;
    const X = channelMatrix(data, this.params, this.name);
    return splitName === undefined ? X : X.selectRows(data.splits[splitName]);
  }
}
