import { defineParams, type AnnData, type ParamInput } from '@dance-ts/core';
import { z } from 'zod';
import { BaseTransform, type TransformContext, type TransformSpec } from '../transform.js';
import { CELL_FEATURE_GRAPH_KEY } from './cell-feature-graph-data.js';
import { CellFeatureGraph } from './cell-feature-graph.js';

const params = defineParams({
  nComponents: z
    .int()
    .min(1)
    .default(400)
    .describe('Width of the node features; at most the number of cells and of genes'),
  normalizeEdges: z
    .boolean()
    .default(true)
    .describe('Scale the edges into each node to a mean weight of 1'),
  featNormMode: z
    .enum(['standardize', 'none'])
    .default('none')
    .describe('Standardize each gene over the cells before the components are computed'),
  out: z.string().min(1).default(CELL_FEATURE_GRAPH_KEY).describe('Key of uns for the graph'),
});

/**
 * `CellFeatureGraph` under the name and with the defaults it has in DANCE.
 *
 * Source: Ciortan & Defrance, Bioinformatics 38(4), 2022; DANCE.
 */
export class PCACellFeatureGraph extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'PCACellFeatureGraph',
    group: 'graph',
    summary: 'Builds the graph of cells and genes with the defaults of DANCE.',
    source: 'Ciortan & Defrance, Bioinformatics 38(4), 2022',
    usedBy: [],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(PCACellFeatureGraph.spec, input);
  }

  /** @throws as CellFeatureGraph */
  protected override async transform(data: AnnData, context: TransformContext): Promise<AnnData> {
    return new CellFeatureGraph(this.params).apply(data, context);
  }
}
