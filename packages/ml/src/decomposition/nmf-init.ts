import { Rng, type Matrix, type RunOptions } from '@dance-ts/core';
import { meanEntry } from './nmf-data.js';
import type { NmfFactors } from './nmf-updates.js';
import { truncatedSvd } from './truncated-svd.js';

/**
 * Where the factors start: absolute normal numbers, the non-negative double SVD with its zeros, or
 * with the mean of X in their place.
 */
export type NmfInit = 'random' | 'nndsvd' | 'nndsvda';

/** Smaller entries of a start from the SVD become 0. */
const CUT = 1e-6;

/**
 * Starting factors as scikit-learn's: `random` with |N(0, 1)| sqrt(mean(X) / k), `nndsvd` and
 * `nndsvda` after Boutsidis & Gallopoulos (Pattern Recognition 41:4, 2008).
 *
 * @throws AbortError
 */
export async function initialFactors(
  X: Matrix,
  k: number,
  init: NmfInit,
  seed: number,
  run: RunOptions,
): Promise<NmfFactors> {
  const rng = Rng.fromSeed(seed).fork('nmf');
  const factors = { k, W: new Float64Array(X.nRows * k), Ht: new Float64Array(X.nCols * k) };
  if (init === 'random') {
    const scale = Math.sqrt(meanEntry(X) / k);
    for (const F of [factors.Ht, factors.W]) {
      for (let e = 0; e < F.length; e++) F[e] = scale * Math.abs(rng.normal());
    }
    return factors;
  }
  await fillFromSvd(X, factors, rng, run);
  const zero = init === 'nndsvda' ? meanEntry(X) : 0;
  for (const F of [factors.Ht, factors.W]) {
    for (let e = 0; e < F.length; e++) if (F[e]! < CUT) F[e] = zero;
  }
  return factors;
}

/** Of each singular pair the positive or the negative parts, whichever have the larger product. */
async function fillFromSvd(
  X: Matrix,
  { k, W, Ht }: NmfFactors,
  rng: Rng,
  { signal }: RunOptions,
): Promise<void> {
  const { U, s, Vt } = await truncatedSvd(X, { nComponents: k, rng, signal });
  for (let c = 0; c < k; c++) {
    const left = Float64Array.from({ length: X.nRows }, (_, i) => U.get(i, c));
    const right = Float64Array.from(Vt.row(c));
    const { u, v, product } = c === 0 ? partsOf(left, right, Math.abs) : largerParts(left, right);
    if (product === 0) continue;
    const scale = Math.sqrt(s[c]! * product);
    for (let i = 0; i < u.length; i++) W[i * k + c] = scale * u[i]!;
    for (let j = 0; j < v.length; j++) Ht[j * k + c] = scale * v[j]!;
  }
}

/** Non-negative parts of a singular pair, as unit vectors, and the product of their lengths. */
interface Parts {
  readonly u: Float64Array;
  readonly v: Float64Array;
  readonly product: number;
}

function largerParts(left: Float64Array, right: Float64Array): Parts {
  const positive = partsOf(left, right, (value) => Math.max(0, value));
  const negative = partsOf(left, right, (value) => Math.max(0, -value));
  return positive.product > negative.product ? positive : negative;
}

function partsOf(left: Float64Array, right: Float64Array, part: (value: number) => number): Parts {
  const [u, v] = [left.map(part), right.map(part)];
  const [lengthU, lengthV] = [norm(u), norm(v)];
  const product = lengthU * lengthV;
  if (product === 0) return { u, v, product };
  return { u: u.map((x) => x / lengthU), v: v.map((x) => x / lengthV), product };
}

function norm(values: Float64Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}
