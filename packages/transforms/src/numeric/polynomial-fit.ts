/** Below this share of its possible size, a polynomial is zero up to rounding. */
const NEGLIGIBLE = 1e-14;

/**
 * Values at the points of the polynomial of least squares, by polynomials orthogonal over the
 * points (Forsythe, J. SIAM 5, 1957). Where the points have too few distinct `x`, the degree is
 * lower.
 *
 * @param x - finite, at least one
 * @param y - finite, as long as `x`
 * @param degree - 0 or more
 * @returns [x.length]
 */
export function fittedPolynomial(x: Float64Array, y: Float64Array, degree: number): Float64Array {
  let previous = new Float64Array(x.length);
  let current = new Float64Array(x.length).fill(1);
  let previousSize = 1;
  const fitted = new Float64Array(x.length);
  const scale = x.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) ** 2;
  for (let k = 0; k <= degree; k++) {
    const size = dot(current, current);
    if (!(size > NEGLIGIBLE * (k === 0 ? 0 : scale * previousSize))) break;
    const weight = dot(y, current) / size;
    for (let i = 0; i < x.length; i++) fitted[i]! += weight * current[i]!;
    const shift = x.reduce((sum, value, i) => sum + value * current[i]! ** 2, 0) / size;
    const back = k === 0 ? 0 : size / previousSize;
    const next = current.map((value, i) => (x[i]! - shift) * value - back * previous[i]!);
    [previous, current, previousSize] = [current, next, size];
  }
  return fitted;
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}
