import {
  booleanColumn,
  defineParams,
  type AnnData,
  type ParamInput,
  type Table,
} from '@dance-ts/core';
import { z } from 'zod';
import { median } from '../../numeric/quantile.js';
import { keepCells } from '../../select.js';
import { BaseTransform, type TransformContext, type TransformSpec } from '../../transform.js';
import { qcMetrics } from '../quality/qc-metrics.js';

/** The most abundant genes of a cell whose share of the counts is looked at. */
const N_TOP = 20;

const params = defineParams({
  species: z
    .enum(['human', 'mouse', 'rat', 'zebrafish', 'fly'])
    .default('human')
    .describe('Species, for the names of mitochondrial genes; capitals do not matter'),
  nMads: z
    .number()
    .positive()
    .default(5)
    .describe('Outliers of counts, genes and share of the top genes lie beyond so many MADs'),
  nMadsMitochondrial: z
    .number()
    .positive()
    .default(3)
    .describe('Outliers of the mitochondrial percentage lie beyond so many MADs'),
  maxMitochondrial: z
    .number()
    .min(0)
    .max(100)
    .default(8)
    .describe('Mitochondrial percentage above which a cell is dropped anyway'),
});

/**
 * Drops cells of poor quality. With MAD the median absolute deviation from the median (not scaled), a
 * cell is dropped if it lies more than `nMads` MAD from the median in log1p total counts, log1p number of
 * genes, or the percentage of counts in its 20 most abundant genes; if it lies more than
 * `nMadsMitochondrial` MAD from the median in the percentage of mitochondrial counts; if that percentage
 * is above `maxMitochondrial`; or if it has no counts at all. Medians are of cells with counts.
 *
 * Writes the metrics of `qcMetrics` into obs and var, and `obs.outlier` and `obs.mt_outlier`.
 *
 * Source: Heumos et al., Nat. Rev. Genet. 24, 2023; Germain et al., Genome Biol. 21, 2020; DANCE
 * (FilterCellTransform). Used by: search spaces.
 */
export class FilterCellTransform extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'FilterCellTransform',
    group: 'filter',
    summary: 'Drops cells that are outliers by counts, genes or mitochondrial share.',
    formula:
      '|v - median| > nMads MAD of log1p counts, log1p genes, % in the top 20; % mitochondrial',
    source: 'Heumos et al., Nat. Rev. Genet. 24, 2023; DANCE',
    usedBy: [],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(FilterCellTransform.spec, input);
  }

  /** @throws DataError for negative or non-finite values, or if no cell is left */
  protected override transform(data: AnnData, { reporter }: TransformContext): AnnData {
    const { species, nMads, nMadsMitochondrial, maxMitochondrial } = this.params;
    const nTop = Math.min(N_TOP, data.nVars);
    const { cells, genes } = qcMetrics(data, { species, percentTop: nTop > 0 ? [nTop] : [] });
    const totals = numbers(cells, 'total_counts');
    const counted = Int32Array.from(totals.keys()).filter((i) => totals[i]! > 0);
    const outlier = new Uint8Array(data.nObs).fill(1);
    const mitochondrial = new Uint8Array(data.nObs);
    for (const i of counted) outlier[i] = 0;
    for (const name of [
      'log1p_total_counts',
      'log1p_n_genes_by_counts',
      ...(nTop > 0 ? [`pct_counts_in_top_${nTop}_genes`] : []),
    ]) {
      markBeyond(numbers(cells, name), counted, nMads, outlier);
    }
    const percent = numbers(cells, 'pct_counts_mt');
    markBeyond(percent, counted, nMadsMitochondrial, mitochondrial);
    for (const i of counted) if (percent[i]! > maxMitochondrial) mitochondrial[i] = 1;
    const annotated = data.view();
    for (const [name, column] of cells.entries()) annotated.obs.set(name, column);
    for (const [name, column] of genes.entries()) annotated.var.set(name, column);
    annotated.obs.set('outlier', booleanColumn(outlier));
    annotated.obs.set('mt_outlier', booleanColumn(mitochondrial));
    const keep = outlier.map((value, i) => (value || mitochondrial[i] ? 0 : 1));
    const nDropped = keep.reduce((count, value) => count + 1 - value, 0);
    reporter?.message('info', `${this.name}: ${nDropped} of ${data.nObs} cells dropped`);
    return keepCells(annotated, keep, this.name);
  }
}

function numbers(table: Table, name: string): Float64Array {
  const column = table.get(name);
  return column.kind === 'numeric' ? Float64Array.from(column.values) : new Float64Array(0);
}

/** Marks the cells among those given that lie more than so many MADs from their median. */
function markBeyond(
  values: Float64Array,
  cells: Int32Array,
  nMads: number,
  marks: Uint8Array,
): void {
  const center = median(Float64Array.from(cells, (i) => values[i]!));
  const mad = median(Float64Array.from(cells, (i) => Math.abs(values[i]! - center)));
  for (const i of cells) if (Math.abs(values[i]! - center) > nMads * mad) marks[i] = 1;
}
