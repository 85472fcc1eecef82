import { CsrMatrix, DataError, defineParams, type AnnData, type ParamInput } from '@dance-ts/core';
import { z } from 'zod';
import { BaseTransform, type TransformContext, type TransformSpec } from '../transform.js';
import { undirected } from './adjacency.js';
import { NEIGHBOR_GRAPH_KEY, NeighborGraph, readNeighborGraph } from './neighbor-graph.js';

/** Key of `obsp` under which the graph is kept unless another is asked for. */
export const HETERONET_GRAPH_KEY = 'HeteronetGraph';

const params = defineParams({
  knnNum: z.int().min(1).default(5).describe('Nearest cells of each cell'),
  metric: z
    .enum(['euclidean', 'cosine', 'correlation'])
    .default('euclidean')
    .describe('Distance between cells'),
  channel: z
    .string()
    .min(1)
    .default('X')
    .describe('Key of obsm to measure distances in, or "X" for the matrix itself'),
  out: z.string().min(1).default(HETERONET_GRAPH_KEY).describe('Key of obsp for the graph'),
});

/**
 * Cell graph of scHeteroNet: 1 between a cell and each of its nearest cells, in both directions and
 * without self loops; read it back with `readHeteronetGraph`.
 *
 * DANCE's graph is directed and keeps self loops, which the model then takes for neighbors.
 *
 * Memory: cells x knnNum x 8 bytes, and the graph. With `channel: 'X'` a sparse X is made dense for
 * the search, cells x genes x 4 bytes.
 *
 * Source: Liu et al., Advanced Science 12:e2412095, 2025; DANCE.
 */
export class HeteronetGraph extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'HeteronetGraph',
    group: 'graph',
    summary: 'Builds the undirected graph of nearest cells.',
    source: 'Liu et al., Advanced Science 12:e2412095, 2025',
    usedBy: ['ScHeteroNet'],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(HeteronetGraph.spec, input);
  }

  /** @throws DataError with fewer than two cells, without the channel, or for values not finite */
  protected override async transform(data: AnnData, context: TransformContext): Promise<AnnData> {
    const { knnNum, metric, channel, out } = this.params;
    const search = new NeighborGraph({ method: 'knn', nNeighbors: knnNum + 1, metric, channel });
    const found = readNeighborGraph(await search.apply(data, context), NEIGHBOR_GRAPH_KEY);
    const view = data.view();
    view.obsp.set(out, undirected(found));
    return view;
  }
}

/**
 * The graph that `HeteronetGraph` left in `obsp`, [nCells, nCells].
 *
 * @throws DataError if there is none
 */
export function readHeteronetGraph(data: AnnData, key = HETERONET_GRAPH_KEY): CsrMatrix {
  const graph = data.obsp.get(key);
  if (graph instanceof CsrMatrix) return graph;
  throw new DataError(`the data have no cell graph obsp["${key}"]`, {
    remedy: 'Run the transform HeteronetGraph, or the preprocess method of the model.',
  });
}
