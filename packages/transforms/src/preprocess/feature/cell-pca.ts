import { defineParams, type AnnData, type NumericArray, type ParamInput } from '@dance-ts/core';
import { pca } from '@dance-ts/ml';
import { z } from 'zod';
import { affordableComponents } from '../../numeric/affordable-components.js';
import { BaseTransform, type TransformContext, type TransformSpec } from '../../transform.js';

const params = defineParams({
  nComponents: z
    .int()
    .min(1)
    .default(50)
    .describe('Principal components; at most the number of cells and of genes'),
  svdSolver: z
    .enum(['auto', 'full', 'arpack', 'randomized'])
    .default('auto')
    .describe('How the components are computed; the result is the same up to rounding'),
  out: z.string().min(1).default('X_pca').describe('Key of obsm for the scores'),
});

const SOLVERS = { auto: 'auto', full: 'exact', arpack: 'auto', randomized: 'randomized' } as const;

/**
 * Principal components of the cells, with scanpy's names: scores in `obsm['X_pca']` (or `obsm[out]`), loadings in
 * `varm['PCs']`, `variance` and `variance_ratio` in `uns['pca']`. Genes are centered implicitly: a
 * sparse X is never made dense. All genes are used; drop the others first.
 */
export class CellPca extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'CellPCA',
    group: 'feature',
    summary: 'Principal components of the cells.',
    formula: '(X - mean_g) V, V: the leading right singular vectors of X - mean_g',
    source: 'scanpy pp.pca; Halko, Martinsson & Tropp, SIAM Rev. 53(2), 2011',
    usedBy: ['Celltypist', 'ScTAG', 'ScTPF'],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(CellPca.spec, input);
  }

  /** @throws DataError without cells or genes */
  protected override async transform(data: AnnData, context: TransformContext): Promise<AnnData> {
    const nComponents = affordableComponents(this.params.nComponents, data, this.name, context);
    const { scores, components, explainedVariance, explainedVarianceRatio } = await pca(data.X, {
      nComponents,
      solver: SOLVERS[this.params.svdSolver],
      rng: context.rng.fork('svd'),
      signal: context.signal,
    });
    const view = data.view();
    view.obsm.set(this.params.out, scores);
    view.varm.set('PCs', components.transpose());
    view.uns.set(
      'pca',
      new Map<string, NumericArray>([
        ['variance', explainedVariance],
        ['variance_ratio', explainedVarianceRatio],
      ]),
    );
    return view;
  }
}
