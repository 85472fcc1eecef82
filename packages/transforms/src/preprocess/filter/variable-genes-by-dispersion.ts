import {
  booleanColumn,
  DataError,
  numericColumn,
  type AnnData,
  type Column,
  type Matrix,
} from '@dance-ts/core';
import { columnMoments } from '@dance-ts/ml';
import { positiveByColumn } from '../../numeric/positive-counts.js';
import type { CellGroup } from '../cell-groups.js';
import { affordableGenes, type GeneChoice, type GeneChoiceContext } from './gene-choice.js';
import { cellRangerDispersions, seuratDispersions, type Dispersions } from './dispersions.js';

/** How {@link variableGenesByDispersion} chooses; see the parameters of `HighlyVariableGenes`. */
export interface DispersionRule {
  readonly flavor: 'cell_ranger' | 'seurat';
  /** If left out, the limits decide. */
  readonly nTopGenes?: number | undefined;
  readonly minMean: number;
  readonly maxMean: number;
  readonly minDisp: number;
  readonly maxDisp?: number | undefined;
  readonly nBins: number;
}

/**
 * The genes of the largest normalized dispersion, or those within the limits.
 *
 * With batches, every batch is looked at by itself, without the genes it does not express (they
 * count as dispersion 0 there), and means and dispersions are averaged over the batches. `nTopGenes`
 * are then the genes chosen in most batches, of equally many those of larger average normalized
 * dispersion; limits are put on the averages.
 *
 * @param X - log expression, cells x genes
 * @param logBase - base of its logarithm
 * @param batches - cells of each batch; nothing for all cells together
 * @throws DataError for a batch with fewer than two cells
 */
export function variableGenesByDispersion(
  X: Matrix,
  logBase: number,
  batches: readonly CellGroup[] | undefined,
  rule: DispersionRule,
  context: GeneChoiceContext,
): GeneChoice {
  if (batches === undefined) {
    const found = dispersionsOf(X, logBase, rule);
    return { selected: chosen(found, rule, context), columns: columnsOf(found) };
  }
  const parts = batches.map(({ name, cells }) => {
    if (cells.length < 2) throw tooFewCells(name, cells.length, context.owner);
    return batchDispersions(X.selectRows(cells), logBase, rule, context);
  });
  const found = {
    means: average(parts.map((part) => part.means)),
    dispersions: average(parts.map((part) => part.dispersions)),
    normalized: average(parts.map((part) => part.normalized)),
  };
  const nBatches = countOf(parts.map((part) => part.selected));
  const selected =
    rule.nTopGenes === undefined
      ? withinLimits(found, rule)
      : chosenMostOften(nBatches, found.normalized, rule.nTopGenes);
  return {
    selected,
    columns: [
      ...columnsOf(found),
      ['highly_variable_nbatches', numericColumn(nBatches)],
      [
        'highly_variable_intersection',
        booleanColumn(nBatches.map((n) => Number(n === parts.length))),
      ],
    ],
  };
}

/** Base of the logarithm that `uns['log1p']` tells of; e if it tells nothing. */
export function logBaseOf(data: AnnData): number {
  const noted = data.uns.get('log1p');
  const base = noted instanceof Map ? noted.get('base') : undefined;
  return typeof base === 'number' ? base : Math.E;
}

function dispersionsOf(X: Matrix, logBase: number, { flavor, nBins }: DispersionRule): Dispersions {
  if (flavor === 'cell_ranger') return cellRangerDispersions(columnMoments(X, { ddof: 1 }));
  const scale = logBase === Math.E ? 1 : Math.log(logBase);
  const expression = X.mapData((value) => Math.expm1(value * scale));
  return seuratDispersions(columnMoments(expression, { ddof: 1 }), nBins);
}

/** The dispersions of one batch over all genes: zeros for genes without counts in it. */
function batchDispersions(
  X: Matrix,
  logBase: number,
  rule: DispersionRule,
  context: GeneChoiceContext,
): Dispersions & { readonly selected: Uint8Array } {
  const nCells = positiveByColumn(X);
  const expressed = Int32Array.from(nCells.keys()).filter((g) => nCells[g]! > 0);
  const found = dispersionsOf(X.selectColumns(expressed), logBase, rule);
  const selected = new Uint8Array(X.nCols);
  chosen(found, rule, context).forEach((value, i) => {
    selected[expressed[i]!] = value;
  });
  const spread = (values: Float64Array): Float64Array => {
    const all = new Float64Array(X.nCols);
    values.forEach((value, i) => {
      all[expressed[i]!] = value;
    });
    return all;
  };
  return {
    means: spread(found.means),
    dispersions: spread(found.dispersions),
    normalized: spread(found.normalized),
    selected,
  };
}

function columnsOf({ means, dispersions, normalized }: Dispersions): [string, Column][] {
  return [
    ['means', numericColumn(means)],
    ['dispersions', numericColumn(dispersions)],
    ['dispersions_norm', numericColumn(normalized)],
  ];
}

function chosen(found: Dispersions, rule: DispersionRule, context: GeneChoiceContext): Uint8Array {
  if (rule.nTopGenes === undefined) return withinLimits(found, rule);
  const n = affordableGenes(rule.nTopGenes, found.normalized, context);
  return mostVariable(found.normalized, n);
}

function withinLimits({ means, normalized }: Dispersions, rule: DispersionRule): Uint8Array {
  const { minMean, maxMean, minDisp, maxDisp = Infinity } = rule;
  return Uint8Array.from(means, (mean, g) => {
    const dispersion = orZero(normalized[g]!);
    const passes = mean > minMean && mean < maxMean && dispersion > minDisp && dispersion < maxDisp;
    return passes ? 1 : 0;
  });
}

/**
 * The n largest and what equals the n-th. Compared in float32: two genes alone in a bin are at +-1/sqrt(2)
 * in every such bin, where the last digits of float64 would choose among equals.
 */
function mostVariable(normalized: Float64Array, n: number): Uint8Array {
  const rounded = Float32Array.from(normalized);
  const descending = rounded
    .filter((value) => !Number.isNaN(value))
    .sort()
    .reverse();
  const cutoff = descending[n - 1] ?? 0;
  return Uint8Array.from(rounded, (value) => (orZero(value) >= cutoff ? 1 : 0));
}

/** The n genes chosen most often; of equally often chosen ones the more variable. */
function chosenMostOften(times: Int32Array, normalized: Float64Array, n: number): Uint8Array {
  const rank = (g: number): number => (Number.isNaN(normalized[g]!) ? -Infinity : normalized[g]!);
  const order = Array.from(times.keys()).sort(
    (a, b) => times[b]! - times[a]! || compareDescending(rank(a), rank(b)) || a - b,
  );
  const selected = new Uint8Array(times.length);
  for (const g of order.slice(0, n)) selected[g] = 1;
  return selected;
}

function compareDescending(a: number, b: number): number {
  return a === b ? 0 : a > b ? -1 : 1;
}

/** Mean over the lists at each place, without those that are NaN there. */
function average(lists: readonly Float64Array[]): Float64Array {
  return (lists[0] ?? new Float64Array(0)).map((_, g) => {
    const defined = lists.map((list) => list[g]!).filter((value) => !Number.isNaN(value));
    return defined.reduce((sum, value) => sum + value, 0) / defined.length;
  });
}

function countOf(marks: readonly Uint8Array[]): Int32Array {
  return Int32Array.from(marks[0] ?? [], (_, g) =>
    marks.reduce((count, mark) => count + mark[g]!, 0),
  );
}

/** A batch must have variances. */
export function tooFewCells(batch: string, nCells: number, owner: string): DataError {
  return new DataError(`${owner}: batch "${batch}" has no variances`, {
    got: `${nCells} cell`,
    expected: 'at least 2 cells in each batch',
    remedy: 'Drop the cells of this batch, or merge it with another.',
  });
}

function orZero(value: number): number {
  return Number.isNaN(value) ? 0 : value;
}
