import { defineParams, type AnnData, type ParamInput } from '@dance-ts/core';
import { z } from 'zod';
import { affordableComponents } from '../../numeric/affordable-components.js';
import { sparseComponents } from '../../numeric/sparse-components.js';
import { BaseTransform, type TransformContext, type TransformSpec } from '../../transform.js';

const params = defineParams({
  nComponents: z
    .int()
    .min(1)
    .default(400)
    .describe('Components; at most the number of cells and of genes'),
  alpha: z.number().positive().default(1).describe('Weight of the absolute values of components'),
  ridgeAlpha: z.number().positive().default(0.01).describe('Weight of the squares of scores'),
  maxIterations: z.int().min(1).default(1000).describe('Rounds of the alternating minimization'),
  tolerance: z
    .number()
    .positive()
    .default(1e-8)
    .describe('Relative decrease of the objective at which it stops'),
  out: z.string().min(1).default('CellSparsePCA').describe('Key of obsm and of varm'),
});

/**
 * Sparse principal components of the cells: components of which most genes have weight 0. With Xc the
 * centered data, 1/2 |Xc^T - U V|^2 + alpha |U|_1 is minimized over U [genes, k] and V [k, cells] with rows
 * of length at most 1; the components are the columns of U at length 1, `varm[out]`, and the features of
 * the cells, `obsm[out]`, the ridge regression of their values on them. Sparse X stays sparse.
 *
 * Time: genes x k^2 operations a sweep of the inner loop, of which a run takes hundreds: take few
 * components or few genes.
 *
 * Source: Zou, Hastie & Tibshirani, J. Comput. Graph. Stat. 15, 2006; Mairal et al., ICML 2009;
 * scikit-learn SparsePCA; DANCE (CellSparsePCA). Used by: search spaces.
 */
export class CellSparsePCA extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'CellSparsePCA',
    group: 'feature',
    summary: 'Principal components of the cells of which most genes have weight 0.',
    formula: 'min 1/2 |Xc^T - U V|^2 + alpha |U|_1, |V_k| <= 1',
    source: 'Mairal et al., ICML 2009; DANCE',
    usedBy: [],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(CellSparsePCA.spec, input);
  }

  /** @throws DataError without cells or genes; AbortError */
  protected override async transform(data: AnnData, context: TransformContext): Promise<AnnData> {
    const { out, ...options } = this.params;
    const { components, scores } = await sparseComponents(data.X, {
      ...options,
      nComponents: affordableComponents(options.nComponents, data, this.name, context),
      rng: context.rng.fork('svd'),
      signal: context.signal,
    });
    const view = data.view();
    view.obsm.set(out, scores);
    view.varm.set(out, components.transpose());
    return view;
  }
}
