import { Rng, type DenseMatrix, type Matrix } from '@dance-ts/core';
import { toLogNormalized } from '@dance-ts/imputation';
import { rankSumTest, rejectedAt } from './rank-sum-test.js';

/** Genes by whose counts the cells are halved, and how often cells are halved at random. */
const HALVINGS = 10;
/** False discovery rate. */
const FDR = 0.05;

/** Structure that imputation put into data of independent genes. */
export interface NullScores extends Record<string, number> {
  /** Mean of |Pearson's r| of two genes. */
  readonly correlation: number;
  /** 95 % quantile of |r|. */
  readonly correlation_q95: number;
  /** Share of the genes that differ between two random halves of the cells. */
  readonly false_random: number;
  /**
   * Share of the genes that differ between the cells with more and with fewer observed counts of
   * one gene, that gene left out; mean over ten genes.
   */
  readonly false_by_gene: number;
}

/**
 * What should not be found in imputed counts of cells of one group whose genes are independent, at
 * a false discovery rate of 5 % (rank-sum test).
 *
 * The random halves are drawn after the imputation, so that any method passes; halves by the counts
 * of one gene show whether what is known of one gene was spread to others.
 *
 * @param imputed - [nCells, nGenes]
 * @param observed - counts before imputation, same shape
 */
export function nullScores(imputed: Matrix, observed: Matrix, seed: number): NullScores {
  const rng = Rng.fromSeed(seed).fork('null');
  const logs = toLogNormalized(imputed, imputed.rowSums());
  const columns = columnsOf(logs);
  const sizes = absoluteCorrelations(columns);
  const random = Array.from({ length: HALVINGS }, (_, k) =>
    differing(columns, randomHalf(imputed.nRows, rng.fork(`half-${k}`)), -1),
  );
  const genes = halvingGenes(observed, rng.fork('genes'));
  const byGene = genes.map((gene) => differing(columns, upperHalf(observed, gene, rng), gene));
  return {
    correlation: mean(sizes),
    correlation_q95: sizes.sort()[Math.floor(0.95 * (sizes.length - 1))] ?? NaN,
    false_random: mean(random),
    false_by_gene: mean(byGene),
  };
}

/** |r| of every pair of genes that vary; pairs with a constant gene count as 0. */
export function absoluteCorrelations(columns: readonly Float64Array[]): Float64Array {
  const standardized = columns.map(standardize);
  const n = columns.length;
  const sizes = new Float64Array((n * (n - 1)) / 2);
  let place = 0;
  for (let g = 0; g < n; g++) {
    for (let h = 0; h < g; h++) {
      const [a, b] = [standardized[g]!, standardized[h]!];
      let sum = 0;
      for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
      sizes[place++] = Math.abs(sum);
    }
  }
  return sizes;
}

function standardize(values: Float64Array): Float64Array {
  const center = mean(values);
  const centered = values.map((value) => value - center);
  const norm = Math.sqrt(centered.reduce((sum, value) => sum + value * value, 0));
  // What float32 left of a constant is no variation.
  const isConstant = norm <= 1e-6 * Math.abs(center) * Math.sqrt(values.length);
  return isConstant ? centered.fill(0) : centered.map((value) => value / norm);
}

function differing(
  columns: readonly Float64Array[],
  isFirst: readonly boolean[],
  leftOut: number,
): number {
  const tested = columns.filter((_, gene) => gene !== leftOut);
  const pValues = tested.map((values) => rankSumTest(values, isFirst));
  return rejectedAt(pValues, FDR) / tested.length;
}

function randomHalf(n: number, rng: Rng): boolean[] {
  const half = new Array<boolean>(n).fill(false);
  for (const i of rng.permutation(n).subarray(0, n >> 1)) half[i] = true;
  return half;
}

/** Genes counted in a fifth to four fifths of the cells, which can halve them. */
function halvingGenes(observed: Matrix, rng: Rng): number[] {
  const shares = columnsOf(observed).map(
    (values) => values.filter((value) => value > 0).length / values.length,
  );
  const fitting = Int32Array.from(shares.keys()).filter((g) => Math.abs(shares[g]! - 0.5) <= 0.3);
  return [...rng.shuffle(fitting).subarray(0, HALVINGS)];
}

/** The half of the cells with the larger counts of a gene; equal counts are ordered at random. */
function upperHalf(observed: Matrix, gene: number, rng: Rng): boolean[] {
  const n = observed.nRows;
  const order = rng.fork(`ties-${gene}`).permutation(n);
  order.sort((a, b) => observed.get(b, gene) - observed.get(a, gene));
  const half = new Array<boolean>(n).fill(false);
  for (const i of order.subarray(0, n >> 1)) half[i] = true;
  return half;
}

function columnsOf(matrix: Matrix): Float64Array[] {
  const dense: DenseMatrix = matrix.kind === 'dense' ? matrix : matrix.toDense();
  return Array.from({ length: dense.nCols }, (_, j) =>
    Float64Array.from({ length: dense.nRows }, (__, i) => dense.get(i, j)),
  );
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let e = 0; e < values.length; e++) sum += values[e]!;
  return sum / values.length;
}
