import { DataError, Pacer, type Matrix, type Rng, type RunOptions } from '@dance-ts/core';
import { GeneCorrelations } from '../graph-construct/gene-correlations.js';

/** Genes that one network predicts, and those it predicts them from. */
export interface GeneBlock {
  /** Columns, in the order drawn. */
  readonly targets: Int32Array;
  /** Columns, ascending; none of them a target. */
  readonly predictors: Int32Array;
}

/** Options of {@link geneBlocks}. */
export interface GeneBlockOptions extends RunOptions {
  /** Predictors chosen for each target; default 5. */
  readonly nTop?: number;
  /** Targets of a block; default 512, at most half of the genes. */
  readonly blockSize?: number;
  /** Only genes with variance / (1 + mean) above this are targets; all if left out. */
  readonly minVmr?: number | undefined;
  readonly rng: Rng;
}

const COLUMNS_AT_ONCE = 128;

/**
 * Shares the genes out to blocks at random; the predictors of a block are the genes outside of it
 * that are among the `nTop` most correlated (absolute Pearson over all cells) with one of its
 * targets. Constant genes predict nothing; a block that would be left without predictors gets the
 * `nTop` most variable genes outside of it.
 *
 * Memory: (cells + genes) x 512 bytes while it runs; time grows with genes x non-zero values.
 *
 * Source: Arisdakessian et al., Genome Biology 20:211, 2019. DANCE takes ranks for genes, so that
 * its predictors have nothing to do with the targets.
 *
 * @param X - cells x genes, finite
 * @throws DataError with fewer than two genes; AbortError
 */
export async function geneBlocks(X: Matrix, options: GeneBlockOptions): Promise<GeneBlock[]> {
  const { nTop = 5, blockSize = 512, minVmr, rng, signal, reporter } = options;
  if (X.nCols < 2) {
    throw new DataError('genes cannot be predicted from others', {
      got: `${X.nCols} genes`,
      expected: 'at least 2',
    });
  }
  const correlations = await GeneCorrelations.of(X);
  const pacer = new Pacer(signal);
  const blocks: GeneBlock[] = [];
  const size = Math.min(blockSize, Math.ceil(X.nCols / 2));
  const targets = rng.shuffle(targetGenes(correlations, minVmr));
  for (let start = 0; start < targets.length; start += size) {
    const block = targets.slice(start, start + size);
    const predictors = await predictorsOf(block, correlations, nTop, pacer);
    blocks.push({ targets: block, predictors });
    const done = start + block.length;
    reporter?.progress({ task: 'predictors of genes', done, total: targets.length });
  }
  return blocks;
}

function targetGenes({ mean, variance }: GeneCorrelations, minVmr: number | undefined): Int32Array {
  const genes = Int32Array.from(mean.keys());
  if (minVmr === undefined) return genes;
  return genes.filter((g) => variance[g]! / (1 + mean[g]!) > minVmr);
}

async function predictorsOf(
  targets: Int32Array,
  correlations: GeneCorrelations,
  nTop: number,
  pacer: Pacer,
): Promise<Int32Array> {
  const { nGenes, variance } = correlations;
  const isTarget = new Uint8Array(nGenes);
  for (const g of targets) isTarget[g] = 1;
  const chosen = new Uint8Array(nGenes);
  for (let start = 0; start < targets.length; start += COLUMNS_AT_ONCE) {
    await pacer.tick();
    const columns = targets.subarray(start, start + COLUMNS_AT_ONCE);
    const block = correlations.with(columns);
    columns.forEach((_, k) => {
      const similarity = (g: number): number =>
        isTarget[g] || variance[g] === 0 ? 0 : Math.abs(block.get(g, k));
      for (const g of largest(nGenes, nTop, similarity)) chosen[g] = 1;
    });
  }
  if (!chosen.includes(1)) {
    const outside = (g: number): number => (isTarget[g] ? 0 : variance[g]! + Number.MIN_VALUE);
    for (const g of largest(nGenes, nTop, outside)) chosen[g] = 1;
  }
  return Int32Array.from(chosen.keys()).filter((g) => chosen[g] === 1);
}

/** The (at most) `count` numbers below n with the largest values above 0; ties by lower number. */
function largest(n: number, count: number, value: (i: number) => number): number[] {
  const best: number[] = [];
  const values: number[] = [];
  for (let i = 0; i < n; i++) {
    const candidate = value(i);
    if (candidate <= (values.length < count ? 0 : values[count - 1]!)) continue;
    let place = Math.min(values.length, count - 1);
    while (place > 0 && values[place - 1]! < candidate) {
      values[place] = values[place - 1]!;
      best[place] = best[place - 1]!;
      place -= 1;
    }
    values[place] = candidate;
    best[place] = i;
  }
  return best;
}
