import { assertCounts, defineParams, type AnnData, type ParamInput } from '@dance-ts/core';
import { z } from 'zod';
import { weightedCellFeatures } from '../../graph-construct/weighted-features.js';
import {
  NORMALIZATION_MODES,
  normalizedColumns,
  normalizedRows,
} from '../../numeric/normalized-columns.js';
import { BaseTransform, type TransformContext, type TransformSpec } from '../../transform.js';
import { assertComponents, componentsOrShare, truncation } from './truncation.js';

const params = defineParams({
  nComponents: componentsOrShare,
  splitName: z
    .enum(['train', 'all'])
    .default('train')
    .describe('Cells the gene features are fitted on; all cells train unless the data are split'),
  featNormMode: z
    .enum(['none', ...NORMALIZATION_MODES])
    .default('none')
    .describe(
      'Normalization of those cells before the decomposition; standardize makes them dense',
    ),
  featNormAxis: z
    .union([z.literal(0), z.literal(1)])
    .default(0)
    .describe('Normalize each gene (0) or each cell (1)'),
  out: z
    .string()
    .min(1)
    .default('WeightedFeatureSVD')
    .describe('Key of varm for the features of the genes and of obsm for those of the cells'),
});

/**
 * `WeightedFeaturePCA` without centering. With F the (normalized) training cells x genes and
 * F^T ~ U S V^T, the features of the genes, `varm[out]`, are U S; those of the cells, `obsm[out]`, are
 * the mean of the gene features weighted by each cell's expression. Every cell gets them. Sparse X
 * stays sparse but for `standardize` (4 bytes a value of the training cells).
 *
 * Source: Shao et al., Nucleic Acids Research 49:e122, 2021; DANCE (WeightedFeatureSVD). Used by: search
 * spaces.
 */
export class WeightedFeatureSVD extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'WeightedFeatureSVD',
    group: 'feature',
    summary: 'Truncated SVD features of genes, and of cells as their mean weighted by expression.',
    formula: 'F^T ~ U S V^T; genes U S, cells rownorm(X) U S',
    source: 'Shao et al., Nucleic Acids Research 49:e122, 2021; DANCE',
    usedBy: [],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(WeightedFeatureSVD.spec, input);
    assertComponents(this.params.nComponents, this.name);
  }

  /** @throws DataError for negative or non-finite values, or without genes or cells to fit on */
  protected override async transform(data: AnnData, context: TransformContext): Promise<AnnData> {
    assertCounts(data.X);
    const { nComponents, splitName, featNormMode, featNormAxis, out } = this.params;
    const fitted = splitName === 'train' ? data.X.selectRows(data.splits.train) : data.X;
    const normalized =
      featNormMode === 'none'
        ? fitted
        : (featNormAxis === 0 ? normalizedColumns : normalizedRows)(fitted, featNormMode, -1);
    const genes = await truncation(normalized.transpose(), nComponents, this.name, context);
    const view = data.view();
    view.varm.set(out, genes.scores);
    view.obsm.set(out, await weightedCellFeatures(data.X, genes.scores));
    return view;
  }
}
