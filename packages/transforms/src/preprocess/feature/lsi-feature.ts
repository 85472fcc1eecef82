import { defineParams, DenseMatrix, type AnnData, type ParamInput } from '@dance-ts/core';
import { z } from 'zod';
import { BaseTransform, type TransformContext, type TransformSpec } from '../../transform.js';
import { matrixOf } from '../matrix-of.js';
import { applyLsi, fitLsi } from './lsi.js';

/** Key of `obsm` and `varm` for latent semantic indexing unless another is asked for. */
export const LSI_KEY = 'X_lsi';

const params = defineParams({
  nComponents: z.int().min(1).default(20).describe('Width of the features'),
  dropFirst: z
    .boolean()
    .default(true)
    .describe('Leave out the first component, which mostly tells the depth of the cells'),
  layer: z.string().min(1).optional().describe('Layer with the counts; X if left out'),
  splitName: z
    .enum(['train', 'all'])
    .default('all')
    .describe('Cells to fit on; the others are placed in their space'),
  standardize: z
    .enum(['none', 'cell'])
    .default('none')
    .describe('cell: z-scores over the components of each cell (sample deviation)'),
  out: z.string().min(1).default(LSI_KEY).describe('Key of obsm and varm'),
});

/**
 * Latent semantic indexing of counts, for chromatin accessibility and expression: tf-idf, rows scaled
 * to a sum of 1, ln(1 + 10^4 x), truncated singular value decomposition without centering; see
 * `fitLsi`. Features of the cells in `obsm[out]`, loadings in `varm[out]`. Sparse stays sparse.
 *
 * Source: Cao & Gao, Nat. Biotechnol. 40, 2022 (GLUE); DANCE (lsiTransformer). Used by: scMoGNN, JAE.
 */
export class LsiFeature extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'LSI',
    group: 'feature',
    summary: 'Latent semantic indexing: tf-idf, logarithm, truncated SVD.',
    formula: 'SVD of ln(1 + 10^4 l1(tf idf)), idf_j = N / sum_i x_ij',
    source: 'Cao & Gao, Nat. Biotechnol. 40, 2022; DANCE',
    usedBy: ['ScMoGNN', 'JAE'],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(LsiFeature.spec, input);
  }

  /**
   * @throws ParamError if there are too few cells or features for the components; DataError for negative
   * or non-finite values, or without the layer
   */
  protected override async transform(data: AnnData, context: TransformContext): Promise<AnnData> {
    const { nComponents, dropFirst, layer, splitName, standardize, out } = this.params;
    const counts = matrixOf(data, layer, this.name);
    const lsi = await fitLsi(splitName === 'all' ? counts : counts.selectRows(data.splits.train), {
      nComponents,
      dropFirst,
      rng: context.rng.fork('svd'),
      signal: context.signal,
    });
    const scores = await applyLsi(lsi, counts);
    const view = data.view();
    view.obsm.set(out, standardize === 'cell' ? rowZScores(scores) : scores);
    view.varm.set(out, lsi.components.transpose());
    return view;
  }
}

/** Each row minus its mean over its sample deviation; rows without spread become zeros. */
function rowZScores(X: DenseMatrix): DenseMatrix {
  const scores = DenseMatrix.zeros(X.nRows, X.nCols);
  for (let i = 0; i < X.nRows; i++) {
    const row = Float64Array.from(X.row(i));
    const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
    const squares = row.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    const deviation = Math.sqrt(squares / (row.length - 1));
    if (deviation > 0) {
      scores.row(i).set(row.map((value) => (value - mean) / deviation));
    }
  }
  return scores;
}
