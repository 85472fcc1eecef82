import { Lanes } from './math';
import { sum, Wide } from './reductions';
import { element, FLOAT, loadLanes, storeLanes, VECTOR } from './simd';

/** `out[row, :] = e^x / sum of e^x`, or its logarithm; `out` may be `x`. */
export function softmax(rows: i32, columns: i32, x: usize, logarithm: bool, out: usize): void {
  const rowBytes = <usize>columns * FLOAT;
  for (let row = 0; row < rows; row++, x += rowBytes, out += rowBytes) {
    if (logarithm) logSoftmaxRow(columns, x, out);
    else softmaxRow(columns, x, out);
  }
}

/** One row; `out` may be `x`. */
export function softmaxRow(count: i32, x: usize, out: usize): void {
  const largest = f32x4.splat(largestOf(count, x));
  let total: f64 = 0;
  for (let column = 0; column < count;) {
    const lanes = column + 4 <= count ? VECTOR : FLOAT;
    const y = Lanes.exp(f32x4.sub(loadLanes(element(x, column), lanes), largest));
    storeLanes(element(out, column), y, lanes);
    total += sumOf(y, lanes);
    column += <i32>(lanes / FLOAT);
  }
  const scale = f32x4.splat(<f32>(1 / total));
  for (let column = 0; column < count;) {
    const lanes = column + 4 <= count ? VECTOR : FLOAT;
    const y = loadLanes(element(out, column), lanes);
    storeLanes(element(out, column), f32x4.mul(y, scale), lanes);
    column += <i32>(lanes / FLOAT);
  }
}

function logSoftmaxRow(count: i32, x: usize, out: usize): void {
  const largest = f32x4.splat(largestOf(count, x));
  let total: f64 = 0;
  for (let column = 0; column < count;) {
    const lanes = column + 4 <= count ? VECTOR : FLOAT;
    const y = Lanes.exp(f32x4.sub(loadLanes(element(x, column), lanes), largest));
    total += sumOf(y, lanes);
    column += <i32>(lanes / FLOAT);
  }
  const logTotal = Lanes.log(f32x4.splat(<f32>total));
  for (let column = 0; column < count;) {
    const lanes = column + 4 <= count ? VECTOR : FLOAT;
    const shifted = f32x4.sub(loadLanes(element(x, column), lanes), largest);
    storeLanes(element(out, column), f32x4.sub(shifted, logTotal), lanes);
    column += <i32>(lanes / FLOAT);
  }
}

/** The largest value, NaN if there is one, -infinity of nothing. */
function largestOf(count: i32, x: usize): f32 {
  const end = element(x, count);
  const vectorEnd = element(x, count & ~3);
  let four = f32x4.splat(-Infinity);
  for (; x < vectorEnd; x += VECTOR) four = f32x4.max(four, v128.load(x));
  let largest = max(
    max(f32x4.extract_lane(four, 0), f32x4.extract_lane(four, 1)),
    max(f32x4.extract_lane(four, 2), f32x4.extract_lane(four, 3)),
  );
  for (; x < end; x += FLOAT) largest = max(largest, load<f32>(x));
  return largest;
}

function sumOf(values: v128, lanes: usize): f64 {
  if (lanes == FLOAT) return f32x4.extract_lane(values, 0);
  return Wide.total(f64x2.add(Wide.low(values), Wide.high(values)));
}

/** Gradient of {@link softmax} by x, from its output: `y (dy - sum(y dy))`, `dy - e^y sum(dy)`. */
export function softmaxGradient(
  rows: i32,
  columns: i32,
  dy: usize,
  y: usize,
  logarithm: bool,
  dx: usize,
): void {
  const rowBytes = <usize>columns * FLOAT;
  for (let row = 0; row < rows; row++, dy += rowBytes, y += rowBytes, dx += rowBytes) {
    const total = logarithm ? sum(columns, dy) : dotProduct(columns, dy, y);
    const share = f32x4.splat(<f32>total);
    for (let column = 0; column < columns;) {
      const lanes = column + 4 <= columns ? VECTOR : FLOAT;
      const gradient = loadLanes(element(dy, column), lanes);
      const output = loadLanes(element(y, column), lanes);
      const passed = logarithm
        ? f32x4.sub(gradient, f32x4.mul(Lanes.exp(output), share))
        : f32x4.mul(output, f32x4.sub(gradient, share));
      storeLanes(element(dx, column), passed, lanes);
      column += <i32>(lanes / FLOAT);
    }
  }
}

/** Sum of products in float64. */
export function dotProduct(count: i32, a: usize, b: usize): f64 {
  let low = f64x2.splat(0);
  let high = low;
  for (let i = 0; i < count;) {
    const lanes = i + 4 <= count ? VECTOR : FLOAT;
    const product = f32x4.mul(loadLanes(element(a, i), lanes), loadLanes(element(b, i), lanes));
    low = Wide.addLow(low, product);
    high = Wide.addHigh(high, product);
    i += <i32>(lanes / FLOAT);
  }
  return Wide.total(f64x2.add(low, high));
}
