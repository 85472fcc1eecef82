import {
  assertCounts,
  DataError,
  defineParams,
  numericColumn,
  type AnnData,
  type ParamInput,
} from '@dance-ts/core';
import { BaseTransform, type TransformSpec } from '@dance-ts/transforms';
import { z } from 'zod';

/** Column of `obs` with what the counts of each cell were multiplied by. */
export const CELL_SCALE = 'cell_scale';

const params = defineParams({
  targetSum: z
    .number()
    .positive()
    .optional()
    .describe('Sum of each cell afterwards; the median of the positive sums if left out'),
});

/**
 * Scales each cell to the same total count, and notes by how much in `obs.cell_scale`, so that what
 * a model imputes can be brought back to counts. Cells without counts stay zero.
 */
export class NormalizeCells extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'NormalizeCells',
    group: 'normalize',
    summary: 'Scales each cell to the same total count and notes the factor.',
    source: 'scanpy pp.normalize_total',
    usedBy: ['DeepImpute', 'MAGIC'],
    params,
  };

  /** @throws ParamError for a target that is not positive */
  constructor(input?: ParamInput<typeof params>) {
    super(NormalizeCells.spec, input);
  }

  /** @throws DataError for negative or non-finite values, or if no cell has counts */
  protected override transform(data: AnnData): AnnData {
    assertCounts(data.X);
    const sums = data.X.rowSums();
    const target = this.params.targetSum ?? medianOf(sums.filter((sum) => sum > 0));
    const factors = sums.map((sum) => (sum > 0 ? target / sum : 1));
    const before = cellScale(data);
    const view = data.view();
    view.X = data.X.scaleRows(factors);
    view.obs.set(CELL_SCALE, numericColumn(factors.map((factor, i) => factor * before[i]!)));
    return view;
  }
}

/** What the counts of each cell of prepared data were multiplied by; 1 where nothing was noted. */
export function cellScale(prepared: AnnData): Float64Array {
  const ones = new Float64Array(prepared.nObs).fill(1);
  if (!prepared.obs.has(CELL_SCALE)) return ones;
  const column = prepared.obs.get(CELL_SCALE);
  return column.kind === 'numeric' ? Float64Array.from(column.values, Number) : ones;
}

function medianOf(values: Float64Array): number {
  if (values.length === 0) {
    throw new DataError('no cell has a count', { remedy: 'Check that X holds raw counts.' });
  }
  const sorted = values.slice().sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
