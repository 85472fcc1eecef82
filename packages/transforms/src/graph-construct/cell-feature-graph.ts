import { assertCounts, defineParams, toCsr, type AnnData, type ParamInput } from '@dance-ts/core';
import { z } from 'zod';
import { affordableComponents } from '../numeric/affordable-components.js';
import { BaseTransform, type TransformContext, type TransformSpec } from '../transform.js';
import { CELL_FEATURE_GRAPH_KEY, cellFeatureGraphToUns } from './cell-feature-graph-data.js';
import { toMeanWeightOne, withoutStoredZeros } from './edges.js';
import { weightedFeatures } from './weighted-features.js';

const params = defineParams({
  nComponents: z
    .int()
    .min(1)
    .default(50)
    .describe('Width of the node features; at most the number of cells and of genes'),
  normalizeEdges: z
    .boolean()
    .default(true)
    .describe('Scale the edges into each node to a mean weight of 1'),
  featNormMode: z
    .enum(['standardize', 'none'])
    .default('standardize')
    .describe('Standardize each gene over the cells before the components are computed'),
  out: z.string().min(1).default(CELL_FEATURE_GRAPH_KEY).describe('Key of uns for the graph'),
});

/**
 * Bipartite graph of cells and genes: an edge joins a cell to each gene it expresses, weighted by
 * the value in X. Read it back with `readCellFeatureGraph`.
 *
 * Edges are kept once for each direction, as the optional normalization scales the edges *into*
 * each node: those into a cell sum to its number of genes, those into a gene to its number of
 * cells. On top of the stored edges, every node has a self loop of weight 1.
 *
 * Node features: gene features are the principal component scores of the genes over the
 * (standardized) cells, cell features their mean weighted by expression. Nothing is made dense.
 *
 * Memory: two copies of the edges, and (cells + genes) x nComponents x 4 bytes.
 *
 * Source: Ciortan & Defrance, Bioinformatics 38(4), 2022; DANCE (there: PCACellFeatureGraph).
 */
export class CellFeatureGraph extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'CellFeatureGraph',
    group: 'graph',
    summary: 'Builds the weighted graph of cells and genes with PCA node features.',
    formula: 'edge g -> i: x_ig, scaled to a mean of 1 over the edges into i; loops 1',
    source: 'Ciortan & Defrance, Bioinformatics 38(4), 2022',
    usedBy: ['GraphSC'],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(CellFeatureGraph.spec, input);
  }

  /** @throws DataError for negative or non-finite values, or without cells or genes */
  protected override async transform(data: AnnData, context: TransformContext): Promise<AnnData> {
    assertCounts(data.X);
    const { normalizeEdges, featNormMode, out } = this.params;
    const nComponents = affordableComponents(this.params.nComponents, data, this.name, context);
    const edges = withoutStoredZeros(toCsr(data.X)); // [nCells, nGenes]
    const transposed = edges.transpose();
    const features = await weightedFeatures(edges, transposed, {
      nComponents,
      standardize: featNormMode === 'standardize',
      rng: context.rng.fork('svd'),
      signal: context.signal,
    });
    const graph = {
      toCell: normalizeEdges ? toMeanWeightOne(edges) : edges,
      toGene: normalizeEdges ? toMeanWeightOne(transposed) : transposed,
      ...features,
    };
    const view = data.view();
    view.uns.set(out, cellFeatureGraphToUns(graph));
    return view;
  }
}
