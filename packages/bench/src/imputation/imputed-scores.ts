import { DenseMatrix, type Matrix, type RunOptions } from '@dance-ts/core';
import {
  heldOutScores,
  structureScores,
  toLogNormalized,
  type HeldOut,
} from '@dance-ts/imputation';
import { pearson } from '@dance-ts/metrics';
import type { BenchmarkData } from './benchmark-data.js';
import { nullScores } from './null-scores.js';

/**
 * Every score of imputed counts: on what was held out, or of structure that should not be there;
 * of masked data also how well known groups are told apart, and of simulated cells the correlation
 * with the expected expression (`expected_pcc`, log-normalized, all entries).
 *
 * @param counts - [nCells, nGenes] imputed counts of all genes of the benchmark
 * @param genes - genes that the method imputed; `coverage` is the share of what was held out that
 *   is theirs. The others have their observed counts, and count like all.
 */
export async function imputedScores(
  counts: DenseMatrix,
  genes: readonly string[],
  data: BenchmarkData,
  { seed, signal }: RunOptions & { readonly seed: number },
): Promise<Record<string, number>> {
  const { seen, heldOut, groups, expected } = data;
  if (heldOut === undefined) return nullScores(counts, seen.X, seed);
  const scores = {
    ...heldOutScores(counts, { data: seen, genes: seen.varNames }, { heldOut }),
    coverage: coverageOf(heldOut, seen.varNames, genes),
    ...(expected && { expected_pcc: expectedCorrelation(counts, expected) }),
  };
  if (groups === undefined || heldOut.kind === 'counts') return scores;
  const logs = toLogNormalized(counts, counts.rowSums());
  return { ...scores, ...(await structureScores(logs, groups, { seed, signal })) };
}

function coverageOf(heldOut: HeldOut, all: readonly string[], imputed: readonly string[]): number {
  const sums = (heldOut.kind === 'counts' ? heldOut.other : heldOut.test).columnSums();
  const isImputed = new Set(imputed);
  const covered = sums.filter((_, gene) => isImputed.has(all[gene]!));
  return total(covered) / total(sums);
}

function expectedCorrelation(
  counts: DenseMatrix,
  expected: { get(i: number, j: number): number },
): number {
  const { nRows, nCols } = counts;
  const truth = new DenseMatrix(
    nRows,
    nCols,
    Float32Array.from({ length: nRows * nCols }, (_, e) =>
      expected.get(Math.floor(e / nCols), e % nCols),
    ),
  );
  const logs = (matrix: DenseMatrix): Matrix => toLogNormalized(matrix, matrix.rowSums());
  return pearson(logs(truth).data, logs(counts).data);
}

function total(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}
