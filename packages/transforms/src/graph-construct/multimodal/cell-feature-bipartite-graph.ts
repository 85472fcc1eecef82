import {
  DataError,
  defineParams,
  CsrMatrix,
  toCsr,
  type AnnData,
  type ParamInput,
} from '@dance-ts/core';
import { z } from 'zod';
import { BaseTransform, type TransformSpec } from '../../transform.js';
import { assertFinite } from '../assert-finite.js';
import { withoutStoredZeros } from '../edges.js';

/** Key of `uns` under which the graph is kept unless another is asked for. */
export const CELL_FEATURE_BIPARTITE_GRAPH_KEY = 'CellFeatureBipartiteGraph';

/** Edges between cells and features, with the same weight in both directions. */
export interface CellFeatureEdges {
  /** Edges from features into cells, [nCells, nFeatures]. */
  readonly toCell: CsrMatrix;
  /** Edges from cells into features, [nFeatures, nCells]; the transpose. */
  readonly toFeature: CsrMatrix;
}

const params = defineParams({
  channel: z
    .string()
    .min(1)
    .default('X')
    .describe('Weights: "X", or a key of obsm such as LSI components'),
  out: z
    .string()
    .min(1)
    .default(CELL_FEATURE_BIPARTITE_GRAPH_KEY)
    .describe('Key of uns for the graph'),
});

/**
 * Graph of cells and features with an edge in both directions for each non-zero value, which is its
 * weight. Read it back with `readCellFeatureBipartiteGraph`. (DANCE takes the ends of the edges from
 * the non-zero values and the weights from the stored ones, which shifts them all where a zero is
 * stored.)
 *
 * Weighted means over the edges of a node divide by their number, as in the graph library the paper
 * used: (W h)_c / deg(c). Rows of `toCell` are the graph of some cells, for training on a part.
 *
 * Source: Wen et al., KDD 2022 (ScMoGNN), equation 29; DANCE.
 */
export class CellFeatureBipartiteGraph extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'CellFeatureBipartiteGraph',
    group: 'graph',
    summary: 'Joins cells and features by the values of a matrix.',
    formula: 'A = [[0, X], [X^T, 0]]',
    source: 'Wen et al., KDD 2022',
    usedBy: ['ScMoGNN'],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(CellFeatureBipartiteGraph.spec, input);
  }

  /** @throws DataError without the channel or for values not finite */
  protected override transform(data: AnnData): AnnData {
    const { channel, out } = this.params;
    const view = data.view();
    view.uns.set(out, edgesToUns(cellFeatureEdges(data, channel, this.name)));
    return view;
  }
}

/**
 * The edges between cells and the features of a channel.
 *
 * @param owner - name of the transform, for messages
 * @throws DataError without the channel or for values not finite
 */
export function cellFeatureEdges(data: AnnData, channel: string, owner: string): CellFeatureEdges {
  const matrix = channel === 'X' ? data.X : data.obsm.get(channel);
  if (matrix === undefined || !('kind' in matrix)) {
    throw new DataError(`${owner}: the data have no matrix obsm["${channel}"]`, {
      remedy: 'Run the step that computes it before, or name another channel.',
    });
  }
  assertFinite(matrix, owner, channel);
  const toCell = withoutStoredZeros(toCsr(matrix));
  return { toCell, toFeature: toCell.transpose() };
}

/** The edges as a dictionary for `uns`. */
export function edgesToUns({ toCell, toFeature }: CellFeatureEdges): Map<string, CsrMatrix> {
  return new Map([
    ['to_cell', toCell],
    ['to_feature', toFeature],
  ]);
}

/**
 * The edges that `CellFeatureBipartiteGraph` or `ScMoGNNGraph` left in `uns`.
 *
 * @throws DataError if there are none, or if cells were chosen since
 */
export function readCellFeatureBipartiteGraph(
  data: AnnData,
  key = CELL_FEATURE_BIPARTITE_GRAPH_KEY,
): CellFeatureEdges {
  const stored = data.uns.get(key);
  const [toCell, toFeature] =
    stored instanceof Map ? [stored.get('to_cell'), stored.get('to_feature')] : [];
  if (toCell instanceof CsrMatrix && toFeature instanceof CsrMatrix) {
    if (toCell.nRows === data.nObs) return { toCell, toFeature };
    throw new DataError(`uns["${key}"] does not fit the cells`, {
      got: `${toCell.nRows} cells`,
      expected: String(data.nObs),
      remedy: 'Run the step after every one that selects cells.',
    });
  }
  throw new DataError(`the data have no graph of cells and features uns["${key}"]`, {
    remedy: 'Run the transform CellFeatureBipartiteGraph, or the preprocess method of the model.',
  });
}
