import { AnnData, defineParams, Table, uniqueNames } from '@dance-ts/core';
import { BaseTransform, type TransformSpec } from '@dance-ts/transforms';
import { CELL_SCALE } from './normalize-cells.js';

/** Layer of prepared data with the counts of the kept cells and genes. */
export const COUNTS_LAYER = 'counts';

const params = defineParams({});

/**
 * First step of every imputation pipeline: X as the layer `counts`, gene names that are all
 * different, and no cell scale yet.
 */
export class KeepCounts extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'KeepCounts',
    group: 'misc',
    summary: 'Keeps X as the layer "counts".',
    source: 'scanpy',
    usedBy: ['DeepImpute', 'MAGIC'],
    params,
  };

  constructor() {
    super(KeepCounts.spec, {});
  }

  protected override transform(data: AnnData): AnnData {
    const view = withUniqueGenes(data.view());
    view.layers.set(COUNTS_LAYER, view.X);
    view.obs.delete(CELL_SCALE);
    return view;
  }
}

function withUniqueGenes(view: AnnData): AnnData {
  const names = uniqueNames(view.varNames);
  if (names.every((name, j) => name === view.varNames[j])) return view;
  const variables = new Table(names);
  for (const [name, column] of view.var.entries()) variables.set(name, column);
  const { X, obs, obsm, varm, obsp, varp, layers, uns, raw } = view;
  const parts = { X, obs, var: variables, obsm, varm, obsp, varp, layers, uns, raw };
  const renamed = new AnnData(parts);
  renamed.splits = view.splits;
  renamed.channels = view.channels;
  return renamed;
}
