import {
  assertCounts,
  defineParams,
  numericColumn,
  type AnnData,
  type ParamInput,
} from '@dance-ts/core';
import { positiveByColumn } from '../../numeric/positive-counts.js';
import { keepGenes } from '../../select.js';
import { BaseTransform, type TransformSpec } from '../../transform.js';
import { assertAnyLimit, countLimit, nonZeroLimit, withinThresholds } from './thresholds.js';

const params = defineParams({
  minCounts: countLimit('Smallest sum of a gene'),
  minCells: nonZeroLimit('Fewest cells that express a gene'),
  maxCounts: countLimit('Largest sum of a gene'),
  maxCells: nonZeroLimit('Most cells that express a gene'),
});

/**
 * Keeps the genes within all the limits given, and writes `var.n_counts` and `var.n_cells`. (scanpy
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
    assertAnyLimit(this.params, this.name);
  }

  /** @throws DataError for negative or non-finite values, or if no gene is left */
  protected override transform(data: AnnData): AnnData {
    assertCounts(data.X);
    const { minCounts, maxCounts, minCells, maxCells } = this.params;
    const counts = data.X.columnSums();
    const nonZeros = positiveByColumn(data.X);
    const keep = withinThresholds(
      { counts, nonZeros, nValues: data.nObs },
      { minCounts, maxCounts, minNonZero: minCells, maxNonZero: maxCells },
    );
    const annotated = data.view();
    annotated.var.set('n_counts', numericColumn(counts));
    annotated.var.set('n_cells', numericColumn(nonZeros));
    return keepGenes(annotated, keep, this.name);
  }
}
