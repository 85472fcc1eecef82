import {
  defineParams,
  ParamError,
  type AnnData,
  type Matrix,
  type ParamInput,
} from '@dance-ts/core';
import { z } from 'zod';
import { keepGenes } from '../../select.js';
import { BaseTransform, type TransformSpec } from '../../transform.js';
import { cellsByColumn, cellsBySplit, type CellGroup } from '../cell-groups.js';

const params = defineParams({
  batchKey: z.string().min(1).optional().describe('Column of obs whose values part the cells'),
  splitKeys: z
    .array(z.enum(['train', 'val', 'test']))
    .min(1)
    .optional()
    .describe('Splits that part the cells'),
});

/**
 * Keeps the genes that occur in every group of cells: those with a sum of absolute values above 0
 * in each batch, or in each of the splits named. Cells without a batch count nowhere. Genes stay in
 * their order (DANCE sorts them by name).
 *
 * Source: DANCE (FilterGenesCommon). Used by: CARD, DSTG, STdGCN.
 */
export class FilterGenesCommon extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'FilterGenesCommon',
    group: 'filter',
    summary: 'Keeps the genes that occur in every batch or split.',
    formula: 'sum_i |x_ig| > 0 in every group of cells',
    source: 'DANCE',
    usedBy: ['CARD', 'DSTG', 'STdGCN'],
    params,
  };

  /** @throws ParamError unless exactly one of batchKey and splitKeys is given */
  constructor(input?: ParamInput<typeof params>) {
    super(FilterGenesCommon.spec, input);
    const { batchKey, splitKeys } = this.params;
    if ((batchKey === undefined) !== (splitKeys === undefined)) return;
    throw new ParamError('FilterGenesCommon: what parts the cells', {
      got: batchKey === undefined ? 'nothing' : 'both batchKey and splitKeys',
      expected: 'either batchKey or splitKeys',
    });
  }

  /** @throws DataError without the column, for a split without cells, or if no gene is left */
  protected override transform(data: AnnData): AnnData {
    const keep = new Uint8Array(data.nVars).fill(1);
    for (const { cells } of this.groups(data)) keepOccurring(data.X, cells, keep);
    return keepGenes(data, keep, this.name);
  }

  private groups(data: AnnData): CellGroup[] {
    const { batchKey, splitKeys = [] } = this.params;
    return batchKey === undefined
      ? cellsBySplit(data, splitKeys, this.name)
      : cellsByColumn(data, batchKey);
  }
}

/** Clears the marks of the genes that are zero in all these cells. */
function keepOccurring(X: Matrix, cells: Int32Array, keep: Uint8Array): void {
  const occurs = new Uint8Array(X.nCols);
  for (const cell of cells) {
    if (X.kind === 'csr') {
      const { indices, data } = X.row(cell);
      for (let e = 0; e < data.length; e++) if (data[e] !== 0) occurs[indices[e]!] = 1;
    } else {
      X.row(cell).forEach((value, j) => {
        if (value !== 0) occurs[j] = 1;
      });
    }
  }
  for (let j = 0; j < keep.length; j++) keep[j]! &= occurs[j]!;
}
