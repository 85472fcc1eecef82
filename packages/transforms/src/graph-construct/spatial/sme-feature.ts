import {
  defineParams,
  toCsr,
  type AnnData,
  type CsrMatrix,
  type Matrix,
  type ParamInput,
} from '@dance-ts/core';
import { columnMoments, pca } from '@dance-ts/ml';
import { z } from 'zod';
import { affordableComponents } from '../../numeric/affordable-components.js';
import { deviationsToDivideBy } from '../../numeric/deviations.js';
import { BaseTransform, type TransformContext, type TransformSpec } from '../../transform.js';
import { assertFinite } from '../assert-finite.js';
import { sparseRows } from '../sparse-rows.js';
import { readSMEGraph, SME_GRAPH_KEY } from './sme-graph.js';

/** Key of `obsm` under which the features are kept unless another is asked for. */
export const SME_FEATURE_KEY = 'SMEFeature';

const params = defineParams({
  nNeighbors: z
    .int()
    .min(1)
    .default(3)
    .describe('Spots of largest weight that a spot is smoothed with, itself counted'),
  nComponents: z
    .int()
    .min(1)
    .default(50)
    .describe('Principal components; at most the number of spots and of genes'),
  zeroAsMissing: z
    .boolean()
    .default(false)
    .describe('Keep the own value where the neighbors have 0, as the authors do'),
  graph: z.string().min(1).default(SME_GRAPH_KEY).describe('Key of obsp with the weights'),
  out: z.string().min(1).default(SME_FEATURE_KEY).describe('Key of obsm for the features'),
});

/**
 * Features of stLearn: the mean of each spot's expression and that of its `nNeighbors` spots of
 * largest weight (weighted mean; its own where the weights sum to 0 or less), genes standardized,
 * principal components.
 *
 * The smoothed expression stays sparse, with about nNeighbors times as many values.
 *
 * Source: Pham et al., Nature Communications 14:7739, 2023; DANCE.
 */
export class SMEFeature extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'SMEFeature',
    group: 'feature',
    summary: 'Principal components of expression smoothed over similar neighboring spots.',
    formula: 'PCA of the standardized (X + T X) / 2, T = normalized weights of the nearest in kind',
    source: 'Pham et al., Nature Communications 14:7739, 2023',
    usedBy: ['StLearn'],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(SMEFeature.spec, input);
  }

  /** @throws DataError without the graph or for values not finite; AbortError */
  protected override async transform(data: AnnData, context: TransformContext): Promise<AnnData> {
    const { nNeighbors, zeroAsMissing, graph, out } = this.params;
    assertFinite(data.X, this.name);
    const weights = smoothingWeights(readSMEGraph(data, graph), nNeighbors);
    const smoothed = smoothedBy(weights, data.X, zeroAsMissing);
    const nComponents = affordableComponents(this.params.nComponents, data, this.name, context);
    const { scores } = await pca(smoothed, {
      nComponents,
      scale: deviationsToDivideBy(columnMoments(smoothed)),
      rng: context.rng.fork('svd'),
      signal: context.signal,
    });
    const view = data.view();
    view.obsm.set(out, scores);
    return view;
  }
}

/** The `count` largest weights of each row, divided by their sum; 1 for the row itself else. */
function smoothingWeights(graph: CsrMatrix, count: number): CsrMatrix {
  return sparseRows(graph.nRows, graph.nCols, (i, add) => {
    const { indices, data } = graph.row(i);
    const order = [...data.keys()].sort((a, b) => data[b]! - data[a]! || indices[a]! - indices[b]!);
    const chosen = order.slice(0, count);
    const sum = chosen.reduce((total, e) => total + data[e]!, 0);
    if (sum <= 0) add(i, 1);
    else for (const e of chosen) add(indices[e]!, data[e]! / sum);
  });
}

/** (X + T X) / 2; with `zeroAsMissing` X where T X is 0. Sparse stays sparse. */
function smoothedBy(weights: CsrMatrix, X: Matrix, zeroAsMissing: boolean): Matrix {
  const values = toCsr(X);
  const neighborsHave = new Int32Array(X.nCols).fill(-1);
  const smoothed = sparseRows(X.nRows, X.nCols, (i, add) => {
    const { indices, data } = weights.row(i);
    indices.forEach((j, e) => {
      const neighbor = values.row(j);
      neighbor.indices.forEach((g, k) => {
        if (neighbor.data[k] !== 0) neighborsHave[g] = i;
        add(g, (data[e]! * neighbor.data[k]!) / 2);
      });
    });
    const own = values.row(i);
    own.indices.forEach((g, k) => {
      const share = zeroAsMissing && neighborsHave[g] !== i ? 1 : 1 / 2;
      add(g, share * own.data[k]!);
    });
  });
  return X.kind === 'dense' ? smoothed.toDense() : smoothed;
}
