import { DataError, ParamError, type AnnData, type DenseMatrix } from '@dance-ts/core';
import { geneColumns, inverse } from './complete-matrix.js';
import { TARGET_SUM } from './expression-scale.js';
import type { HeldOut, HeldOutCounts, HeldOutEntries } from './held-out.js';
import {
  MASKED_SCORES,
  maskedScore,
  maskedScores,
  type EntryPairs,
  type MaskedScoreOptions,
} from './masked-scores.js';

/** Which held-out values are scored, and how. */
export interface HeldOutScoreOptions extends MaskedScoreOptions {
  /** What `holdOutEntries` or `holdOutCounts` gave; the model was fitted on its `data`. */
  readonly heldOut?: HeldOut | undefined;
  /** Which held-out entries; default `test`. */
  readonly split?: 'test' | 'validation';
}

/** What a model saw, and which genes it imputes. */
export interface Seen {
  readonly data: AnnData;
  readonly genes: readonly string[];
}

type Options = HeldOutScoreOptions & { readonly heldOut: HeldOut };

/** Means below this count as this, so that a count where none was expected costs a finite amount. */
export const SMALLEST_MEAN = 1e-6;

/** Names of the scores of split counts. */
export const COUNT_SCORES: readonly string[] = ['poisson_deviance', 'd2'];

/**
 * Every score of imputed counts on what was held out, by name.
 *
 * Held-out entries are compared as log(1 + count x 10,000 / total), with the total count of the
 * cell in the data the model saw, on the genes it imputes; `coverage` is the share of the entries
 * that have such a gene. Names as in `maskedScores`.
 *
 * Split counts: `poisson_deviance` is the mean over all entries of the genes imputed, zeros
 * included, of the deviance of the other part's counts from the imputed profile of the cell, which
 * is scaled to the cell's total in the other part (so that only the profile is judged, and the share
 * of the split does not matter); `d2` is 1 - deviance / deviance of the profile that
 * all cells have in common; `coverage` is the share of the other part's molecules that have such a
 * gene.
 *
 * @param counts - [nCells, genes.length] imputed counts
 * @throws DataError if nothing is left to score
 */
export function heldOutScores(
  counts: DenseMatrix,
  seen: Seen,
  options: Options,
): Record<string, number> {
  const { heldOut } = options;
  if (heldOut.kind === 'counts') return countScores(counts, seen, heldOut);
  const { pairs, coverage } = entryPairs(counts, seen, heldOut, options.split);
  return { ...maskedScores(pairs, options), coverage };
}

/**
 * One of the {@link heldOutScores}: `rmse` of held-out entries, `poisson_deviance` of split counts,
 * or the metric named.
 *
 * @throws ParamError for an unknown metric; DataError
 */
export function heldOutScore(
  counts: DenseMatrix,
  seen: Seen,
  options: Options & { readonly metric?: string | undefined },
): number {
  const { heldOut } = options;
  const names = heldOut.kind === 'counts' ? COUNT_SCORES : MASKED_SCORES;
  const metric = options.metric ?? names[0]!;
  if (!names.includes(metric)) {
    throw new ParamError(`there is no imputation metric "${metric}"`, {
      expected: `one of ${names.join(', ')}`,
    });
  }
  if (heldOut.kind === 'counts') return countScores(counts, seen, heldOut)[metric] ?? NaN;
  return maskedScore(entryPairs(counts, seen, heldOut, options.split).pairs, metric, options);
}

/** True and imputed log-normalized values of the held-out entries whose gene is imputed. */
export function entryPairs(
  counts: DenseMatrix,
  { data, genes }: Seen,
  heldOut: HeldOutEntries,
  split: 'test' | 'validation' = 'test',
): { readonly pairs: EntryPairs; readonly coverage: number } {
  const truth = heldOut[split];
  assertSameShape(data, truth);
  const place = inverse(geneColumns(data.varNames, genes, 'the model'), data.nVars);
  const totals = data.X.rowSums();
  const rows = new Int32Array(truth.nnz);
  const columns = new Int32Array(truth.nnz);
  const values = [new Float64Array(truth.nnz), new Float64Array(truth.nnz)] as const;
  let end = 0;
  for (let i = 0; i < truth.nRows; i++) {
    const row = truth.row(i);
    const factor = TARGET_SUM / totals[i]!;
    if (!Number.isFinite(factor)) continue;
    row.indices.forEach((gene, e) => {
      const j = place[gene]!;
      if (j < 0) return;
      rows[end] = i;
      columns[end] = gene;
      values[0][end] = Math.log1p(row.data[e]! * factor);
      values[1][end++] = Math.log1p(counts.get(i, j) * factor);
    });
  }
  const pairs = {
    nRows: truth.nRows,
    nCols: truth.nCols,
    rows: rows.subarray(0, end),
    columns: columns.subarray(0, end),
    truth: values[0].subarray(0, end),
    prediction: values[1].subarray(0, end),
  };
  return { pairs, coverage: end / truth.nnz };
}

function countScores(
  counts: DenseMatrix,
  { data, genes }: Seen,
  { other }: HeldOutCounts,
): Record<string, number> {
  assertSameShape(data, other);
  const columns = geneColumns(data.varNames, genes, 'the model');
  const truth = other.selectColumns(columns);
  const shared = data.X.selectColumns(columns).columnSums();
  const totals = truth.rowSums();
  let [deviance, common, nCells] = [0, 0, 0];
  const observed = new Float64Array(columns.length);
  for (let i = 0; i < truth.nRows; i++) {
    if (totals[i] === 0) continue;
    nCells += 1;
    const row = truth.row(i);
    observed.fill(0);
    row.indices.forEach((j, e) => {
      observed[j] = row.data[e]!;
    });
    deviance += profileDeviance(observed, counts.row(i), totals[i]!);
    common += profileDeviance(observed, shared, totals[i]!);
  }
  if (nCells === 0) {
    throw new DataError('the other part holds no counts of the imputed genes', {
      remedy: 'Keep more genes in preprocessing, or give each part a larger share.',
    });
  }
  return {
    poisson_deviance: deviance / (nCells * columns.length),
    d2: 1 - deviance / common,
    coverage: totals.reduce((sum, total) => sum + total, 0) / sumOf(other.data),
  };
}

/** Poisson deviance of counts from a profile scaled to their total. */
function profileDeviance(counts: Float64Array, profile: ArrayLike<number>, total: number): number {
  const factor = total / Math.max(sumOf(profile), SMALLEST_MEAN);
  let sum = 0;
  for (let j = 0; j < counts.length; j++) {
    const mean = Math.max(profile[j]! * factor, SMALLEST_MEAN);
    const count = counts[j]!;
    sum += 2 * ((count > 0 ? count * Math.log(count / mean) : 0) - count + mean);
  }
  return sum;
}

function sumOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let e = 0; e < values.length; e++) sum += values[e]!;
  return sum;
}

function assertSameShape(data: AnnData, held: { nRows: number; nCols: number }): void {
  if (data.nObs === held.nRows && data.nVars === held.nCols) return;
  throw new DataError('what was held out belongs to other data', {
    got: `${data.nObs} x ${data.nVars}`,
    expected: `${held.nRows} x ${held.nCols}`,
    remedy: 'Score on the data that holdOutEntries or holdOutCounts returned.',
  });
}
