import { CsrMatrix, type Matrix, type Pacer } from '@dance-ts/core';
import { normalTwoSided, rankSums, rankSumScore, studentTwoSided } from '@dance-ts/ml';
import type { GeneMoments } from './rank-genes-moments.js';

/** Scores of all genes in one comparison, [nGenes] each. */
export interface GeneTest {
  readonly scores: Float64Array;
  readonly pvals: Float64Array;
}

/** Which cells are compared with which. */
export interface Comparison {
  /** [nCells] group of each cell, 0 .. nGroups - 1; nGroups for cells of no group in question. */
  readonly codes: Int32Array;
  /** [nGroups + 1] cells of each. */
  readonly sizes: Int32Array;
  /** Group that the others are compared with; undefined for all cells but the group's. */
  readonly reference: number | undefined;
}

/** Options of {@link wilcoxonTests}. */
export interface WilcoxonOptions {
  readonly tieCorrect: boolean;
  readonly pacer: Pacer;
  /** Called after each gene. */
  readonly onGene: (done: number) => void;
}

/**
 * Wilcoxon's rank-sum test by its normal approximation, without correction for continuity. Each gene is
 * sorted once, without its zeros, which tie.
 *
 * @returns one for each group, in their order; nothing to tell apart has score 0
 * @throws AbortError; DataError for NaN
 */
export async function wilcoxonTests(
  X: Matrix,
  comparison: Comparison,
  { tieCorrect, pacer, onGene }: WilcoxonOptions,
): Promise<GeneTest[]> {
  const nGroups = comparison.sizes.length - 1;
  const tests = Array.from({ length: nGroups }, () => ({
    scores: new Float64Array(X.nCols),
    pvals: new Float64Array(X.nCols),
  }));
  const scoresOf = comparison.reference === undefined ? scoresAgainstRest : scoresAgainstReference;
  const columnOf = columnReader(X);
  for (let gene = 0; gene < X.nCols; gene++) {
    await pacer.tick();
    const scores = scoresOf(columnOf(gene), comparison, tieCorrect);
    tests.forEach((test, group) => {
      const score = scores[group]!;
      test.scores[gene] = Number.isNaN(score) ? 0 : score;
      test.pvals[gene] = normalTwoSided(test.scores[gene]!);
    });
    onGene(gene + 1);
  }
  return tests;
}

/**
 * Welch's t test from moments. Equal means without variance have score 0 and p-value 1.
 *
 * @param overestimate - takes the second sample for as small as the first, which overestimates the
 * variance of the mean of a large one
 */
export function welchTest(group: GeneMoments, other: GeneMoments, overestimate: boolean): GeneTest {
  const n = group.nCells;
  const m = overestimate ? n : other.nCells;
  const scores = new Float64Array(group.mean.length);
  const pvals = new Float64Array(group.mean.length);
  for (let gene = 0; gene < scores.length; gene++) {
    const a = group.squares[gene]! / (n - 1) / n;
    const b = other.squares[gene]! / (other.nCells - 1) / m;
    const t = (group.mean[gene]! - other.mean[gene]!) / Math.sqrt(a + b);
    // Welch-Satterthwaite; without variance t is infinite and its freedom does not matter.
    const df = (a + b) ** 2 / (a ** 2 / (n - 1) + b ** 2 / (m - 1));
    scores[gene] = Number.isNaN(t) ? 0 : t;
    pvals[gene] = studentTwoSided(scores[gene]!, df > 0 ? df : 1);
  }
  return { scores, pvals };
}

/** Values of one gene that are not 0, and their cells. */
interface GeneColumn {
  readonly cells: Int32Array;
  readonly values: Float32Array;
}

function columnReader(X: Matrix): (gene: number) => GeneColumn {
  if (X instanceof CsrMatrix) {
    const byGene = X.transpose();
    return (gene) => {
      const { indices, data } = byGene.row(gene);
      return { cells: indices, values: data };
    };
  }
  return (gene) => {
    const column = Float32Array.from({ length: X.nRows }, (_, cell) => X.get(cell, gene));
    const cells = Int32Array.from(column.keys()).filter((cell) => column[cell] !== 0);
    return { cells, values: Float32Array.from(cells, (cell) => column[cell]!) };
  };
}

function scoresAgainstRest(
  { cells, values }: GeneColumn,
  { codes, sizes }: Comparison,
  tieCorrect: boolean,
): Float64Array {
  const groups = cells.map((cell) => codes[cell]!);
  const { sums, ties } = rankSums(values, groups, sizes);
  return sums.map((sum, group) =>
    rankSumScore(sum, sizes[group]!, codes.length - sizes[group]!, tieCorrect ? { ties } : {}),
  );
}

function scoresAgainstReference(
  column: GeneColumn,
  { codes, sizes, reference = 0 }: Comparison,
  tieCorrect: boolean,
): Float64Array {
  const values = valuesByGroup(column, codes, sizes.length);
  const theirs = values[reference]!;
  const nReference = sizes[reference]!;
  return Float64Array.from({ length: sizes.length - 1 }, (_, group) => {
    if (group === reference) return NaN;
    const ours = values[group]!;
    const both = new Float32Array(ours.length + theirs.length);
    both.set(ours);
    both.set(theirs, ours.length);
    const sides = new Int32Array(both.length).fill(1, ours.length);
    const n = sizes[group]!;
    const { sums, ties } = rankSums(both, sides, [n, nReference]);
    return rankSumScore(sums[0]!, n, nReference, tieCorrect ? { ties } : {});
  });
}

function valuesByGroup(
  { cells, values }: GeneColumn,
  codes: Int32Array,
  nGroups: number,
): Float32Array[] {
  const counts = new Int32Array(nGroups);
  for (const cell of cells) counts[codes[cell]!]! += 1;
  const parts = Array.from(counts, (n) => new Float32Array(n));
  for (let e = cells.length - 1; e >= 0; e--) {
    const group = codes[cells[e]!]!;
    parts[group]![--counts[group]!] = values[e]!;
  }
  return parts;
}
