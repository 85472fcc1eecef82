import { DataError, Pacer, type Matrix, type RunOptions } from '@dance-ts/core';
import { CellReader, type GenePairs } from './pair-features.js';

/** Options of {@link topScoringPairs}. */
export interface TopScoringPairOptions extends RunOptions {
  /** Genes taken from either end of the ranking of each class, default 10. */
  readonly numTopGenes?: number;
  /** A gene counts if a larger share of the cells than this expresses it, default 0.05. */
  readonly alpha1?: number;
  /** Or a share larger than this, default 0.001, ... */
  readonly alpha2?: number;
  /** ... with a mean over the expressing cells above this, default 2. */
  readonly mu?: number;
  /** Pairs a class, default 25. */
  readonly numTopGenePairs?: number;
  /** Pairs of a class in which a gene may occur, default 3. */
  readonly maxGenePerCt?: number;
}

const DEFAULTS = {
  numTopGenes: 10,
  alpha1: 0.05,
  alpha2: 0.001,
  mu: 2,
  numTopGenePairs: 25,
  maxGenePerCt: 3,
};

/** Cells and their classes. */
interface ClassCells {
  readonly X: Matrix;
  readonly codes: Int32Array;
  /** [nClasses] cells of each class. */
  readonly sizes: Float64Array;
}

/**
 * Gene pairs whose order tells a class from the others (Tan & Cahan, Cell Systems 9:207, 2019).
 *
 * For each class, genes are ranked by their correlation with membership of the class; the
 * `numTopGenes` at either end form all pairs, each with its genes in the order of the columns. A
 * pair is 1 in a cell with more of its first gene. Pairs are taken by falling correlation with
 * membership until there are `numTopGenePairs`, no gene more than `maxGenePerCt` times. What is
 * constant has correlation 0.
 *
 * @param X - [nCells, nGenes], log-normalized
 * @param codes - [nCells] class of each cell, 0 to nClasses - 1
 * @returns the pairs of all classes, sorted by first and second column, each once
 * @throws DataError if no gene passes or a class has too few; AbortError
 */
export async function topScoringPairs(
  X: Matrix,
  codes: Int32Array,
  nClasses: number,
  options: TopScoringPairOptions = {},
): Promise<GenePairs> {
  const settings = { ...DEFAULTS, ...options };
  const pacer = new Pacer(options.signal);
  const sizes = new Float64Array(nClasses);
  for (const code of codes) sizes[code]! += 1;
  const cells = { X, codes, sizes };
  await pacer.tick();
  const sums = geneSums(cells);
  const genes = expressedGenes(sums, X.nRows, settings);
  if (genes.length < 2) {
    throw new DataError('top scoring pairs need at least two expressed genes', {
      got: String(genes.length),
      remedy: 'Lower alpha1 or alpha2, or check that X holds expression values.',
    });
  }
  const chosen = new Map<number, readonly [number, number]>();
  let nShort = 0;
  for (let own = 0; own < nClasses; own++) {
    await pacer.tick();
    const candidates = endsOfRanking(
      genes,
      geneCorrelations(sums, cells, own),
      settings.numTopGenes,
    );
    const correlations = await pairCorrelations(cells, own, candidates, pacer);
    const pairs = bestPairs(candidates, correlations, settings);
    if (pairs.length < settings.numTopGenePairs) nShort += 1;
    for (const pair of pairs) chosen.set(pair[0] * X.nCols + pair[1], pair);
    const progress = { task: 'gene pairs: classes', done: own + 1, total: nClasses };
    options.reporter?.progress(progress);
  }
  if (nShort > 0) {
    options.reporter?.message(
      'warning',
      `fewer than ${settings.numTopGenePairs} gene pairs for ${nShort} of ${nClasses} classes; raise numTopGenes or maxGenePerCt`,
    );
  }
  const sorted = [...chosen.keys()].sort((a, b) => a - b).map((key) => chosen.get(key) ?? [0, 0]);
  return {
    first: Int32Array.from(sorted, ([first]) => first),
    second: Int32Array.from(sorted, ([, second]) => second),
  };
}

/** Sums over the cells of each class, from which means and correlations follow. */
interface GeneSums {
  readonly nGenes: number;
  /** [nClasses * nGenes] */
  readonly ofClass: Float64Array;
  /** [nGenes] */
  readonly total: Float64Array;
  /** [nGenes] sum of squares. */
  readonly squares: Float64Array;
  /** [nGenes] cells above 0, and the sum over them. */
  readonly nPositive: Float64Array;
  readonly positive: Float64Array;
}

function geneSums({ X, codes, sizes }: ClassCells): GeneSums {
  const nGenes = X.nCols;
  const sums = {
    nGenes,
    ofClass: new Float64Array(sizes.length * nGenes),
    total: new Float64Array(nGenes),
    squares: new Float64Array(nGenes),
    nPositive: new Float64Array(nGenes),
    positive: new Float64Array(nGenes),
  };
  const add = (code: number, gene: number, value: number): void => {
    sums.ofClass[code * nGenes + gene]! += value;
    sums.total[gene]! += value;
    sums.squares[gene]! += value * value;
    if (value <= 0) return;
    sums.nPositive[gene]! += 1;
    sums.positive[gene]! += value;
  };
  for (let i = 0; i < X.nRows; i++) {
    const code = codes[i]!;
    if (X.kind === 'csr') {
      const { indices, data } = X.row(i);
      for (let e = 0; e < data.length; e++) add(code, indices[e]!, data[e]!);
    } else {
      const row = X.row(i);
      for (let gene = 0; gene < nGenes; gene++) add(code, gene, row[gene]!);
    }
  }
  return sums;
}

function expressedGenes(
  { nPositive, positive }: GeneSums,
  nCells: number,
  { alpha1, alpha2, mu }: Required<Pick<TopScoringPairOptions, 'alpha1' | 'alpha2' | 'mu'>>,
): Int32Array {
  return Int32Array.from(nPositive.keys()).filter((gene) => {
    const share = nPositive[gene]! / nCells;
    return share > alpha1 || (share > alpha2 && positive[gene]! / nPositive[gene]! > mu);
  });
}

/** [nGenes] Pearson correlation of each gene with membership of a class. */
function geneCorrelations(sums: GeneSums, { X, sizes }: ClassCells, own: number): Float64Array {
  const { nGenes, ofClass, total, squares } = sums;
  return Float64Array.from({ length: nGenes }, (_, gene) =>
    membershipCorrelation({
      n: X.nRows,
      size: sizes[own]!,
      own: ofClass[own * nGenes + gene]!,
      total: total[gene]!,
      squares: squares[gene]!,
    }),
  );
}

/** Pearson correlation of a variable with membership of a class, from their sums; 0 if constant. */
function membershipCorrelation(sums: {
  readonly n: number;
  readonly size: number;
  readonly own: number;
  readonly total: number;
  readonly squares: number;
}): number {
  const { n, size, own, total, squares } = sums;
  const spread = squares - (total * total) / n;
  // A constant variable leaves rounding errors only.
  if (spread <= 1e-12 * squares || size === 0 || size === n) return 0;
  return (own - (size * total) / n) / Math.sqrt(((size * (n - size)) / n) * spread);
}

/** The first and the last of a ranking from high to low, each once and in ascending order. */
function endsOfRanking(genes: Int32Array, scores: Float64Array, count: number): Int32Array {
  const ranked = Array.from(genes).sort((a, b) => scores[b]! - scores[a]! || a - b);
  return Int32Array.from(new Set([...ranked.slice(0, count), ...ranked.slice(-count)])).sort();
}

/** Correlations with membership of all pairs (a, b), a < b, in the order (0, 1), (0, 2), ... */
async function pairCorrelations(
  { X, codes, sizes }: ClassCells,
  own: number,
  candidates: Int32Array,
  pacer: Pacer,
): Promise<Float64Array> {
  const k = candidates.length;
  const nPairs = (k * (k - 1)) / 2;
  const inClass = new Float64Array(nPairs);
  const total = new Float64Array(nPairs);
  const values = new Float32Array(k);
  const cell = new CellReader(X);
  for (let i = 0; i < X.nRows; i++) {
    if (i % 64 === 0) await pacer.tick();
    const all = cell.read(i);
    for (let c = 0; c < k; c++) values[c] = all[candidates[c]!]!;
    const isOwn = codes[i] === own ? 1 : 0;
    for (let a = 0, p = 0; a < k; a++) {
      for (let b = a + 1; b < k; b++, p++) {
        if (values[a]! <= values[b]!) continue;
        total[p]! += 1;
        inClass[p]! += isOwn;
      }
    }
  }
  const [n, size] = [X.nRows, sizes[own]!];
  return total.map((count, p) =>
    membershipCorrelation({ n, size, own: inClass[p]!, total: count, squares: count }),
  );
}

/** Pairs by falling correlation, no gene too often. */
function bestPairs(
  candidates: Int32Array,
  correlations: Float64Array,
  { numTopGenePairs, maxGenePerCt }: { numTopGenePairs: number; maxGenePerCt: number },
): (readonly [number, number])[] {
  const pairs: (readonly [number, number])[] = [];
  candidates.forEach((a, place) => {
    for (const b of candidates.subarray(place + 1)) pairs.push([a, b]);
  });
  const order = Array.from(pairs.keys()).sort(
    (p, q) => correlations[q]! - correlations[p]! || p - q,
  );
  const uses = new Map<number, number>();
  const chosen: (readonly [number, number])[] = [];
  for (const p of order) {
    if (chosen.length === numTopGenePairs) break;
    const pair = pairs[p]!;
    if (pair.some((gene) => (uses.get(gene) ?? 0) >= maxGenePerCt)) continue;
    for (const gene of pair) uses.set(gene, (uses.get(gene) ?? 0) + 1);
    chosen.push(pair);
  }
  return chosen;
}
