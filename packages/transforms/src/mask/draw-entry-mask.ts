import { assertCounts, ParamError, type CsrMatrix, type Rng } from '@dance-ts/core';
import { entryList, type EntryList } from './entry-list.js';

/** Value at which the weight of the exponential distribution has fallen to 1 / e. */
const SCALE = 20;

/** Options of {@link drawEntryMask}. */
export interface EntryMaskOptions {
  /** Share of the non-zero values of a cell that are drawn, in (0, 1]; default 0.1. */
  readonly rate?: number;
  /** `exp` (default): value v with weight exp(-v / 20), small ones more often; or `uniform`. */
  readonly distribution?: 'exp' | 'uniform';
  /** Cells with at most this many non-zero values stay whole; default 5. */
  readonly minGeneCounts?: number;
  /** Share of what is drawn that is for the test, in [0, 1]; the rest validates; default 0.9. */
  readonly testShare?: number;
  readonly rng: Rng;
}

/** Two disjoint lists of non-zero entries; all other entries, zeros included, are for training. */
export interface EntryMask {
  readonly validation: EntryList;
  readonly test: EntryList;
}

/**
 * Draws, cell by cell, non-zero values to hold out. Of n non-zero values of a cell, m = floor(n
 * rate) are drawn one after the other without replacement with probabilities proportional to their
 * weights (1 + floor(n / 2) if m were n); max(1, round(m (1 - testShare))) of them, chosen at
 * random, validate and the others test. All validate with `testShare` 0, all test with 1.
 *
 * The draw takes the m smallest of log(E) + v / 20 with E standard exponential (Efraimidis &
 * Spirakis, Inf. Process. Lett. 97, 2006), so weights cannot underflow at large counts.
 *
 * Memory: 8 bytes for each entry drawn. Takes about 0.1 ms a cell of 2,000 genes without a pause;
 * the transform `CellwiseMaskData` pauses.
 *
 * Source: Arisdakessian et al., Genome Biology 20:211, 2019 (DeepImpute); DANCE.
 *
 * @param counts - cells x genes, values >= 0
 * @throws ParamError; DataError for negative or non-finite values
 */
export function drawEntryMask(counts: CsrMatrix, options: EntryMaskOptions): EntryMask {
  const draw = new EntryMaskDraw(counts, options);
  for (let i = 0; i < counts.nRows; i++) draw.addCell(i);
  return draw.finish();
}

/** {@link drawEntryMask} in steps, so that a caller can pause between cells. */
export class EntryMaskDraw {
  private readonly rate: number;
  private readonly weightScale: number;
  private readonly minGeneCounts: number;
  private readonly testShare: number;
  private readonly rng: Rng;
  private readonly validation: number[] = [];
  private readonly test: number[] = [];

  /** @throws as {@link drawEntryMask} */
  constructor(
    private readonly counts: CsrMatrix,
    options: EntryMaskOptions,
  ) {
    const { rate = 0.1, distribution = 'exp', minGeneCounts = 5, testShare = 0.9 } = options;
    assertShares(rate, testShare);
    assertCounts(counts);
    this.rate = rate;
    this.weightScale = distribution === 'exp' ? 1 / SCALE : 0;
    this.minGeneCounts = minGeneCounts;
    this.testShare = testShare;
    this.rng = options.rng;
  }

  /** Draws from the next cell; cells must come in order. */
  addCell(cell: number): void {
    const candidates = this.nonZeros(cell);
    const n = candidates.length;
    if (n <= this.minGeneCounts) return;
    const m = howMany(n, this.rate);
    if (m === 0) return;
    const drawn = this.lightest(candidates, m);
    const nValidation = nValidating(m, this.testShare);
    sampleInOrder(m, nValidation, this.rng, (k, chosen) => {
      (chosen ? this.validation : this.test).push(drawn[k]!);
    });
  }

  /** What was drawn. */
  finish(): EntryMask {
    return {
      validation: entryList(this.counts, this.validation),
      test: entryList(this.counts, this.test),
    };
  }

  private nonZeros(cell: number): number[] {
    const { indptr, data } = this.counts;
    const entries: number[] = [];
    for (let e = indptr[cell]!; e < indptr[cell + 1]!; e++) if (data[e] !== 0) entries.push(e);
    return entries;
  }

  /** The m candidates that come first in a random order by weight, ascending. */
  private lightest(candidates: readonly number[], m: number): number[] {
    const { data } = this.counts;
    const keys = Float64Array.from(
      candidates,
      (e) => Math.log(-Math.log1p(-this.rng.uniform())) + data[e]! * this.weightScale,
    );
    const last = keys.slice().sort()[m - 1]!;
    // Only -Infinity, from a uniform draw of exactly 0, can tie; the first m are as good as any.
    return candidates.filter((_, k) => keys[k]! <= last).slice(0, m);
  }
}

/**
 * Goes through 0..n-1 in order and tells which of them are among `nChosen` drawn at random, each
 * set being equally likely (Knuth, The Art of Computer Programming 2, algorithm 3.4.2 S).
 */
export function sampleInOrder(
  n: number,
  nChosen: number,
  rng: Rng,
  visit: (k: number, chosen: boolean) => void,
): void {
  let wanted = nChosen;
  for (let k = 0; k < n; k++) {
    const chosen = wanted > 0 && rng.uniform() * (n - k) < wanted;
    if (chosen) wanted -= 1;
    visit(k, chosen);
  }
}

/** How many of m drawn entries validate: at least one unless all test, halves to even. */
export function nValidating(m: number, testShare: number): number {
  if (testShare === 1) return 0;
  const exact = m * (1 - testShare);
  const below = Math.floor(exact);
  // 0.1 x 25 is not 2.5 in binary once 0.1 is written as 1 - 0.9.
  const isHalf = Math.abs(exact - below - 0.5) < 1e-9;
  const rounded = isHalf ? below + (below % 2) : Math.round(exact);
  return Math.min(m, Math.max(1, rounded));
}

/** @throws ParamError unless rate is in (0, 1] and testShare in [0, 1] */
export function assertShares(rate: number, testShare: number): void {
  if (!(rate > 0 && rate <= 1)) {
    throw new ParamError('rate of an entry mask', { got: String(rate), expected: 'in (0, 1]' });
  }
  if (!(testShare >= 0 && testShare <= 1)) {
    throw new ParamError('testShare of an entry mask', {
      got: String(testShare),
      expected: 'in [0, 1]',
    });
  }
}

function howMany(n: number, rate: number): number {
  const m = Math.floor(n * rate);
  return m >= n ? 1 + Math.floor(n / 2) : m;
}
