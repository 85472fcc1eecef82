import {
  defineParams,
  type AnnData,
  type DenseMatrix,
  type Matrix,
  type ParamInput,
} from '@dance-ts/core';
import { z } from 'zod';
import { BaseTransform, type TransformContext, type TransformSpec } from '../../transform.js';
import { channelMatrix, channelParams } from '../channel-matrix.js';
import {
  matrixOfColumns,
  PROFILE_METHODS,
  profileOverBatches,
  sumOf,
} from './cell-type-profile.js';
import { profileTable, readProfileTable } from './profile-table.js';
import { referenceParams, referenceTypes } from './reference-types.js';

/** Key of `varm` under which profiles of types are kept unless another is asked for. */
export const CELL_TOPIC_PROFILE_KEY = 'CellTopicProfile';

const params = defineParams({
  ...referenceParams,
  batchKey: z.string().min(1).optional().describe('Column of obs with the batches of the cells'),
  method: z.enum(PROFILE_METHODS).default('median').describe('Center of the cells of a type'),
  ...channelParams,
  out: z.string().min(1).default(CELL_TOPIC_PROFILE_KEY).describe('Key of varm for the profiles'),
});

/**
 * The expression profile of each cell type (pseudobulk): the mean or median of its cells, as a table
 * genes x types in `varm[out]`, types in sorted order.
 *
 * With batches, where a_b is the center of the cells of a type in batch b and s_b = sum(a_b), the
 * profile is center_b(a_b / s_b) center_b(s_b), so that batches of deeper sequencing do not shape it
 * more than others. A type whose medians are all 0, which is common in sparse data (and gives NaN in
 * DANCE), gets the mean of its cells, with a warning.
 *
 * Source: DANCE (CellTopicProfile); Ma & Zhou, Nat. Biotechnol. 40, 2022 (mean); Danaher et al.,
 * Nat. Commun. 13, 2022. Used by: CARD (method mean), SpatialDecon.
 */
export class CellTopicProfile extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'CellTopicProfile',
    group: 'feature',
    summary: 'Mean or median expression of each cell type, over batches.',
    formula: 'center_b(a_b / s_b) center_b(s_b), a_b = center of cells, s_b = sum a_b',
    source: 'DANCE; Ma & Zhou, Nat. Biotechnol. 40, 2022; Danaher et al., Nat. Commun. 13, 2022',
    usedBy: ['CARD', 'SpatialDecon'],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(CellTopicProfile.spec, input);
  }

  /** @throws DataError without the columns or the layer, or if a type asked for has no cells */
  protected override transform(data: AnnData, context: TransformContext): AnnData {
    const X = channelMatrix(data, this.params, this.name);
    const batchOf = this.batchCodes(data);
    const types = referenceTypes(data, this.params, this.name);
    const profiles = types.map(({ name, cells }) =>
      this.profileOf(X, name, partsOf(cells, batchOf), context),
    );
    const view = data.view();
    const names = types.map((type) => type.name);
    view.varm.set(this.params.out, profileTable(data, names, profiles));
    return view;
  }

  private batchCodes(data: AnnData): Int32Array {
    const { batchKey } = this.params;
    return batchKey === undefined ? new Int32Array(data.nObs) : data.labels(batchKey).codes;
  }

  private profileOf(
    X: Matrix,
    name: string,
    batches: readonly Int32Array[],
    { reporter }: TransformContext,
  ): Float64Array {
    const { method } = this.params;
    const profile = profileOverBatches(X, batches, method);
    if (method === 'mean' || sumOf(profile) > 0) return profile;
    reporter?.message(
      'warning',
      `${this.name}: the medians of type "${name}" are all 0; its means are used instead`,
    );
    return profileOverBatches(X, batches, 'mean');
  }
}

/** The cells parted by code, in the order of the codes; code -1 is a batch of its own. */
function partsOf(cells: Int32Array, codes: Int32Array): Int32Array[] {
  const parts = new Map<number, number[]>();
  for (const cell of cells) {
    const code = codes[cell]!;
    const part = parts.get(code);
    if (part) part.push(cell);
    else parts.set(code, [cell]);
  }
  return [...parts].sort(([a], [b]) => a - b).map(([, part]) => Int32Array.from(part));
}

/**
 * The profiles that {@link CellTopicProfile} (or `CellGiottoTopicProfile`) wrote, as a matrix.
 *
 * @param key - of varm
 * @returns types in order, and their profiles, [nGenes, nTypes]
 * @throws DataError if varm has no such table of numbers
 */
export function readCellTopicProfile(
  data: AnnData,
  key = CELL_TOPIC_PROFILE_KEY,
): { types: readonly string[]; profiles: DenseMatrix } {
  const { names, profiles } = readProfileTable(data, key, 'readCellTopicProfile');
  return { types: names, profiles: matrixOfColumns(data.nVars, profiles) };
}
