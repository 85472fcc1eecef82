import { defineParams, type AnnData, type NumericArray, type ParamInput } from '@dance-ts/core';
import { z } from 'zod';
import { BaseTransform, type TransformContext, type TransformSpec } from '../../transform.js';
import { assertComponents, componentsOrShare, truncation } from './truncation.js';

const params = defineParams({
  nComponents: componentsOrShare,
  algorithm: z
    .enum(['auto', 'arpack', 'randomized'])
    .default('auto')
    .describe('How the decomposition is computed; the result is the same up to rounding'),
  saveInfo: z
    .boolean()
    .default(true)
    .describe('Keep the components in varm and singular values and variance ratios in uns'),
  out: z.string().min(1).default('CellSVD').describe('Key of obsm for the features'),
});

/**
 * Features of cells by truncated singular value decomposition: X ~ U S V^T without centering, and
 * the features of the cells are X V, in `obsm[out]`. Sparse X stays sparse. With `saveInfo`, V is kept in
 * `varm[out]`, and `singular_values` and `variance_ratio` in `uns[out]`.
 *
 * Source: Halko, Martinsson & Tropp, SIAM Rev. 53(2), 2011; scikit-learn TruncatedSVD; DANCE (CellSVD).
 * Used by: search spaces.
 */
export class CellSVD extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'CellSVD',
    group: 'feature',
    summary: 'Truncated singular value decomposition of the cells, without centering.',
    formula: 'X ~ U S V^T; X V',
    source: 'Halko, Martinsson & Tropp, SIAM Rev. 53(2), 2011; DANCE',
    usedBy: [],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(CellSVD.spec, input);
    assertComponents(this.params.nComponents, this.name);
  }

  /** @throws DataError without cells or genes */
  protected override async transform(data: AnnData, context: TransformContext): Promise<AnnData> {
    const { nComponents, algorithm, saveInfo, out } = this.params;
    const solver = algorithm === 'randomized' ? 'randomized' : 'auto';
    const found = await truncation(data.X, nComponents, this.name, context, solver);
    const view = data.view();
    view.obsm.set(out, found.scores);
    if (!saveInfo) return view;
    view.varm.set(out, found.components.transpose());
    view.uns.set(
      out,
      new Map<string, NumericArray>([
        ['singular_values', found.singularValues],
        ['variance_ratio', found.explainedVarianceRatio],
      ]),
    );
    return view;
  }
}
