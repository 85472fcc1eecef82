/** Share of the points of a local fit above which a cell is split. */
const CELL = 0.2;
/** Share of the range by which the outermost vertices lie beyond the points. */
const MARGIN = 0.005;

/** Value and slope of a curve at a place. */
export interface CurvePoint {
  readonly value: number;
  readonly slope: number;
}

/**
 * Where Cleveland and Grosse's loess fits: the borders of the cells of a k-d tree. The range, a little
 * widened, is split at its median point, and so on while a cell has more than a fifth as many points as
 * a local fit uses. Equal points are not parted.
 *
 * Source: Cleveland & Grosse, Stat. Comput. 1, 1991.
 *
 * @param sorted - ascending, at least one
 * @param span - share of the points in a local fit
 * @returns ascending, at least two
 */
export function loessVertices(sorted: Float64Array, span: number): Float64Array {
  const n = sorted.length;
  const [low, high] = [sorted[0]!, sorted[n - 1]!];
  const size = Math.max(Math.abs(low), Math.abs(high));
  const margin = MARGIN * Math.max(high - low, 1e-10 * size + 1e-30);
  const vertices = new Set([low - margin, high + margin]);
  const mostPoints = Math.floor(n * span * CELL);
  const cells = [{ first: 0, last: n - 1, left: low - margin, right: high + margin }];
  for (let cell = cells.pop(); cell !== undefined; cell = cells.pop()) {
    const { first, last, left, right } = cell;
    if (last - first + 1 <= mostPoints) continue;
    const middle = splitPlace(sorted, first, last);
    const cut = sorted[middle]!;
    if (cut === left || cut === right) continue;
    vertices.add(cut);
    cells.push({ first, last: middle, left, right: cut });
    cells.push({ first: middle + 1, last, left: cut, right });
  }
  return Float64Array.from(vertices).sort();
}

/**
 * The curve between vertices: on each cell, the cubic with the values and slopes at its ends.
 *
 * @param at - ascending, at least two
 * @param points - of the curve at the vertices
 * @param x - between the first and the last vertex
 */
export function interpolated(
  at: Float64Array,
  points: readonly CurvePoint[],
  x: Float64Array,
): Float64Array {
  return x.map((place) => {
    const right = Math.min(at.length - 1, Math.max(1, countUpTo(at, place)));
    const [from, to] = [points[right - 1]!, points[right]!];
    const width = at[right]! - at[right - 1]!;
    const h = (place - at[right - 1]!) / width;
    const rest = 1 - h;
    return (
      rest * rest * ((1 + 2 * h) * from.value + h * width * from.slope) +
      h * h * ((1 + 2 * rest) * to.value - rest * width * to.slope)
    );
  });
}

/** The place nearest to the median after which a larger point follows; the median if there is none. */
function splitPlace(sorted: Float64Array, first: number, last: number): number {
  // Places count from 1 in the program followed here, which matters for the rounding.
  const median = Math.floor((first + last + 2) / 2) - 1;
  for (let offset = 0; ; offset = offset > 0 ? -offset : 1 - offset) {
    const place = median + offset;
    if (place >= last || place < first) return median;
    if (sorted[place] !== sorted[place + 1]) return place;
  }
}

function countUpTo(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
