import {
  assertCounts,
  booleanColumn,
  DataError,
  defineParams,
  numericColumn,
  ParamError,
  type AnnData,
  type Matrix,
  type ParamInput,
  type UnsValue,
} from '@dance-ts/core';
import { columnMoments } from '@dance-ts/ml';
import { z } from 'zod';
import { keepGenes } from '../../select.js';
import { BaseTransform, type TransformContext, type TransformSpec } from '../../transform.js';
import { cellRangerDispersions, seuratDispersions, type Dispersions } from './dispersions.js';
import { standardizedVariances } from './standardized-variances.js';

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
});

/**
 * Finds the genes that vary more than others of their mean, and drops the rest or only annotates:
 * `var.highly_variable`, `means`, `dispersions`, `dispersions_norm` (for `seurat_v3` `variances`,
 * `variances_norm` and `highly_variable_rank` instead of the dispersions).
 *
 * With `nTopGenes`, every gene at least as variable as the n-th is kept; genes whose normalized
 * dispersion is undefined count as 0, as in scanpy.
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

  /** @throws DataError for negative or non-finite values or fewer than two cells */
  protected override async transform(data: AnnData, context: TransformContext): Promise<AnnData> {
    assertCounts(data.X);
    if (data.nObs < 2 || data.nVars < 1) {
      throw new DataError('HighlyVariableGenes needs variances', {
        got: `${data.nObs} cells, ${data.nVars} genes`,
        expected: 'at least 2 cells and 1 gene',
      });
    }
    const annotated = data.view();
    const { flavor } = this.params;
    const selected =
      flavor === 'seurat_v3'
        ? await this.annotateVariances(annotated, context)
        : this.annotateDispersions(annotated, flavor, context);
    annotated.var.set('highly_variable', booleanColumn(selected));
    annotated.uns.set('hvg', new Map<string, UnsValue>([['flavor', flavor]]));
    return this.params.subset ? keepGenes(annotated, selected, this.name) : annotated;
  }

  private annotateDispersions(
    data: AnnData,
    flavor: 'cell_ranger' | 'seurat',
    context: TransformContext,
  ): Uint8Array {
    const found =
      flavor === 'seurat'
        ? seuratDispersions(columnMoments(withoutLogarithm(data), { ddof: 1 }), this.params.nBins)
        : cellRangerDispersions(columnMoments(data.X, { ddof: 1 }));
    data.var.set('means', numericColumn(found.means));
    data.var.set('dispersions', numericColumn(found.dispersions));
    data.var.set('dispersions_norm', numericColumn(found.normalized));
    const { nTopGenes } = this.params;
    return nTopGenes === undefined
      ? this.withinLimits(found)
      : mostVariable(found.normalized, this.affordable(nTopGenes, found.normalized, context));
  }

  private async annotateVariances(data: AnnData, context: TransformContext): Promise<Uint8Array> {
    const { span, nTopGenes = data.nVars } = this.params;
    if (data.X.data.some((value) => !Number.isInteger(value))) {
      context.reporter?.message(
        'warning',
        'HighlyVariableGenes: flavor seurat_v3 expects raw counts, but X holds fractions',
      );
    }
    const moments = columnMoments(data.X, { ddof: 1 });
    const normalized = await standardizedVariances(data.X, moments, { ...context, span });
    const n = this.affordable(nTopGenes, normalized, context);
    const ranks = descendingRanks(normalized).map((rank) => (rank < n ? rank : NaN));
    data.var.set('highly_variable_rank', numericColumn(ranks));
    data.var.set('means', numericColumn(moments.mean));
    data.var.set('variances', numericColumn(moments.variance));
    data.var.set('variances_norm', numericColumn(normalized));
    return Uint8Array.from(ranks, (rank) => (Number.isNaN(rank) ? 0 : 1));
  }

  private withinLimits({ means, normalized }: Dispersions): Uint8Array {
    const { minMean, maxMean, minDisp, maxDisp = Infinity } = this.params;
    return Uint8Array.from(means, (mean, g) => {
      const dispersion = orZero(normalized[g]!);
      const passes =
        mean > minMean && mean < maxMean && dispersion > minDisp && dispersion < maxDisp;
      return passes ? 1 : 0;
    });
  }

  /** `nTopGenes`, or the number of genes with a rank, with a message. */
  private affordable(
    nTopGenes: number,
    normalized: Float64Array,
    { reporter }: TransformContext,
  ): number {
    const nDefined = normalized.filter((value) => !Number.isNaN(value)).length;
    if (nTopGenes <= nDefined) return nTopGenes;
    reporter?.message(
      'info',
      `HighlyVariableGenes: nTopGenes is ${nTopGenes}, but only ${nDefined} genes can be ranked`,
    );
    return nDefined;
  }
}

/** X before the logarithm that `uns['log1p']` tells of (natural if it tells nothing). */
function withoutLogarithm(data: AnnData): Matrix {
  const noted = data.uns.get('log1p');
  const base = noted instanceof Map ? noted.get('base') : undefined;
  const scale = typeof base === 'number' ? Math.log(base) : 1;
  return data.X.mapData((value) => Math.expm1(value * scale));
}

/** The n largest and what equals the n-th. */
function mostVariable(normalized: Float64Array, n: number): Uint8Array {
  const descending = normalized
    .filter((value) => !Number.isNaN(value))
    .sort()
    .reverse();
  const cutoff = descending[n - 1] ?? 0;
  return Uint8Array.from(normalized, (value) => (orZero(value) >= cutoff ? 1 : 0));
}

function orZero(value: number): number {
  return Number.isNaN(value) ? 0 : value;
}

/** 0 for the largest value and so on; equal values in their order. */
function descendingRanks(values: Float64Array): Float64Array {
  const order = Uint32Array.from(values.keys()).sort((a, b) => values[b]! - values[a]! || a - b);
  const ranks = new Float64Array(values.length);
  order.forEach((g, rank) => {
    ranks[g] = rank;
  });
  return ranks;
}
