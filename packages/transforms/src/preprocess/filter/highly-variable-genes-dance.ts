import { defineParams, type AnnData, type ParamInput } from '@dance-ts/core';
import { z } from 'zod';
import { BaseTransform, type TransformContext, type TransformSpec } from '../../transform.js';
import { channelParams, layerOf } from '../channel-matrix.js';
import { HighlyVariableGenes } from './highly-variable-genes.js';

const subset = z.boolean().default(true).describe('Drop the other genes, or only annotate');
const batchKey = z.string().min(1).optional().describe('Column of obs with the batches');
const nTopGenes = z.int().min(1).default(1000).describe('Number of genes');
const nBins = z.int().min(1).default(20).describe('Bins of the mean (seurat)');
const flavor = z
  .enum(['seurat', 'cell_ranger'])
  .default('seurat')
  .describe('How dispersions are compared within bins of the mean');

const rawCountParams = defineParams({
  nTopGenes,
  span: z.number().positive().max(1).default(0.3).describe('Share of the genes in each local fit'),
  subset,
  batchKey,
  checkValues: z.boolean().default(true).describe('Warn where the counts hold fractions'),
  ...channelParams,
});

/**
 * `HighlyVariableGenes` of flavor `seurat_v3`, under DANCE's name: genes of the largest variance of
 * clipped counts, in units of what a loess curve of log10 variance on log10 mean predicts.
 *
 * Source: Stuart et al., Cell 177, 2019; scanpy pp.highly_variable_genes. Used by: BABEL, CMAE,
 * scMVAE, DCCA.
 */
export class HighlyVariableGenesRawCount extends BaseTransform<typeof rawCountParams> {
  static readonly spec: TransformSpec<typeof rawCountParams> = {
    name: 'HighlyVariableGenesRawCount',
    group: 'filter',
    summary: 'Keeps the genes of the largest standardized variance of raw counts.',
    formula: 'var of counts clipped at m + s sqrt(N), over s^2 = 10^loess(log10 m)',
    source: 'Stuart et al., Cell 177, 2019; scanpy pp.highly_variable_genes',
    usedBy: ['Babel', 'CMAE', 'DCCA', 'ScMVAE'],
    params: rawCountParams,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof rawCountParams>) {
    super(HighlyVariableGenesRawCount.spec, input);
  }

  /** @throws DataError as `HighlyVariableGenes` does, ParamError for layers without a channel */
  protected override async transform(data: AnnData, context: TransformContext): Promise<AnnData> {
    const { channel, channelType, ...params } = this.params;
    const layer = layerOf({ channel, channelType }, this.name);
    return new HighlyVariableGenes({ flavor: 'seurat_v3', ...params, layer }).apply(data, context);
  }
}

const topGenesParams = defineParams({
  nTopGenes,
  nBins,
  flavor,
  subset,
  batchKey,
  ...channelParams,
});

/**
 * `HighlyVariableGenes` by a number of genes, under DANCE's name: log expression in, the genes of
 * the largest normalized dispersion out.
 *
 * Source: Satija et al., Nat. Biotechnol. 33, 2015; Zheng et al., Nat. Commun. 8, 2017; scanpy
 * pp.highly_variable_genes. Used by: DSTG, the clustering models, scHeteroNet.
 */
export class HighlyVariableGenesLogarithmizedByTopGenes extends BaseTransform<
  typeof topGenesParams
> {
  static readonly spec: TransformSpec<typeof topGenesParams> = {
    name: 'HighlyVariableGenesLogarithmizedByTopGenes',
    group: 'filter',
    summary: 'Keeps a number of genes by normalized dispersion of log expression.',
    formula: '(d - center of bin) / spread of bin, d = var / mean',
    source: 'scanpy pp.highly_variable_genes',
    usedBy: ['DSTG'],
    params: topGenesParams,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof topGenesParams>) {
    super(HighlyVariableGenesLogarithmizedByTopGenes.spec, input);
  }

  /** @throws DataError as `HighlyVariableGenes` does, ParamError for layers without a channel */
  protected override async transform(data: AnnData, context: TransformContext): Promise<AnnData> {
    const { channel, channelType, ...params } = this.params;
    const layer = layerOf({ channel, channelType }, this.name);
    return new HighlyVariableGenes({ ...params, layer }).apply(data, context);
  }
}

const limitsParams = defineParams({
  minDisp: z.number().default(0.5).describe('Normalized dispersion above this'),
  maxDisp: z.number().optional().describe('Normalized dispersion below this'),
  minMean: z.number().default(0.0125).describe('Mean above this'),
  maxMean: z.number().default(3).describe('Mean below this'),
  nBins,
  flavor,
  subset,
  batchKey,
  ...channelParams,
});

/**
 * `HighlyVariableGenes` by limits, under DANCE's name: log expression in, the genes out whose mean
 * and normalized dispersion lie within the limits (ends excluded).
 *
 * Source: Satija et al., Nat. Biotechnol. 33, 2015; Zheng et al., Nat. Commun. 8, 2017; scanpy
 * pp.highly_variable_genes. Used by: the clustering models.
 */
export class HighlyVariableGenesLogarithmizedByMeanAndDisp extends BaseTransform<
  typeof limitsParams
> {
  static readonly spec: TransformSpec<typeof limitsParams> = {
    name: 'HighlyVariableGenesLogarithmizedByMeanAndDisp',
    group: 'filter',
    summary: 'Keeps genes by limits on mean and normalized dispersion of log expression.',
    formula: 'minMean < mean < maxMean, minDisp < (d - center) / spread < maxDisp, d = var / mean',
    source: 'scanpy pp.highly_variable_genes',
    usedBy: [],
    params: limitsParams,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof limitsParams>) {
    super(HighlyVariableGenesLogarithmizedByMeanAndDisp.spec, input);
  }

  /** @throws DataError as `HighlyVariableGenes` does, ParamError for layers without a channel */
  protected override async transform(data: AnnData, context: TransformContext): Promise<AnnData> {
    const { channel, channelType, ...params } = this.params;
    const layer = layerOf({ channel, channelType }, this.name);
    return new HighlyVariableGenes({ ...params, layer }).apply(data, context);
  }
}
