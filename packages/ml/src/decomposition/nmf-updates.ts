import type { NmfData } from './nmf-data.js';

/** Divisor where a denominator is 0: the epsilon of float32. */
const EPSILON = 2 ** -23;

/** The factors of X = W H, both with one row of k numbers a row or column of X, row-major. */
export interface NmfFactors {
  readonly k: number;
  /** [nRows * k] */
  readonly W: Float64Array;
  /** H^T, [nCols * k] */
  readonly Ht: Float64Array;
}

/**
 * One multiplicative update for the Frobenius norm (Lee & Seung, NIPS 2000):
 * F := F * cross / (F gram), entry by entry, in place.
 *
 * @param F - the factor to update, [n * k]
 * @param cross - X Ht for W, X^T W for Ht, [n * k]
 * @param gram - other factor^T other factor, [k * k]
 */
export function multiplicativeUpdate(
  F: Float64Array,
  cross: Float64Array,
  gram: Float64Array,
  k: number,
): void {
  const denominator = new Float64Array(k);
  for (let from = 0; from < F.length; from += k) {
    for (let c = 0; c < k; c++) {
      let sum = 0;
      for (let r = 0; r < k; r++) sum += F[from + r]! * gram[r * k + c]!;
      denominator[c] = sum === 0 ? EPSILON : sum;
    }
    for (let c = 0; c < k; c++) F[from + c]! *= cross[from + c]! / denominator[c]!;
  }
}

/**
 * One sweep of coordinate descent for the Frobenius norm (Hsieh & Dhillon, KDD 2011), component by
 * component in their order, in place.
 *
 * @returns the sum of the sizes of the projected gradients met on the way
 */
export function coordinateDescentUpdate(
  F: Float64Array,
  cross: Float64Array,
  gram: Float64Array,
  k: number,
): number {
  let violation = 0;
  for (let c = 0; c < k; c++) {
    const curvature = gram[c * k + c]!;
    for (let from = 0; from < F.length; from += k) {
      let gradient = -cross[from + c]!;
      for (let r = 0; r < k; r++) gradient += gram[c * k + r]! * F[from + r]!;
      const value = F[from + c]!;
      violation += Math.abs(value === 0 ? Math.min(0, gradient) : gradient);
      if (curvature !== 0) F[from + c] = Math.max(value - gradient / curvature, 0);
    }
  }
  return violation;
}

/**
 * One multiplicative update for the Kullback-Leibler divergence (Lee & Seung, 2000), in place; the
 * work grows with the stored entries of X.
 *
 * @param side - the factor to update
 */
export function divergenceUpdate(data: NmfData, factors: NmfFactors, side: 'W' | 'Ht'): void {
  const { k, W, Ht } = factors;
  const F = factors[side];
  const numerator = new Float64Array(F.length);
  for (let i = 0; i < data.nRows; i++) {
    const { indices, values } = data.row(i);
    const own = W.subarray(i * k, (i + 1) * k);
    for (let e = 0; e < indices.length; e++) {
      const value = values[e]!;
      if (value === 0) continue;
      const other = indices[e]! * k;
      const share = value / nonZero(dotAt(own, Ht, other));
      if (side === 'W') for (let c = 0; c < k; c++) numerator[i * k + c]! += share * Ht[other + c]!;
      else for (let c = 0; c < k; c++) numerator[other + c]! += share * own[c]!;
    }
  }
  const sums = columnSums(side === 'W' ? Ht : W, k);
  for (let e = 0; e < F.length; e++) F[e]! *= numerator[e]! / nonZero(sums[e % k]!);
}

/** |X - W H|, the Frobenius norm of what the factors leave. */
export function frobeniusError(data: NmfData, { k, W, Ht }: NmfFactors): number {
  // Entries that are not stored contribute (W H)^2; the sum over all of those is cheap.
  const [gramW, gramH] = [gramOfColumns(W, k), gramOfColumns(Ht, k)];
  let sum = gramW.reduce((total, value, e) => total + value * gramH[e]!, 0);
  for (let i = 0; i < data.nRows; i++) {
    const { indices, values } = data.row(i);
    const own = W.subarray(i * k, (i + 1) * k);
    for (let e = 0; e < indices.length; e++) {
      const value = values[e]!;
      sum += value * (value - 2 * dotAt(own, Ht, indices[e]! * k));
    }
  }
  return Math.sqrt(Math.max(0, sum));
}

/** Sum over all entries of x log(x / (W H)) - x + W H. */
export function divergence(data: NmfData, { k, W, Ht }: NmfFactors): number {
  const [sumsW, sumsH] = [columnSums(W, k), columnSums(Ht, k)];
  let sum = sumsW.reduce((total, value, c) => total + value * sumsH[c]!, 0);
  for (let i = 0; i < data.nRows; i++) {
    const { indices, values } = data.row(i);
    const own = W.subarray(i * k, (i + 1) * k);
    for (let e = 0; e < indices.length; e++) {
      const value = values[e]!;
      if (value === 0) continue;
      sum += value * (Math.log(value / nonZero(dotAt(own, Ht, indices[e]! * k))) - 1);
    }
  }
  return Math.max(0, sum);
}

/** F^T F, [k * k] */
export function gramOfColumns(F: Float64Array, k: number): Float64Array {
  const gram = new Float64Array(k * k);
  for (let from = 0; from < F.length; from += k) {
    for (let a = 0; a < k; a++) {
      const value = F[from + a]!;
      for (let b = 0; b < k; b++) gram[a * k + b]! += value * F[from + b]!;
    }
  }
  return gram;
}

function columnSums(F: Float64Array, k: number): Float64Array {
  const sums = new Float64Array(k);
  for (let e = 0; e < F.length; e++) sums[e % k]! += F[e]!;
  return sums;
}

function dotAt(a: Float64Array, b: Float64Array, offset: number): number {
  let sum = 0;
  for (let c = 0; c < a.length; c++) sum += a[c]! * b[offset + c]!;
  return sum;
}

function nonZero(value: number): number {
  return value === 0 ? EPSILON : value;
}
