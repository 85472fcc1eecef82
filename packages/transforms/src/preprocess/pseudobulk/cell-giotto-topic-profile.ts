import { defineParams, type AnnData, type ParamInput } from '@dance-ts/core';
import { z } from 'zod';
import { BaseTransform, type TransformSpec } from '../../transform.js';
import { channelMatrix, channelParams } from '../channel-matrix.js';
import { profileTable } from './profile-table.js';
import { referenceParams, referenceTypes } from './reference-types.js';

/** Key of `varm` for mean expression by type unless another is asked for. */
export const CELL_GIOTTO_TOPIC_PROFILE_KEY = 'CellGiottoTopicProfile';

const params = defineParams({
  ...referenceParams,
  detectionThreshold: z
    .number()
    .default(-1)
    .describe('From 0 on: the share of cells above this instead of the mean'),
  ...channelParams,
  out: z
    .string()
    .min(1)
    .default(CELL_GIOTTO_TOPIC_PROFILE_KEY)
    .describe('Key of varm for the profiles'),
});

/**
 * For each cell type and gene, the mean over the cells of the type, or, with a `detectionThreshold`
 * from 0 on, the share of its cells above that. A table genes x types in `varm[out]`, types in sorted
 * order: what `FilterGenesMarkerGini` compares.
 *
 * Source: Dries et al., Genome Biol. 22, 2021 (Giotto); DANCE (CellGiottoTopicProfile). Used by:
 * pipelines with FilterGenesMarkerGini.
 */
export class CellGiottoTopicProfile extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'CellGiottoTopicProfile',
    group: 'feature',
    summary: 'Mean expression, or share of expressing cells, of each cell type.',
    formula: 'mean_i x_ig, or share of x_ig > detectionThreshold',
    source: 'Dries et al., Genome Biol. 22, 2021; DANCE',
    usedBy: [],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(CellGiottoTopicProfile.spec, input);
  }

  /** @throws DataError without the column or the layer, or if a type asked for has no cells */
  protected override transform(data: AnnData): AnnData {
    const { detectionThreshold, out } = this.params;
    const X = channelMatrix(data, this.params, this.name);
    const detected =
      detectionThreshold < 0 ? X : X.mapData((v) => (v > detectionThreshold ? 1 : 0));
    const types = referenceTypes(data, this.params, this.name);
    const profiles = types.map(({ cells }) =>
      detected
        .selectRows(cells)
        .columnSums()
        .map((sum) => sum / cells.length),
    );
    const view = data.view();
    const names = types.map((type) => type.name);
    view.varm.set(out, profileTable(data, names, profiles));
    return view;
  }
}
