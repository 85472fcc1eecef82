import { Rng, toCsr, type AnnData, type CsrMatrix, type RunOptions } from '@dance-ts/core';
import { holdOutCounts, holdOutEntries, toLogNormalized, type HeldOut } from '@dance-ts/imputation';
import type { DatasetRecord } from '../result.js';
import { loadRunData } from '../run-data.js';
import { IMPUTATION_DATASETS, type Protocol } from './cells.js';

/** Share of the cells in which a gene must be counted to be imputed. */
export const GENE_SHARE = 0.05;
/** Most genes, the ones that vary most. */
export const MOST_GENES = 2000;
/** Draws the cells of a cut, the same for every seed of the benchmark. */
const CUT_SEED = 0;

/** What every method of a cell gets, and what it is judged by. */
export interface BenchmarkData {
  /** Counts a method may see, with the genes of the benchmark only. */
  readonly seen: AnnData;
  /** What was held out of these genes; undefined: nothing. */
  readonly heldOut: HeldOut | undefined;
  /** [nCells] known groups, -1 where unknown; undefined: none. */
  readonly groups: Int32Array | undefined;
  /** Expected counts of simulated cells, [nCells, nGenes]. */
  readonly expected: { get(i: number, j: number): number } | undefined;
  readonly record: DatasetRecord;
}

/**
 * Loads a data set, draws its cells if it is a cut of another, holds counts out, and keeps the genes
 * that all methods are to impute: those counted in 5 % of the cells, at most the 2,000 whose
 * log-normalized counts vary most. The genes are chosen after holding out, on what is left.
 *
 * @throws IoError, FormatError; DataError for counts that cannot be held out
 */
export async function loadBenchmarkData(
  dataset: string,
  protocol: Protocol,
  seed: number,
  run: RunOptions,
): Promise<BenchmarkData> {
  const cut = IMPUTATION_DATASETS.find(({ name }) => name === dataset)?.cut;
  const whole = await loadRunData({ dataset: cut?.from ?? dataset }, run);
  const { labelKey } = whole;
  const data = cut === undefined ? whole.data : drawnCells(whole.data, cut.nCells);
  const heldOut = holdOut(data, protocol, seed);
  const visible = heldOut?.data ?? data;
  const genes = benchmarkGenes(visible);
  const seen = visible.subset({ var: genes });
  // What the catalogue brings beside the counts may tell of what was held out.
  if (heldOut === undefined) for (const name of [...seen.layers.keys()]) seen.layers.delete(name);
  const expected = data.layers.get('BaseCellMeans');
  return {
    seen,
    heldOut: heldOut && withGenes(heldOut, seen, genes),
    groups: labelKey === undefined ? undefined : groupsOf(data, labelKey),
    expected: expected?.selectColumns(genes),
    record: { ...whole.record, nObs: data.nObs, nVars: genes.length },
  };
}

/** Genes counted in enough cells, of these the most variable ones, in their order. */
export function benchmarkGenes(data: AnnData): Int32Array {
  const logs = toCsr(toLogNormalized(data.X, data.X.rowSums()));
  const { nRows, nCols } = logs;
  const [n, sums, squares] = [new Int32Array(nCols), zeros(nCols), zeros(nCols)];
  logs.data.forEach((value, e) => {
    if (value <= 0) return;
    const gene = logs.indices[e]!;
    n[gene]! += 1;
    sums[gene]! += value;
    squares[gene]! += value * value;
  });
  const variance = squares.map((sum, j) => sum / nRows - (sums[j]! / nRows) ** 2);
  const frequent = Int32Array.from(n.keys()).filter((j) => n[j]! >= GENE_SHARE * nRows);
  const varying = frequent.sort((a, b) => variance[b]! - variance[a]! || a - b);
  return varying.subarray(0, MOST_GENES).slice().sort();
}

function drawnCells(data: AnnData, nCells: number): AnnData {
  const drawn = Rng.fromSeed(CUT_SEED).permutation(data.nObs).subarray(0, nCells);
  return data.subset({ obs: drawn.slice().sort() });
}

function holdOut(data: AnnData, protocol: Protocol, seed: number): HeldOut | undefined {
  switch (protocol) {
    case 'mask':
      return holdOutEntries(data, { seed });
    case 'split':
      return holdOutCounts(data, { seed });
    case 'null':
      return undefined;
  }
}

function withGenes(heldOut: HeldOut, data: AnnData, genes: Int32Array): HeldOut {
  const of = (matrix: CsrMatrix): CsrMatrix => toCsr(matrix.selectColumns(genes));
  return heldOut.kind === 'counts'
    ? { kind: 'counts', data, other: of(heldOut.other) }
    : { kind: 'entries', data, validation: of(heldOut.validation), test: of(heldOut.test) };
}

function groupsOf(data: AnnData, labelKey: string): Int32Array | undefined {
  const { codes, categories } = data.labels(labelKey);
  return categories.length < 2 ? undefined : Int32Array.from(codes);
}

function zeros(length: number): Float64Array {
  return new Float64Array(length);
}
