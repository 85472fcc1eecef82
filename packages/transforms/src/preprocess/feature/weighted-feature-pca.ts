import { assertCounts, defineParams, toCsr, type AnnData, type ParamInput } from '@dance-ts/core';
import { z } from 'zod';
import { geneScores, weightedCellFeatures } from '../../graph-construct/weighted-features.js';
import { affordableComponents } from '../../numeric/affordable-components.js';
import {
  NORMALIZATION_MODES,
  normalizedColumns,
  normalizedRows,
} from '../../numeric/normalized-columns.js';
import { BaseTransform, type TransformContext, type TransformSpec } from '../../transform.js';

/** Key of `obsm` and `varm` under which the features are kept unless another is asked for. */
export const WEIGHTED_FEATURE_PCA_KEY = 'WeightedFeaturePCA';

const params = defineParams({
  nComponents: z
    .int()
    .min(1)
    .default(400)
    .describe('Width of the features; at most the number of cells fitted on and of genes'),
  splitName: z
    .enum(['train', 'all'])
    .default('train')
    .describe('Cells the gene features are fitted on; all cells train unless the data are split'),
  featNormMode: z
    .enum(['none', ...NORMALIZATION_MODES])
    .default('none')
    .describe('Normalization of those cells before the components are computed'),
  featNormAxis: z
    .union([z.literal(0), z.literal(1)])
    .default(0)
    .describe('Normalize each gene (0) or each cell (1)'),
  out: z
    .string()
    .min(1)
    .default(WEIGHTED_FEATURE_PCA_KEY)
    .describe('Key of varm for the features of the genes and of obsm for those of the cells'),
});

/**
 * Features of genes and cells in one space. Those of the genes, `varm[out]`, are the principal
 * component scores of the genes over the training cells (genes are samples, cells are variables,
 * each cell centered over the genes). Those of the cells, `obsm[out]`, are the mean of the gene
 * features weighted by each cell's expression; every cell gets them, and cells that come later get
 * theirs by `weightedCellFeatures`. A sparse X is never made dense.
 *
 * Memory: (cells + genes) x nComponents x 4 bytes, and a transposed copy of the training cells.
 *
 * Source: Shao et al., Nucleic Acids Research 49:e122, 2021; DANCE (WeightedFeaturePCA).
 */
export class WeightedFeaturePca extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'WeightedFeaturePCA',
    group: 'feature',
    summary: 'PCA features of genes, and of cells as their mean weighted by expression.',
    source: 'Shao et al., Nucleic Acids Research 49:e122, 2021',
    usedBy: ['ScDeepSort', 'SVM'],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(WeightedFeaturePca.spec, input);
  }

  /** @throws DataError for negative or non-finite values, or without genes or cells to fit on */
  protected override async transform(data: AnnData, context: TransformContext): Promise<AnnData> {
    assertCounts(data.X);
    const { splitName, featNormMode, featNormAxis, out } = this.params;
    const fitted = splitName === 'train' ? data.X.selectRows(data.splits.train) : data.X;
    // Standardized genes are not formed: the decomposition does that on the way.
    const implicit = featNormMode === 'standardize' && featNormAxis === 0;
    const X = toCsr(
      featNormMode === 'none' || implicit
        ? fitted
        : (featNormAxis === 0 ? normalizedColumns : normalizedRows)(fitted, featNormMode, -1),
    );
    const size = { nObs: X.nRows, nVars: X.nCols };
    const geneFeatures = await geneScores(X, X.transpose(), {
      nComponents: affordableComponents(this.params.nComponents, size, this.name, context),
      standardize: implicit,
      rng: context.rng.fork('svd'),
      signal: context.signal,
    });
    const view = data.view();
    view.varm.set(out, geneFeatures);
    view.obsm.set(out, await weightedCellFeatures(data.X, geneFeatures));
    return view;
  }
}
