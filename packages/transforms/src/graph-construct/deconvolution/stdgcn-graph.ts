import {
  CsrMatrix,
  DataError,
  defineParams,
  DenseMatrix,
  type AnnData,
  type ParamInput,
} from '@dance-ts/core';
import { mutualNearestNeighbors, nearestNeighbors } from '@dance-ts/ml';
import { z } from 'zod';
import { BaseTransform, type TransformContext, type TransformSpec } from '../../transform.js';
import { assertFinite } from '../assert-finite.js';
import { readSpotGraph } from '../spatial/spots.js';
import { normalizedAdjacency } from './normalized-adjacency.js';
import { spatialLinks } from './spatial-links.js';

/** Keys of `obsp` for the graph of likeness and that of places, unless others are asked for. */
export const STDGCN_GRAPH_KEYS = {
  expression: 'StdGCNGraph',
  spatial: 'StdGCNGraph_spatial',
} as const;

const splitName = z.enum(['train', 'val', 'test']);
const key = z.string().min(1);
const neighbors = z.int().min(1);

const params = defineParams({
  interNeighbors: neighbors
    .default(20)
    .describe('Pseudo-spots and spots must be mutually among this many nearest'),
  realNeighbors: neighbors.default(10).describe('The same for two spots'),
  pseudoNeighbors: neighbors.default(20).describe('The same for two pseudo-spots'),
  spatialNeighbors: neighbors.default(27).describe('Spots nearest in place that may be joined'),
  spatialRadius: z
    .number()
    .positive()
    .default(2)
    .describe('Only spots nearer than this, in pitches'),
  linkMethod: z
    .enum(['soft', 'hard'])
    .default('soft')
    .describe('Weight of a spot in place: 1 / distance, or 1'),
  refSplit: splitName.default('train').describe('Split with the pseudo-spots'),
  infSplit: splitName.default('test').describe('Split with the spots'),
  channel: key
    .default('X_pca')
    .describe('Key of obsm to compare spots and pseudo-spots in, or "X"'),
  innerChannel: key.optional().describe('The same within one split; as channel if left out'),
  spatialChannel: key.default('spatial_pixel').describe('Key of obsm with the places'),
  out: key.default(STDGCN_GRAPH_KEYS.expression).describe('Key of obsp for the graph of likeness'),
  spatialOut: key.default(STDGCN_GRAPH_KEYS.spatial).describe('Key of obsp for that of places'),
});

/**
 * The two graphs of STdGCN over pseudo-spots and spots, in the order of the data.
 *
 * - Likeness: mutual nearest neighbors by cosine, between the splits and within each, weighted by
 *   1 / (3 interNeighbors), and self loops.
 * - Place: the nearest spots, weighted by 1 / distance in pitches (or 1) over 20, and self loops.
 *   Without places, or with all in one place, it has only self loops. Spots less than a tenth of a
 *   pitch apart count as that far apart.
 *
 * Both as D^-1/2 A D^-1/2. Read them back with `readStdGCNGraphs`. Dense n x n matrices, as the
 * authors' program has them, are never made.
 *
 * Source: Li & Luo, Genome Biology 25:206, 2024 (STdGCN); DANCE.
 */
export class StdGCNGraph extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'StdGCNGraph',
    group: 'graph',
    summary: 'Links pseudo-spots and spots by likeness, and spots by place.',
    formula: 'A = (mutual neighbors) / 60 + I; S = [d < 2] / (20 d) + I; D^-1/2 A D^-1/2',
    source: 'Li & Luo, Genome Biology 25:206, 2024',
    usedBy: ['STdGCN'],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(StdGCNGraph.spec, input);
  }

  /** @throws DataError without the channels, for empty splits or values not finite; AbortError */
  protected override async transform(data: AnnData, context: TransformContext): Promise<AnnData> {
    const { spatialChannel, spatialNeighbors, spatialRadius, linkMethod } = this.params;
    const view = data.view();
    view.obsp.set(this.params.out, normalizedAdjacency(await this.likeness(data, context)));
    const places = data.obsm.get(spatialChannel);
    if (!(places instanceof DenseMatrix)) {
      context.reporter?.message('warning', `${this.name}: no places obsm["${spatialChannel}"]`);
    }
    const links = spatialLinks(
      places instanceof DenseMatrix ? places.selectRows(this.rowsOf(data, 'inf')) : undefined,
      { nNeighbors: spatialNeighbors, radius: spatialRadius, soft: linkMethod === 'soft' },
    );
    const inOrder = placed(links, this.rowsOf(data, 'inf'), data.nObs);
    view.obsp.set(this.params.spatialOut, normalizedAdjacency(inOrder));
    return view;
  }

  private rowsOf(data: AnnData, which: 'ref' | 'inf'): Int32Array {
    const split = this.params[`${which}Split`];
    const rows = data.splits[split];
    if (rows.length > 0) return rows;
    throw new DataError(`${this.name}: there are no ${split} rows`, {
      remedy: 'Set the splits of the data: pseudo-spots and spots.',
    });
  }

  private async likeness(data: AnnData, { signal }: TransformContext): Promise<CsrMatrix> {
    const { interNeighbors, realNeighbors, pseudoNeighbors, channel, innerChannel } = this.params;
    const [ref, inf] = [this.rowsOf(data, 'ref'), this.rowsOf(data, 'inf')];
    const between = this.pointsOf(data, channel);
    const within = this.pointsOf(data, innerChannel ?? channel);
    const options = { metric: 'cosine', ...(signal && { signal }) } as const;
    const inter = await mutualNearestNeighbors(between.selectRows(ref), between.selectRows(inf), {
      k: Math.min(interNeighbors, ref.length, inf.length),
      ...options,
    });
    const rows: number[] = [];
    const columns: number[] = [];
    const join = (a: number, b: number): void => {
      rows.push(a, b);
      columns.push(b, a);
    };
    inter.first.forEach((i, e) => {
      join(ref[i]!, inf[inter.second[e]!]!);
    });
    for (const [split, count] of [
      [ref, pseudoNeighbors],
      [inf, realNeighbors],
    ] as const) {
      const k = Math.min(count, split.length - 1);
      if (k === 0) continue;
      const { indices } = await nearestNeighbors(within.selectRows(split), { k, ...options });
      forEachMutual(indices, k, (i, j) => {
        join(split[i]!, split[j]!);
      });
    }
    const weights = new Float32Array(rows.length).fill(1 / (3 * interNeighbors));
    return CsrMatrix.fromTriplets(data.nObs, data.nObs, rows, columns, weights);
  }

  private pointsOf(data: AnnData, channel: string): DenseMatrix {
    const points = channel === 'X' ? data.X.toDense() : data.obsm.get(channel);
    if (points instanceof DenseMatrix) {
      assertFinite(points, this.name, channel);
      return points;
    }
    throw new DataError(`${this.name}: the data have no dense obsm["${channel}"]`, {
      remedy: 'Run the transform CellPCA before, or name another channel.',
    });
  }
}

/**
 * The graphs that `StdGCNGraph` left in `obsp`, [n, n] each.
 *
 * @throws DataError if there are none
 */
export function readStdGCNGraphs(data: AnnData): {
  readonly expression: CsrMatrix;
  readonly spatial: CsrMatrix;
} {
  return {
    expression: readSpotGraph(data, STDGCN_GRAPH_KEYS.expression),
    spatial: readSpotGraph(data, STDGCN_GRAPH_KEYS.spatial),
  };
}

/** Pairs i < j that are both among the k nearest of the other. */
function forEachMutual(
  nearest: Int32Array,
  k: number,
  visit: (i: number, j: number) => void,
): void {
  for (let i = 0; i * k < nearest.length; i++) {
    for (const j of nearest.subarray(i * k, (i + 1) * k)) {
      if (j > i && nearest.subarray(j * k, (j + 1) * k).includes(i)) visit(i, j);
    }
  }
}

/** A square matrix over some rows as one over all of them. */
function placed(matrix: CsrMatrix | undefined, rows: Int32Array, n: number): CsrMatrix {
  const [from, to, values]: [number[], number[], number[]] = [[], [], []];
  for (let i = 0; i < (matrix?.nRows ?? 0); i++) {
    const row = matrix?.row(i);
    row?.indices.forEach((j, e) => {
      from.push(rows[i]!);
      to.push(rows[j]!);
      values.push(row.data[e]!);
    });
  }
  return CsrMatrix.fromTriplets(n, n, from, to, values);
}
