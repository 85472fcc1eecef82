import { Pacer } from '@dance-ts/core';
import { interpolated, loessVertices, type CurvePoint } from './loess-vertices.js';

/** Where loess fits, see {@link LocalQuadraticOptions}. */
export type LoessSurface = 'direct' | 'interpolate';

/** Options of {@link localQuadraticFit}. */
export interface LocalQuadraticOptions {
  /** Share of the points that each local fit uses, 0 to 1. */
  readonly span: number;
  /**
   * `direct`: a fit at every point. `interpolate`: fits at a few places and cubics between them, as
   * Cleveland's program does by default.
   */
  readonly surface: LoessSurface;
  readonly signal?: AbortSignal | undefined;
}

/** See {@link weightedMoments}. */
type Moments = Record<'s0' | 's1' | 's2' | 's3' | 's4' | 't0' | 't1' | 't2', number>;

/** Below this share of its possible size, a polynomial is zero up to rounding. */
const NEGLIGIBLE = 1e-12;

/**
 * Loess of degree 2: a parabola fitted to the nearest points with
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
  const fitted = new Float64Array(n);
  const sortedFit = await fitSorted(sortedX, sortedY, nNear, options);
  order.forEach((i, place) => {
    fitted[i] = sortedFit[place]!;
  });
  return fitted;
}

async function fitSorted(
  x: Float64Array,
  y: Float64Array,
  nNear: number,
  { span, surface, signal }: LocalQuadraticOptions,
): Promise<Float64Array> {
  if (surface === 'direct' || x.length === 0) {
    const points = await curveAt(x, x, y, nNear, signal);
    return Float64Array.from(points, ({ value }) => value);
  }
  const vertices = loessVertices(x, span);
  return interpolated(vertices, await curveAt(vertices, x, y, nNear, signal), x);
}

/** Local fits at ascending places. */
async function curveAt(
  places: Float64Array,
  x: Float64Array,
  y: Float64Array,
  nNear: number,
  signal: AbortSignal | undefined,
): Promise<CurvePoint[]> {
  const pacer = new Pacer(signal);
  const points: CurvePoint[] = [];
  let first = 0;
  for (let i = 0; i < places.length; i++) {
    await pacer.tick();
    const center = places[i]!;
    if (i > 0 && center === places[i - 1]) {
      points.push(points[i - 1]!);
      continue;
    }
    first = firstOfNearest(x, center, first, nNear);
    const end = endOfEqual(x, first + nNear);
    points.push(fitAt(center, x.subarray(first, end), y.subarray(first, end)));
  }
  return points;
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

/**
 * Value and slope at `center` of the parabola of least weighted squares, built from polynomials
 * orthogonal under the weights: 1, u - a, u^2 - b - c (u - a), with u the distance to the center over
 * the radius.
 */
function fitAt(center: number, x: Float64Array, y: Float64Array): CurvePoint {
  const radius = Math.max(center - x[0]!, x[x.length - 1]! - center) || 1;
  const { s0, s1, s2, s3, s4, t0, t1, t2 } = weightedMoments(center, radius, x, y);
  if (!(s0 > 0)) return { value: meanOf(y), slope: 0 };
  const mean = t0 / s0;
  const a = s1 / s0;
  const linearSize = s2 - a * s1;
  if (!(linearSize > NEGLIGIBLE * s0)) return { value: mean, slope: 0 };
  const linearDot = t1 - a * t0;
  const linear = linearDot / linearSize;
  const line = mean - linear * a;

  const b = s2 / s0;
  const c = (s3 - a * s2) / linearSize;
  const quadraticSize = s4 - b * s2 - c * (s3 - a * s2);
  if (!(quadraticSize > NEGLIGIBLE * s0)) return { value: line, slope: linear / radius };
  const quadratic = (t2 - b * t0 - c * linearDot) / quadraticSize;
  return { value: line + quadratic * (c * a - b), slope: (linear - quadratic * c) / radius };
}

/** What is left where every point lies at the rim: outside of points that all have one place. */
function meanOf(y: Float64Array): number {
  return y.reduce((sum, value) => sum + value, 0) / y.length;
}

/** Sums of w u^k (`s`) and of w u^k y (`t`) over the points. */
function weightedMoments(
  center: number,
  radius: number,
  x: Float64Array,
  y: Float64Array,
): Moments {
  const sums = { s0: 0, s1: 0, s2: 0, s3: 0, s4: 0, t0: 0, t1: 0, t2: 0 };
  for (let p = 0; p < x.length; p++) {
    const u = (x[p]! - center) / radius;
    const w = tricube(Math.abs(u));
    const wu = w * u;
    const wuu = wu * u;
    sums.s0 += w;
    sums.s1 += wu;
    sums.s2 += wuu;
    sums.s3 += wuu * u;
    sums.s4 += wuu * u * u;
    sums.t0 += w * y[p]!;
    sums.t1 += wu * y[p]!;
    sums.t2 += wuu * y[p]!;
  }
  return sums;
}

/** Cleveland's weight with the cut-offs of his program: 1 very near, 0 at the rim. */
function tricube(u: number): number {
  if (u <= 0.001) return 1;
  if (u >= 0.999) return 0;
  const rest = 1 - u * u * u;
  return rest * rest * rest;
}
