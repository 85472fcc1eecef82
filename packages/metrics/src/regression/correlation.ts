import { collectPairs, pairBlocks, type EntryOptions, type Values } from './values.js';

/**
 * Pearson correlation of all pairs pooled; NaN where one side is constant.
 *
 * @throws DataError if the shapes differ or nothing is left to evaluate
 */
export function pearson(truth: Values, prediction: Values, options?: EntryOptions): number {
  const pairs = pairBlocks(truth, prediction, options);
  let originT: number | undefined;
  let originP: number | undefined;
  let [sumT, sumP] = [0, 0];
  pairs.forEach((t, p) => {
    // Relative to the first pair: exact zeros for constants, and no digits lost to a large offset.
    originT ??= t[0]!;
    originP ??= p[0]!;
    for (let e = 0; e < t.length; e++) {
      sumT += t[e]! - originT;
      sumP += p[e]! - originP;
    }
  });
  const [t0, p0] = [originT ?? 0, originP ?? 0];
  const [meanT, meanP] = [sumT / pairs.count, sumP / pairs.count];
  let [tt, pp, tp] = [0, 0, 0];
  pairs.forEach((t, p) => {
    for (let e = 0; e < t.length; e++) {
      const dt = t[e]! - t0 - meanT;
      const dp = p[e]! - p0 - meanP;
      tt += dt * dt;
      pp += dp * dp;
      tp += dt * dp;
    }
  });
  if (tt === 0 || pp === 0) return NaN;
  return Math.max(-1, Math.min(1, tp / (Math.sqrt(tt) * Math.sqrt(pp))));
}

/**
 * Spearman's rank correlation, ties at their mean rank; NaN where one side is constant. Holds all
 * pairs in memory (16 bytes each) and sorts them.
 *
 * @throws DataError if the shapes differ or nothing is left to evaluate
 */
export function spearman(truth: Values, prediction: Values, options?: EntryOptions): number {
  const pairs = collectPairs(pairBlocks(truth, prediction, options));
  return pearson(averageRanks(pairs.truth), averageRanks(pairs.prediction));
}

/**
 * Kendall's rank correlation tau-b, corrected for ties (Knight's O(n log n) count, 1966); NaN where
 * one side is constant. Holds all pairs in memory.
 *
 * @throws DataError if the shapes differ or nothing is left to evaluate
 */
export function kendallTau(truth: Values, prediction: Values, options?: EntryOptions): number {
  const { truth: t, prediction: p } = collectPairs(pairBlocks(truth, prediction, options));
  if (hasNaN(t) || hasNaN(p)) return NaN;
  const order = Array.from(t.keys()).sort((a, b) => t[a]! - t[b]! || p[a]! - p[b]!);
  const byTruth = Float64Array.from(order, (i) => p[i]!);
  const tiesT = tiedPairs(order.length, (a) => t[order[a]!] === t[order[a + 1]!]);
  const tiesBoth = tiedPairs(
    order.length,
    (a) => t[order[a]!] === t[order[a + 1]!] && byTruth[a] === byTruth[a + 1],
  );
  const swaps = countInversions(byTruth);
  // The count of inversions has sorted the predictions.
  const tiesP = tiedPairs(order.length, (a) => byTruth[a] === byTruth[a + 1]);
  const all = (order.length * (order.length - 1)) / 2;
  const concordance = all - tiesT - tiesP + tiesBoth - 2 * swaps;
  const scale = Math.sqrt(all - tiesT) * Math.sqrt(all - tiesP);
  return scale === 0 ? NaN : Math.max(-1, Math.min(1, concordance / scale));
}

/**
 * Cosine of the angle between truth and prediction; 0 where one of them is all zero.
 *
 * @throws DataError if the shapes differ or nothing is left to evaluate
 */
export function cosineSimilarity(
  truth: Values,
  prediction: Values,
  options?: EntryOptions,
): number {
  let [tt, pp, tp] = [0, 0, 0];
  pairBlocks(truth, prediction, options).forEach((t, p) => {
    for (let e = 0; e < t.length; e++) {
      tt += t[e]! * t[e]!;
      pp += p[e]! * p[e]!;
      tp += t[e]! * p[e]!;
    }
  });
  if (tt === 0 || pp === 0) return 0;
  return Math.max(-1, Math.min(1, tp / (Math.sqrt(tt) * Math.sqrt(pp))));
}

/** Ranks 1..n of values, ties at the mean of the places they share; all NaN if a value is NaN. */
export function averageRanks(values: ArrayLike<number>): Float64Array {
  if (hasNaN(values)) return new Float64Array(values.length).fill(NaN);
  const order = Int32Array.from({ length: values.length }, (_, i) => i).sort(
    (a, b) => values[a]! - values[b]!,
  );
  const ranks = new Float64Array(values.length);
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end += 1;
    for (let place = start; place < end; place++) ranks[order[place]!] = (start + end + 1) / 2;
    start = end;
  }
  return ranks;
}

function hasNaN(values: ArrayLike<number>): boolean {
  for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i])) return true;
  return false;
}

/** Pairs within the runs of a sorted sequence, where `same(a)` says a and a + 1 are equal. */
function tiedPairs(n: number, same: (a: number) => boolean): number {
  let pairs = 0;
  let run = 0;
  for (let a = 0; a + 1 < n; a++) {
    run = same(a) ? run + 1 : 0;
    pairs += run;
  }
  return pairs;
}

/** Pairs in the wrong order, by bottom-up merge sort; the values are sorted in place. */
function countInversions(values: Float64Array): number {
  const merged = new Float64Array(values.length);
  let inversions = 0;
  for (let width = 1; width < values.length; width *= 2) {
    for (let start = 0; start < values.length; start += 2 * width) {
      const middle = Math.min(start + width, values.length);
      const end = Math.min(start + 2 * width, values.length);
      let [left, right] = [start, middle];
      for (let place = start; place < end; place++) {
        if (left < middle && (right >= end || values[left]! <= values[right]!)) {
          merged[place] = values[left++]!;
        } else {
          inversions += middle - left;
          merged[place] = values[right++]!;
        }
      }
    }
    values.set(merged);
  }
  return inversions;
}
