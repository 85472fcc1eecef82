import { DataError } from '@dance-ts/core';
import { lowerBound } from './lower-bound.js';
import { normalUpperTail } from './normal-distribution.js';

/** Ranks of one variable over all cells, summed by group. */
export interface RankSums {
  /** [nGroups] sums of ranks 1, 2, ...; equal values share the mean of theirs. */
  readonly sums: Float64Array;
  /** Sum of t^3 - t over the runs of t equal values. */
  readonly ties: number;
}

/** Codes of groups share a float64 with the 32 bits of a value. */
const CODE_RANGE = 2 ** 21;
/** 0 among the ordered bits of {@link orderedBits}. */
const ZERO_BITS = 0x80000000;

/**
 * Rank sums of a sparse variable: values that are not stored are zeros, and tie.
 *
 * @param values - [n] stored values, zeros allowed
 * @param groups - [n] group of each, 0 .. nGroups - 1; values of group -1 take no part
 * @param sizes - [nGroups] members of each group, stored or not
 * @throws DataError if a value is NaN, or for more than 2,097,152 groups
 */
export function rankSums(
  values: Float32Array,
  groups: Int32Array,
  sizes: ArrayLike<number>,
): RankSums {
  if (sizes.length > CODE_RANGE) {
    throw new DataError('too many groups to rank', { got: String(sizes.length) });
  }
  const zeros = Float64Array.from(sizes);
  const keys = sortedKeys(values, groups, zeros);
  const below = lowerBound(keys, ZERO_BITS * CODE_RANGE);
  const nZeros = zeros.reduce((sum, n) => sum + n, 0);
  const sums = new Float64Array(sizes.length);
  const ties = addRuns(keys, 0, below, 0, sums) + addRuns(keys, below, keys.length, nZeros, sums);
  const zeroRank = below + (nZeros + 1) / 2;
  zeros.forEach((n, group) => {
    sums[group]! += n * zeroRank;
  });
  return { sums, ties: ties + (nZeros ** 3 - nZeros) };
}

/** Options of {@link rankSumScore}. */
export interface RankSumScoreOptions {
  /** Sum of t^3 - t over the ties, to correct the variance; default 0, no correction. */
  readonly ties?: number;
  /** Takes half a rank off the distance, default false. */
  readonly continuity?: boolean;
}

/**
 * Wilcoxon's rank sum as a standard normal score; NaN without members in a group or without variance.
 *
 * Source: Mann & Whitney, Ann. Math. Stat. 18, 1947; tie correction of Lehmann, Nonparametrics, 1975.
 *
 * @param sum - ranks of the first group
 * @param nFirst - members of the first group
 * @param nSecond - members of the second
 */
export function rankSumScore(
  sum: number,
  nFirst: number,
  nSecond: number,
  { ties = 0, continuity = false }: RankSumScoreOptions = {},
): number {
  const n = nFirst + nSecond;
  const distance = sum - (nFirst * (n + 1)) / 2;
  const size = continuity ? Math.max(0, Math.abs(distance) - 0.5) : Math.abs(distance);
  const correction = 1 - ties / (n * (n * n - 1));
  const variance = (correction * nFirst * nSecond * (n + 1)) / 12;
  return variance > 0 ? (Math.sign(distance) * size) / Math.sqrt(variance) : NaN;
}

/** P(|Z| \>= |z|) of a standard normal Z, accurate also far in the tails. */
export function normalTwoSided(z: number): number {
  return 2 * normalUpperTail(Math.abs(z));
}

/**
 * Value and group of each member whose value is not 0 as one number, ascending; takes them off `zeros`.
 * Sorting numbers is much faster than sorting places by a comparison.
 */
function sortedKeys(values: Float32Array, groups: Int32Array, zeros: Float64Array): Float64Array {
  const bits = orderedBits(values);
  const keys = new Float64Array(values.length);
  let n = 0;
  for (let e = 0; e < values.length; e++) {
    const group = groups[e]!;
    if (Number.isNaN(values[e]!)) {
      throw new DataError('a value to rank is NaN', { remedy: 'Remove or impute missing values.' });
    }
    if (group < 0 || values[e] === 0) continue;
    zeros[group]! -= 1;
    keys[n++] = bits[e]! * CODE_RANGE + group;
  }
  return keys.subarray(0, n).sort();
}

/** Bits of float32 values in an order of unsigned integers that is the order of the values. */
function orderedBits(values: Float32Array): Uint32Array {
  const bits = new Uint32Array(values.length);
  new Float32Array(bits.buffer).set(values);
  for (let e = 0; e < bits.length; e++) {
    const raw = bits[e]!;
    bits[e] = raw >= ZERO_BITS ? ~raw : raw | ZERO_BITS;
  }
  return bits;
}

/** Adds the ranks of keys start .. end - 1, `shift` places on; returns the sum of t^3 - t. */
function addRuns(
  keys: Float64Array,
  start: number,
  end: number,
  shift: number,
  sums: Float64Array,
): number {
  let ties = 0;
  for (let first = start; first < end;) {
    const limit = (Math.floor(keys[first]! / CODE_RANGE) + 1) * CODE_RANGE;
    const base = limit - CODE_RANGE;
    let next = first + 1;
    while (next < end && keys[next]! < limit) next++;
    const rank = shift + (first + next + 1) / 2;
    for (let e = first; e < next; e++) sums[keys[e]! - base]! += rank;
    const t = next - first;
    ties += t ** 3 - t;
    first = next;
  }
  return ties;
}
