import { CsrMatrix, DataError, defineParams, type AnnData, type ParamInput } from '@dance-ts/core';
import { nearestNeighbors } from '@dance-ts/ml';
import { z } from 'zod';
import { BaseTransform, type TransformContext, type TransformSpec } from '../transform.js';
import { binaryGraph } from './neighbor-graph.js';

/** Key of `varp` under which the graph is kept unless another is asked for. */
export const GENE_NEIGHBOR_GRAPH_KEY = 'GeneNeighborGraph';

const params = defineParams({
  nNeighbors: z
    .int()
    .min(2)
    .default(30)
    .describe('Neighbors of a gene, itself counted; at most all genes'),
  metric: z
    .enum(['euclidean', 'cosine', 'correlation'])
    .default('cosine')
    .describe('Distance between genes; cosine and correlation are 1 minus the coefficient'),
  out: z.string().min(1).default(GENE_NEIGHBOR_GRAPH_KEY).describe('Key of varp for the graph'),
});

/**
 * Graph of the nearest genes over all cells: 1 from each gene to itself and to its nNeighbors - 1
 * nearest others, found exactly; not symmetric. Read it back with `readGeneNeighborGraph`.
 *
 * Memory: X is made dense for the search, cells x genes x 4 bytes; time grows with
 * genes x genes x cells, so select genes before.
 *
 * Source: scSAG2E, IEEE Transactions on Computational Biology and Bioinformatics, 2025.
 */
export class GeneNeighborGraph extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'GeneNeighborGraph',
    group: 'graph',
    summary: 'Builds the graph of nearest genes, with 0 and 1.',
    source: 'scSAG2E, IEEE Trans. Comput. Biol. Bioinform., 2025',
    usedBy: ['SCAG2E'],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(GeneNeighborGraph.spec, input);
  }

  /** @throws DataError with fewer than two genes or for values not finite */
  protected override async transform(data: AnnData, context: TransformContext): Promise<AnnData> {
    const { metric, out } = this.params;
    const { nVars } = data;
    if (nVars < 2) {
      throw new DataError(`${this.name} needs at least two genes`, { got: String(nVars) });
    }
    const nNeighbors = Math.min(this.params.nNeighbors, nVars);
    if (nNeighbors < this.params.nNeighbors) {
      const text = `${this.name}: nNeighbors ${this.params.nNeighbors} reduced to ${nNeighbors}, all genes`;
      context.reporter?.message('warning', text);
    }
    const bad = data.X.data.find((value) => !Number.isFinite(value));
    if (bad !== undefined) {
      throw new DataError(`${this.name}: a value of X is not finite`, { got: String(bad) });
    }
    const { signal, reporter } = context;
    const neighbors = await nearestNeighbors(data.X.toDense().transpose(), {
      ...{ k: nNeighbors - 1, metric, signal },
      ...(reporter && { reporter }),
    });
    const view = data.view();
    view.varp.set(out, binaryGraph(neighbors));
    return view;
  }
}

/**
 * The graph that `GeneNeighborGraph` left in `varp`, [nGenes, nGenes].
 *
 * @throws DataError if there is none
 */
export function readGeneNeighborGraph(data: AnnData, key = GENE_NEIGHBOR_GRAPH_KEY): CsrMatrix {
  const graph = data.varp.get(key);
  if (graph instanceof CsrMatrix) return graph;
  throw new DataError(`the data have no sparse gene graph varp["${key}"]`, {
    remedy: 'Run the transform GeneNeighborGraph, or the preprocess method of the model.',
  });
}
