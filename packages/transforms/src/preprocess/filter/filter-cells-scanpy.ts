import {
  assertCounts,
  defineParams,
  numericColumn,
  type AnnData,
  type ParamInput,
} from '@dance-ts/core';
import { positiveByRow } from '../../numeric/positive-counts.js';
import { keepCells } from '../../select.js';
import { BaseTransform, type TransformSpec } from '../../transform.js';
import { channelMatrix, channelParams } from '../channel-matrix.js';
import { assertAnyLimit, countLimit, nonZeroLimit, withinThresholds } from './thresholds.js';

const params = defineParams({
  minCounts: countLimit('Smallest sum of a cell'),
  minGenes: nonZeroLimit('Fewest genes a cell expresses'),
  maxCounts: countLimit('Largest sum of a cell'),
  maxGenes: nonZeroLimit('Most genes a cell expresses'),
  ...channelParams,
});

/**
 * Keeps the cells within all the limits given, and writes `obs.n_counts` and `obs.n_genes` (of the
 * genes there are at this point). Splits follow their cells.
 */
export class FilterCellsScanpy extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'FilterCellsScanpy',
    group: 'filter',
    summary: 'Keeps cells by their counts and by the number of genes they express.',
    source: 'scanpy pp.filter_cells',
    usedBy: [
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
    super(FilterCellsScanpy.spec, input);
    const { minCounts, maxCounts, minGenes, maxGenes } = this.params;
    assertAnyLimit({ minCounts, maxCounts, minGenes, maxGenes }, this.name);
  }

  /** @throws DataError for negative or non-finite values, without the layer, or if no cell is left */
  protected override transform(data: AnnData): AnnData {
    const X = channelMatrix(data, this.params, this.name);
    assertCounts(X);
    const { minCounts, maxCounts, minGenes, maxGenes } = this.params;
    const counts = X.rowSums();
    const nonZeros = positiveByRow(X);
    const keep = withinThresholds(
      { counts, nonZeros, nValues: data.nVars },
      { minCounts, maxCounts, minNonZero: minGenes, maxNonZero: maxGenes },
    );
    const annotated = data.view();
    annotated.obs.set('n_counts', numericColumn(counts));
    annotated.obs.set('n_genes', numericColumn(nonZeros));
    return keepCells(annotated, keep, this.name);
  }
}
