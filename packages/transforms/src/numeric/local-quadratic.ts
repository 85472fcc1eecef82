import { Pacer } from '@dance-ts/core';

/** Options of {@link localQuadraticFit}. */
export interface LocalQuadraticOptions {
  /** Share of the points that each local fit uses, 0 to 1. */
  readonly span: number;
  readonly signal?: AbortSignal | undefined;
}

/** Points near the place of a fit. */
interface Neighborhood {
  /** Distance to the place of the fit, with sign. */
  readonly t: Float64Array;
  readonly weights: Float64Array;
  readonly y: Float64Array;
}

/** Below this share of its possible size, a polynomial is zero up to rounding. */
const NEGLIGIBLE = 1e-12;

/**
 * Loess of degree 2, evaluated at every point: a parabola fitted to the nearest points with
 * tricube weights. Where the points have too few distinct `x` for a parabola, a line or the
 * weighted mean takes its place.
 *
 * Source: Cleveland & Devlin, J. Am. Stat. Assoc. 83, 1988.
 *
 * @param x - finite
 * @param y - finite, as long as `x`
 * @returns fitted value at each point
 */
export async function localQuadraticFit(
  x: Float64Array,
  y: Float64Array,
  options: LocalQuadraticOptions,
): Promise<Float64Array> {
  const n = x.length;
  const order = Uint32Array.from(x.keys()).sort((a, b) => x[a]! - x[b]! || a - b);
  const sortedX = Float64Array.from(order, (i) => x[i]!);
  const sortedY = Float64Array.from(order, (i) => y[i]!);
  const nNear = Math.max(1, Math.min(n, Math.floor(options.span * n + 1e-5)));
  const pacer = new Pacer(options.signal);
  const fitted = new Float64Array(n);
  let first = 0;
  for (let i = 0; i < n; i++) {
    const center = sortedX[i]!;
    if (i > 0 && center === sortedX[i - 1]) {
      fitted[order[i]!] = fitted[order[i - 1]!]!;
      continue;
    }
    await pacer.tick();
    first = firstOfNearest(sortedX, center, first, nNear);
    const end = endOfEqual(sortedX, first + nNear);
    fitted[order[i]!] = fitAt(center, sortedX.subarray(first, end), sortedY.subarray(first, end));
  }
  return fitted;
}

/** Start of the `nNear` consecutive values nearest to `center`, searched from `start` on. */
function firstOfNearest(x: Float64Array, center: number, start: number, nNear: number): number {
  let first = start;
  while (first + nNear < x.length && x[first + nNear]! - center < center - x[first]!) first += 1;
  return first;
}

/** Moves the end of a range so that it does not part equal values. */
function endOfEqual(x: Float64Array, end: number): number {
  let moved = end;
  while (moved < x.length && x[moved] === x[end - 1]) moved += 1;
  return moved;
}

/** Value at `center` of the parabola of least weighted squares, by orthogonal polynomials. */
function fitAt(center: number, x: Float64Array, y: Float64Array): number {
  const radius = Math.max(center - x[0]!, x[x.length - 1]! - center);
  const t = x.map((value) => value - center);
  const weights = t.map((distance) => tricube(Math.abs(distance), radius));
  const near: Neighborhood = { t, weights, y };
  const total = weights.reduce((sum, weight) => sum + weight, 0);

  const meanT = dot(near, t) / total;
  const linear = t.map((value) => value - meanT);
  const mean = dot(near, y) / total;
  const linearSize = dot(near, linear, linear);
  if (!(linearSize > NEGLIGIBLE * total * radius ** 2)) return mean;
  const line = mean - (dot(near, linear, y) / linearSize) * meanT;

  const meanSquare = dot(near, t, t) / total;
  const slope = dot(near, linear, t, t) / linearSize;
  const quadratic = t.map((value, p) => value * value - meanSquare - slope * linear[p]!);
  const quadraticSize = dot(near, quadratic, quadratic);
  if (!(quadraticSize > NEGLIGIBLE * total * radius ** 4)) return line;
  return line + (dot(near, quadratic, y) / quadraticSize) * (slope * meanT - meanSquare);
}

/** Weighted sum of a product. */
function dot(
  { weights }: Neighborhood,
  a: Float64Array,
  b?: Float64Array,
  c?: Float64Array,
): number {
  let sum = 0;
  for (let p = 0; p < a.length; p++) sum += weights[p]! * a[p]! * (b?.[p] ?? 1) * (c?.[p] ?? 1);
  return sum;
}

/** Cleveland's weight with the cut-offs of his program: 1 very near, 0 at the rim. */
function tricube(distance: number, radius: number): number {
  if (distance <= 0.001 * radius) return 1;
  if (distance >= 0.999 * radius) return 0;
  return (1 - (distance / radius) ** 3) ** 3;
}
