import { assertCounts, Pacer, type CsrMatrix, type RunOptions } from '@dance-ts/core';
import { likeliestComponent, type CensoredSample } from './censored-mixture.js';
import { commonDetectionLimit } from './detection-limit.js';
import { fitGeneMixture, type GeneMixture, type GeneMixtureOptions } from './gene-mixture.js';

/** Options of {@link ltmg}. */
export interface LtmgOptions extends GeneMixtureOptions, RunOptions {
  /** The matrix holds logarithms already; default false: they are taken here. */
  readonly alreadyLog?: boolean;
  /** Distinct values a gene's fit sees at most, default 256; more go into bins of equal width. */
  readonly maxValues?: number;
}

/** What {@link ltmg} finds. */
export interface LtmgResult {
  /**
   * Regulatory state 0, 1, 2 ... of each gene in each cell, [nCells, nGenes], with the entries of
   * the matrix given: what is not stored has state 0.
   */
  readonly states: CsrMatrix;
  /** Detection limit common to all genes, a logarithm. */
  readonly limit: number;
  /** Mixture of each gene; undefined where too few values lie above the limit. */
  readonly genes: readonly (GeneMixture | undefined)[];
}

const DEFAULT_MAX_VALUES = 256;
const DEFAULT_MIN_SIGMA = 0.01;

/**
 * Left-truncated mixture of Gaussians: for each gene the transcriptional regulatory state of each
 * cell (Wan et al., LTMG, NAR 47:e111, 2019). The logarithms of a gene's values are a normal
 * mixture seen only above a detection limit, the larger of the gene's smallest value and
 * {@link commonDetectionLimit}; a cell's state is the likeliest component, counted from 0 by
 * increasing mean. Values below the limit have state 0. In a gene seen in full every component
 * stands for expression, so states count from 1.
 *
 * Departures from the authors' code: no jitter but a floor of the standard deviations (`minSigma`,
 * default 0.01), so that cells in another order give the same states; 2 to 5 components for every
 * gene (there a loop variable lowers the maximum from gene to gene); a gene counts as seen in full
 * when nothing of it lies below its limit (there raw values are compared with a limit on the log
 * scale); a second start of each fit; `tol` 1e-6, which is enough for states.
 *
 * Time: some 40 ms a gene with 256 distinct values; memory grows with the entries.
 *
 * @param X - expression \>= 0, [nCells, nGenes]
 * @throws DataError for negative or not finite values; AbortError
 */
export async function ltmg(X: CsrMatrix, options: LtmgOptions = {}): Promise<LtmgResult> {
  assertCounts(X);
  const { alreadyLog = false, maxValues = DEFAULT_MAX_VALUES, signal, reporter } = options;
  const fitOptions = { ...options, minSigma: options.minSigma ?? DEFAULT_MIN_SIGMA };
  const byGene = X.transpose();
  const logs = Float64Array.from(byGene.data, (value) => (alreadyLog ? value : Math.log(value)));
  const isSeen = Array.from(byGene.data, (value) => value > 0);
  const seenOf = (gene: number): Float64Array => {
    const start = byGene.indptr[gene]!;
    return logs.slice(start, byGene.indptr[gene + 1]).filter((_, e) => isSeen[start + e]);
  };
  const limit = commonDetectionLimit(smallestValues(byGene.nRows, seenOf));
  const states = new Float32Array(X.nnz);
  const genes: (GeneMixture | undefined)[] = [];
  const pacer = new Pacer(signal);
  for (let gene = 0; gene < byGene.nRows; gene++) {
    await pacer.tick();
    const sample = sampleOf(seenOf(gene), X.nRows, limit, maxValues);
    const mixture = sample && fitGeneMixture(sample, fitOptions);
    genes.push(mixture);
    reporter?.progress({ task: 'LTMG', done: gene + 1, total: byGene.nRows });
    if (sample === undefined || mixture === undefined) continue;
    const lowest = sample.nCensored === 0 ? 1 : 0;
    for (let e = byGene.indptr[gene]!; e < byGene.indptr[gene + 1]!; e++) {
      if (!isSeen[e] || logs[e]! < sample.limit) continue;
      states[e] = lowest + likeliestComponent(logs[e]!, mixture);
    }
  }
  return { states: byGene.withData(states).transpose(), limit, genes };
}

function smallestValues(nGenes: number, seenOf: (gene: number) => Float64Array): Float64Array {
  const smallest = Float64Array.from({ length: nGenes }, (_, gene) =>
    seenOf(gene).reduce((least, value) => Math.min(least, value), Infinity),
  );
  return smallest.filter((value) => value < Infinity);
}

/** What is seen of a gene; undefined if nothing reaches the limit. */
function sampleOf(
  seen: Float64Array,
  nCells: number,
  commonLimit: number,
  maxValues: number,
): CensoredSample | undefined {
  const sorted = seen.sort();
  const limit = Math.max(sorted[0] ?? Infinity, commonLimit);
  const above = sorted.filter((value) => value >= limit);
  if (above.length === 0) return undefined;
  return { ...grouped(above, maxValues), nCensored: nCells - above.length, limit };
}

/** Distinct values and how often each occurs; bins of equal width, at their means, if too many. */
function grouped(
  sorted: Float64Array,
  maxValues: number,
): Pick<CensoredSample, 'values' | 'counts'> {
  const nDistinct = sorted.reduce((n, value, i) => n + (value === sorted[i - 1] ? 0 : 1), 0);
  const least = sorted[0]!;
  const width = (sorted[sorted.length - 1]! - least) / maxValues;
  const groupOf = (value: number): number =>
    nDistinct <= maxValues ? value : Math.min(maxValues - 1, Math.floor((value - least) / width));
  const values: number[] = [];
  const counts: number[] = [];
  let before = NaN;
  for (const value of sorted) {
    const group = groupOf(value);
    if (group !== before) {
      values.push(0);
      counts.push(0);
      before = group;
    }
    values[values.length - 1]! += value;
    counts[counts.length - 1]! += 1;
  }
  const totals = Float64Array.from(counts);
  return { values: Float64Array.from(values, (sum, i) => sum / totals[i]!), counts: totals };
}
