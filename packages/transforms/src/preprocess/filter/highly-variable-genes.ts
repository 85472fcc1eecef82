import {
  assertCounts,
  booleanColumn,
  DataError,
  defineParams,
  ParamError,
  type AnnData,
  type Matrix,
  type ParamInput,
  type UnsValue,
} from '@dance-ts/core';
import { z } from 'zod';
import { keepGenes } from '../../select.js';
import { BaseTransform, type TransformContext, type TransformSpec } from '../../transform.js';
import { cellsByColumn, type CellGroup } from '../cell-groups.js';
import { matrixOf } from '../matrix-of.js';
import type { GeneChoice } from './gene-choice.js';
import { logBaseOf, variableGenesByDispersion } from './variable-genes-by-dispersion.js';
import { variableGenesByVariance } from './variable-genes-by-variance.js';

const params = defineParams({
  flavor: z
    .enum(['cell_ranger', 'seurat', 'seurat_v3'])
    .default('cell_ranger')
    .describe('Measure of variability; seurat_v3 reads raw counts, the others log expression'),
  nTopGenes: z
    .int()
    .min(1)
    .optional()
    .describe('Number of genes; ties may add some. If left out, the limits below decide'),
  subset: z.boolean().default(true).describe('Drop the other genes, or only annotate'),
  minMean: z.number().default(0.0125).describe('Mean above this; unused with nTopGenes'),
  maxMean: z.number().default(3).describe('Mean below this; unused with nTopGenes'),
  minDisp: z
    .number()
    .default(0.5)
    .describe('Normalized dispersion above this; unused with nTopGenes'),
  maxDisp: z
    .number()
    .optional()
    .describe('Normalized dispersion below this; unused with nTopGenes'),
  nBins: z.int().min(1).default(20).describe('Bins of the mean (seurat)'),
  span: z
    .number()
    .positive()
    .max(1)
    .default(0.3)
    .describe('Share of the genes in each local fit (seurat_v3)'),
  surface: z
    .enum(['interpolate', 'direct'])
    .default('interpolate')
    .describe('Local fits at a few means, as scanpy, or at every gene (seurat_v3)'),
  batchKey: z
    .string()
    .min(1)
    .optional()
    .describe('Column of obs with the batches; genes are ranked in each and the ranks combined'),
  layer: z.string().min(1).optional().describe('Layer to read; X if left out'),
  checkValues: z
    .boolean()
    .default(true)
    .describe('Warn where raw counts hold fractions (seurat_v3)'),
});

/**
 * Finds the genes that vary more than others of their mean, and drops the rest or only annotates:
 * `var.highly_variable`, `means`, `dispersions`, `dispersions_norm` (for `seurat_v3` `variances`,
 * `variances_norm` and `highly_variable_rank` instead of the dispersions).
 *
 * With `nTopGenes`, every gene at least as variable as the n-th is kept; genes whose normalized
 * dispersion is undefined count as 0, as in scanpy.
 *
 * With `batchKey`, genes are chosen that vary in most batches, and `var.highly_variable_nbatches`
 * tells in how many (so does `highly_variable_intersection`, in all or not, with dispersions). Cells
 * without a batch count nowhere.
 */
export class HighlyVariableGenes extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'HighlyVariableGenes',
    group: 'filter',
    summary: 'Keeps or marks the genes that vary most for their mean expression.',
    source: 'scanpy pp.highly_variable_genes',
    usedBy: [
      'Celltypist',
      'GraphSC',
      'SCAG2E',
      'ScDCC',
      'ScDeepCluster',
      'ScDSC',
      'ScHeteroNet',
      'ScTAG',
      'ScTPF',
    ],
    params,
  };

  /** @throws ParamError for an invalid parameter, or seurat_v3 without nTopGenes */
  constructor(input?: ParamInput<typeof params>) {
    super(HighlyVariableGenes.spec, input);
    if (this.params.flavor === 'seurat_v3' && this.params.nTopGenes === undefined) {
      throw new ParamError('HighlyVariableGenes: parameter "nTopGenes"', {
        got: 'nothing',
        expected: 'a number of genes: flavor seurat_v3 has no other rule',
      });
    }
  }

  /**
   * @throws DataError for negative or non-finite values, fewer than two cells (in any batch), or
   * without the layer or the column
   */
  protected override async transform(data: AnnData, context: TransformContext): Promise<AnnData> {
    const { layer, batchKey, subset, flavor } = this.params;
    const X = matrixOf(data, layer, this.name);
    assertCounts(X);
    if (data.nObs < 2 || data.nVars < 1) {
      throw new DataError('HighlyVariableGenes needs variances', {
        got: `${data.nObs} cells, ${data.nVars} genes`,
        expected: 'at least 2 cells and 1 gene',
      });
    }
    const batches = batchKey === undefined ? undefined : cellsByColumn(data, batchKey);
    const { selected, columns } = await this.choose(data, X, batches, context);
    const annotated = data.view();
    for (const [name, column] of columns) annotated.var.set(name, column);
    annotated.var.set('highly_variable', booleanColumn(selected));
    annotated.uns.set('hvg', new Map<string, UnsValue>([['flavor', flavor]]));
    return subset ? keepGenes(annotated, selected, this.name) : annotated;
  }

  private choose(
    data: AnnData,
    X: Matrix,
    batches: CellGroup[] | undefined,
    { signal, reporter }: TransformContext,
  ): GeneChoice | Promise<GeneChoice> {
    const { flavor, nTopGenes = data.nVars, span, surface } = this.params;
    const context = { signal, reporter, owner: this.name };
    if (flavor !== 'seurat_v3') {
      const rule = { ...this.params, flavor };
      return variableGenesByDispersion(X, logBaseOf(data), batches, rule, context);
    }
    if (this.params.checkValues && X.data.some((value) => !Number.isInteger(value))) {
      reporter?.message(
        'warning',
        'HighlyVariableGenes: flavor seurat_v3 expects raw counts, but X holds fractions',
      );
    }
    return variableGenesByVariance(X, batches, { nTopGenes, span, surface }, context);
  }
}
