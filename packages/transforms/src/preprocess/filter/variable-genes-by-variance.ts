import { numericColumn, type Matrix } from '@dance-ts/core';
import { columnMoments } from '@dance-ts/ml';
import type { LoessSurface } from '../../numeric/local-quadratic.js';
import { median } from '../../numeric/quantile.js';
import type { CellGroup } from '../cell-groups.js';
import { affordableGenes, type GeneChoice, type GeneChoiceContext } from './gene-choice.js';
import { standardizedVariances } from './standardized-variances.js';
import { tooFewCells } from './variable-genes-by-dispersion.js';

/** How {@link variableGenesByVariance} chooses. */
export interface VarianceRule {
  readonly nTopGenes: number;
  /** Share of the genes in each local fit. */
  readonly span: number;
  /** How the curve of variance on mean is computed. */
  readonly surface: LoessSurface;
}

/**
 * The genes of the largest standardized variance.
 *
 * With batches, genes are ranked in each batch by itself, and a rank counts if it is among the
 * `nTopGenes` best of its batch. Chosen are the genes of the best median of those ranks, of equal
 * ones those with such a rank in more batches.
 *
 * @param counts - raw counts, cells x genes
 * @param batches - cells of each batch; nothing for all cells together
 * @throws DataError for a batch with fewer than two cells; AbortError
 */
export async function variableGenesByVariance(
  counts: Matrix,
  batches: readonly CellGroup[] | undefined,
  { nTopGenes, span, surface }: VarianceRule,
  context: GeneChoiceContext,
): Promise<GeneChoice> {
  const { owner, signal } = context;
  const { mean, variance } = columnMoments(counts, { ddof: 1 });
  const normalized: Float64Array[] = [];
  for (const batch of batches ?? [undefined]) {
    if (batch !== undefined && batch.cells.length < 2) {
      throw tooFewCells(batch.name, batch.cells.length, owner);
    }
    const X = batch === undefined ? counts : counts.selectRows(batch.cells);
    const moments = batch === undefined ? { mean, variance } : columnMoments(X, { ddof: 1 });
    normalized.push(await standardizedVariances(X, moments, { span, surface, signal }));
  }
  const n = affordableGenes(nTopGenes, mean, context);
  const rankings = normalized.map((values) =>
    descendingRanks(values).map((rank) => (rank < n ? rank : NaN)),
  );
  const ranksOf = (g: number): number[] =>
    rankings.map((ranks) => ranks[g]!).filter((rank) => !Number.isNaN(rank));
  const medianRanks = mean.map((_, g) => median(ranksOf(g)));
  const nBatches = Int32Array.from(mean, (_, g) => ranksOf(g).length);
  return {
    selected: bestRanked(medianRanks, nBatches, n),
    columns: [
      ['highly_variable_rank', numericColumn(medianRanks)],
      ['means', numericColumn(mean)],
      ['variances', numericColumn(variance)],
      ['variances_norm', numericColumn(averageOf(normalized))],
      ...(batches === undefined
        ? []
        : [['highly_variable_nbatches', numericColumn(nBatches)] as const]),
    ],
  };
}

/** The n genes of the smallest rank (NaN is last), of equal ones those with more batches. */
function bestRanked(ranks: Float64Array, nBatches: Int32Array, n: number): Uint8Array {
  const place = (g: number): number => (Number.isNaN(ranks[g]!) ? ranks.length : ranks[g]!);
  const order = Uint32Array.from(ranks.keys()).sort(
    (a, b) => place(a) - place(b) || nBatches[b]! - nBatches[a]! || a - b,
  );
  const selected = new Uint8Array(ranks.length);
  for (const g of order.subarray(0, n)) selected[g] = 1;
  return selected;
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

function averageOf(lists: readonly Float64Array[]): Float64Array {
  return (lists[0] ?? new Float64Array(0)).map(
    (_, g) => lists.reduce((sum, values) => sum + values[g]!, 0) / lists.length,
  );
}
