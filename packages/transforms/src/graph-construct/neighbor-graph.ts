import {
  CsrMatrix,
  DataError,
  defineParams,
  DenseMatrix,
  type AnnData,
  type ParamInput,
} from '@dance-ts/core';
import { nearestNeighbors, umapConnectivities, type Neighbors } from '@dance-ts/ml';
import { z } from 'zod';
import { BaseTransform, type TransformContext, type TransformSpec } from '../transform.js';

/** Key of `obsp` under which the graph is kept unless another is asked for. */
export const NEIGHBOR_GRAPH_KEY = 'NeighborGraph';

const WHOLE_MATRIX = 'X';

/** Parameters of a search for neighbors, of which others are made. */
export const neighborParams = {
  nNeighbors: z
    .int()
    .min(2)
    .default(15)
    .describe('Neighbors of a cell, itself counted; at most all cells'),
  metric: z
    .enum(['euclidean', 'cosine', 'correlation'])
    .default('euclidean')
    .describe('Distance between cells; cosine and correlation are 1 minus the coefficient'),
} as const;

const params = defineParams({
  ...neighborParams,
  method: z
    .enum(['umap', 'knn'])
    .default('umap')
    .describe("UMAP's weights, symmetric and without self loops, or 1 for each cell's neighbors"),
  channel: z
    .string()
    .min(1)
    .default('X_pca')
    .describe('Key of obsm to measure distances in, or "X" for the matrix itself'),
  out: z.string().min(1).default(NEIGHBOR_GRAPH_KEY).describe('Key of obsp for the graph'),
});

/**
 * Graph of the nearest cells, found exactly; read it back with `readNeighborGraph`.
 *
 * - `method: 'umap'`: weights of UMAP's fuzzy neighbor graph in (0, 1], symmetric, no self loops;
 *   scanpy's `connectivities`.
 * - `method: 'knn'`: 1 from each cell to itself and its nNeighbors - 1 nearest others, not
 *   symmetric; scikit-learn's `kneighbors_graph` with `include_self`.
 *
 * Memory: cells x nNeighbors x 8 bytes, and the graph. With `channel: 'X'` a sparse X is made
 * dense for the search, cells x genes x 4 bytes.
 *
 * Source: McInnes, Healy & Melville, arXiv:1802.03426; DANCE (NeighborGraph).
 */
export class NeighborGraph extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'NeighborGraph',
    group: 'graph',
    summary: 'Builds the graph of nearest cells, with UMAP weights or 0 and 1.',
    formula: 'a_ij + a_ji - a_ij a_ji, a_ij = exp(-max(0, d_ij - rho_i) / sigma_i), or 1',
    source: 'McInnes, Healy & Melville, arXiv:1802.03426',
    usedBy: ['SCAG2E', 'ScDSC', 'ScTAG', 'ScTPF'],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(NeighborGraph.spec, input);
  }

  /** @throws DataError with fewer than two cells, without the channel, or for values not finite */
  protected override async transform(data: AnnData, context: TransformContext): Promise<AnnData> {
    const { metric, method, out } = this.params;
    const { nObs } = data;
    if (nObs < 2) {
      throw new DataError(`${this.name} needs at least two cells`, { got: String(nObs) });
    }
    const nNeighbors = Math.min(this.params.nNeighbors, nObs);
    if (nNeighbors < this.params.nNeighbors) {
      context.reporter?.message(
        'warning',
        `${this.name}: nNeighbors ${this.params.nNeighbors} reduced to ${nNeighbors}, all cells`,
      );
    }
    const points = this.pointsOf(data);
    const { signal, reporter } = context;
    const neighbors = await nearestNeighbors(points, {
      ...{ k: nNeighbors - 1, metric, signal },
      ...(reporter && { reporter }),
    });
    const view = data.view();
    view.obsp.set(out, method === 'umap' ? umapConnectivities(neighbors) : binaryGraph(neighbors));
    return view;
  }

  private pointsOf(data: AnnData): DenseMatrix {
    const { channel } = this.params;
    const points = channel === WHOLE_MATRIX ? data.X.toDense() : data.obsm.get(channel);
    if (!(points instanceof DenseMatrix)) {
      throw new DataError(`${this.name}: the data have no dense obsm["${channel}"]`, {
        remedy: 'Run the transform CellPCA before, or name another channel.',
      });
    }
    const bad = points.data.findIndex((value) => !Number.isFinite(value));
    if (bad < 0) return points;
    throw new DataError(`${this.name}: a value of "${channel}" is not finite`, {
      got: `${points.data[bad]!} in cell ${Math.floor(bad / points.nCols)}`,
      remedy: 'Look for infinite or missing values in the step before.',
    });
  }
}

/**
 * The graph that `NeighborGraph` left in `obsp`, [nCells, nCells].
 *
 * @throws DataError if there is none
 */
export function readNeighborGraph(data: AnnData, key = NEIGHBOR_GRAPH_KEY): CsrMatrix {
  const graph = data.obsp.get(key);
  if (graph instanceof CsrMatrix) return graph;
  throw new DataError(`the data have no sparse neighbor graph obsp["${key}"]`, {
    remedy: 'Run the transform NeighborGraph, or the preprocess method of the model.',
  });
}

/** 1 from each row to itself and to each neighbor. */
export function binaryGraph({ indices, n, k }: Neighbors): CsrMatrix {
  const width = k + 1;
  const columns = new Int32Array(n * width);
  for (let i = 0; i < n; i++) {
    const row = columns.subarray(i * width, (i + 1) * width);
    row.set(indices.subarray(i * k, (i + 1) * k));
    row[k] = i;
    row.sort();
  }
  const indptr = Int32Array.from({ length: n + 1 }, (_, i) => i * width);
  return new CsrMatrix(n, n, indptr, columns, new Float32Array(n * width).fill(1));
}
