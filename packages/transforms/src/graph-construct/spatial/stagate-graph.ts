import {
  defineParams,
  Pacer,
  ParamError,
  type AnnData,
  type CsrMatrix,
  type DenseMatrix,
  type ParamInput,
} from '@dance-ts/core';
import { z } from 'zod';
import { BaseTransform, type TransformContext, type TransformSpec } from '../../transform.js';
import { sparseRows, sparseRowsInSteps } from '../sparse-rows.js';
import { PointGrid } from './point-grid.js';
import { pairsWithin, pitchOf, readSpotGraph, SPATIAL_KEYS, spotPlaces } from './spots.js';

/** Key of `obsp` under which the graph is kept unless another is asked for. */
export const STAGATE_GRAPH_KEY = 'StagateGraph';

/** Of the pitch: reaches the nearest ring of spots only, on square and hexagonal arrays. */
const FIRST_RING = 1.1;

const params = defineParams({
  modelName: z
    .enum(['radius', 'knn'])
    .default('radius')
    .describe('Join spots within a radius, or each with its nearest ones'),
  radius: z
    .union([z.literal('auto'), z.number().positive()])
    .default('auto')
    .describe('Largest distance of joined spots in the unit of the channel; auto: 1.1 pitches'),
  nNeighbors: z.int().min(2).default(5).describe('Spots that knn joins to a spot, itself counted'),
  channel: z
    .string()
    .min(1)
    .default(SPATIAL_KEYS.pixel)
    .describe('Key of obsm with the places of the spots'),
  out: z.string().min(1).default(STAGATE_GRAPH_KEY).describe('Key of obsp for the graph'),
});

/**
 * Graph of neighboring spots with ones, self loops included: row i has the spots whose messages
 * spot i receives. Read it back with `readStagateGraph`.
 *
 * - `radius`: all spots at most `radius` away; symmetric. On Visium sections of the human cortex
 *   (LIBD) the authors' 150 pixels are the nearest ring, as `auto` is on any array.
 * - `knn`: each spot's nearest ones; in general not symmetric. (DANCE's edges point the other way
 *   round.)
 *
 * Time and memory grow with the number of edges.
 *
 * Source: Dong & Zhang, Nature Communications 13:1739, 2022 (STAGATE); DANCE.
 */
export class StagateGraph extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'StagateGraph',
    group: 'graph',
    summary: 'Builds the graph of neighboring spots, with ones.',
    formula: 'A[i, j] = 1 where |s_i - s_j| <= radius, or j among the nNeighbors nearest of i',
    source: 'Dong & Zhang, Nature Communications 13:1739, 2022',
    usedBy: ['STAGATE'],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(StagateGraph.spec, input);
  }

  /** @throws DataError without places of spots; AbortError */
  protected override async transform(data: AnnData, context: TransformContext): Promise<AnnData> {
    const { modelName, channel, out } = this.params;
    const places = spotPlaces(data, channel, this.name);
    const pacer = new Pacer(context.signal);
    const graph =
      modelName === 'radius'
        ? await this.withinRadius(places, pacer)
        : await this.nearest(places, pacer);
    const nEdges = graph.nnz - graph.nRows;
    if (nEdges === 0 && graph.nRows > 1) {
      context.reporter?.message(
        'warning',
        `${this.name}: no spot has a neighbor; raise the radius`,
      );
    }
    const view = data.view();
    view.obsp.set(out, graph);
    return view;
  }

  private async withinRadius(places: DenseMatrix, pacer: Pacer): Promise<CsrMatrix> {
    const { radius } = this.params;
    const reach = radius === 'auto' ? FIRST_RING * pitchOf(places) : radius;
    return withSelfLoops(await pairsWithin(places, reach, pacer));
  }

  private async nearest(places: DenseMatrix, pacer: Pacer): Promise<CsrMatrix> {
    const { nNeighbors } = this.params;
    if (nNeighbors > places.nRows) {
      throw new ParamError(`${this.name}: nNeighbors`, {
        got: `${nNeighbors} for ${places.nRows} spots`,
        expected: 'at most the number of spots',
      });
    }
    const grid = new PointGrid(places);
    return withSelfLoops(
      await sparseRowsInSteps(places.nRows, places.nRows, pacer, (i, add) => {
        for (const { point } of grid.nearest(i, nNeighbors - 1)) add(point, 1);
      }),
    );
  }
}

/**
 * The graph that `StagateGraph` left in `obsp`, [nSpots, nSpots].
 *
 * @throws DataError if there is none
 */
export function readStagateGraph(data: AnnData, key = STAGATE_GRAPH_KEY): CsrMatrix {
  return readSpotGraph(data, key);
}

/** Ones at the entries of a graph and on its diagonal. */
function withSelfLoops(graph: CsrMatrix): CsrMatrix {
  return sparseRows(graph.nRows, graph.nRows, (i, add) => {
    add(i, 1);
    for (const j of graph.row(i).indices) if (j !== i) add(j, 1);
  });
}
