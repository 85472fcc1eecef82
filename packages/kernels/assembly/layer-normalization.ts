import { FIRST_FLOATS, SECOND_SUMS } from './normalization';
import {
  addColumns,
  clearSums,
  narrow,
  PANEL,
  ROW_BLOCK,
  sum,
  Wide,
  wideElement,
} from './reductions';
import { element, FLOAT, loadLanes, storeLanes, VECTOR } from './simd';

/**
 * Normalizes rows by their own mean and biased variance (both written), then scales and shifts
 * columns: `out = (x - mean) / sqrt(variance + epsilon) gamma + beta`.
 */
export function layerNorm(
  rows: i32,
  columns: i32,
  x: usize,
  gamma: usize,
  beta: usize,
  epsilon: f32,
  mean: usize,
  variance: usize,
  out: usize,
): void {
  for (let row = 0; row < rows; row++) {
    const exact = sum(columns, x) / columns;
    const spread = squaresAround(exact, columns, x) / columns;
    const center = <f32>exact;
    const inverse = f32x4.splat(<f32>(1 / sqrt(spread + epsilon)));
    // The center is rounded: what it is off the mean, next to large means, is corrected for.
    const residual = f32x4.splat(<f32>(exact - center));
    for (let column = 0; column < columns;) {
      const lanes = column + 4 <= columns ? VECTOR : FLOAT;
      const offset = <usize>column * FLOAT;
      const difference = f32x4.sub(loadLanes(x + offset, lanes), f32x4.splat(center));
      const normalized = f32x4.mul(f32x4.sub(difference, residual), inverse);
      const scaled = f32x4.mul(normalized, loadLanes(gamma + offset, lanes));
      storeLanes(out + offset, f32x4.add(scaled, loadLanes(beta + offset, lanes)), lanes);
      column += <i32>(lanes / FLOAT);
    }
    store<f32>(element(mean, row), center);
    store<f32>(element(variance, row), <f32>spread);
    x = element(x, columns);
    out = element(out, columns);
  }
}

/** Sum of `(x - center)^2`. */
function squaresAround(center: f64, count: i32, x: usize): f64 {
  const middle = f64x2.splat(center);
  let low = f64x2.splat(0);
  let high = low;
  const end = element(x, count);
  const vectorEnd = element(x, count & ~3);
  for (; x < vectorEnd; x += VECTOR) {
    const values = v128.load(x);
    const lowDifference = f64x2.sub(Wide.low(values), middle);
    const highDifference = f64x2.sub(Wide.high(values), middle);
    low = f64x2.add(low, f64x2.mul(lowDifference, lowDifference));
    high = f64x2.add(high, f64x2.mul(highDifference, highDifference));
  }
  let squares = Wide.total(f64x2.add(low, high));
  for (; x < end; x += FLOAT) {
    const difference = <f64>load<f32>(x) - center;
    squares += difference * difference;
  }
  return squares;
}

/** Gradients of {@link layerNorm} by x, gamma and beta. */
export function layerNormGradient(
  rows: i32,
  columns: i32,
  dy: usize,
  x: usize,
  gamma: usize,
  epsilon: f32,
  mean: usize,
  variance: usize,
  dx: usize,
  dGamma: usize,
  dBeta: usize,
  workspace: usize,
): void {
  for (let row = 0; row < rows; row++) {
    const offset = <usize>(row * columns) * FLOAT;
    const center = load<f32>(element(mean, row));
    const inverse = inverseDeviation(variance, row, epsilon);
    rowGradient(columns, dy + offset, x + offset, gamma, center, inverse, dx + offset);
  }
  const rowBytes = <usize>columns * FLOAT;
  const sums = workspace;
  const products = workspace + SECOND_SUMS;
  const inverses = workspace + FIRST_FLOATS;
  for (let start = 0; start < columns; start += PANEL) {
    const width = min(PANEL, columns - start);
    clearSums(width, sums);
    clearSums(width, products);
    addColumns(rows, width, rowBytes, element(dy, start), sums);
    for (let row = 0; row < rows; row += ROW_BLOCK) {
      const block = min(ROW_BLOCK, rows - row);
      for (let i = 0; i < block; i++) {
        store<f32>(element(inverses, i), inverseDeviation(variance, row + i, epsilon));
      }
      const at = <usize>(row * columns + start) * FLOAT;
      const center = element(mean, row);
      addNormalized(block, width, rowBytes, dy + at, x + at, center, inverses, products);
    }
    narrow(width, sums, element(dBeta, start));
    narrow(width, products, element(dGamma, start));
  }
}

function inverseDeviation(variance: usize, row: i32, epsilon: f32): f32 {
  const spread: f64 = load<f32>(element(variance, row));
  return <f32>(1 / sqrt(spread + epsilon));
}

/** `products[column] += dy[row, column] (x[row, column] - center[row]) inverse[row]`. */
function addNormalized(
  rows: i32,
  width: i32,
  rowBytes: usize,
  dy: usize,
  x: usize,
  center: usize,
  inverse: usize,
  products: usize,
): void {
  for (let column = 0; column < width;) {
    const lanes = column + 4 <= width ? VECTOR : FLOAT;
    let low = v128.load(wideElement(products, column));
    let high = v128.load(wideElement(products, column), VECTOR);
    let at = <usize>column * FLOAT;
    for (let row = 0; row < rows; row++, at += rowBytes) {
      const middle = v128.load32_splat(element(center, row));
      const difference = f32x4.sub(loadLanes(x + at, lanes), middle);
      const normalized = f32x4.mul(difference, v128.load32_splat(element(inverse, row)));
      const product = f32x4.mul(loadLanes(dy + at, lanes), normalized);
      low = Wide.addLow(low, product);
      high = Wide.addHigh(high, product);
    }
    if (lanes == VECTOR) v128.store(wideElement(products, column), low);
    else store<f64>(wideElement(products, column), f64x2.extract_lane(low, 0));
    Wide.storeHigh(wideElement(products, column), high, lanes);
    column += <i32>(lanes / FLOAT);
  }
}

function rowGradient(
  columns: i32,
  dy: usize,
  x: usize,
  gamma: usize,
  center: f32,
  inverse: f32,
  dx: usize,
): void {
  let gradients = f64x2.splat(0);
  let products = gradients;
  for (let column = 0; column < columns;) {
    const lanes = column + 4 <= columns ? VECTOR : FLOAT;
    const offset = <usize>column * FLOAT;
    const gradient = f32x4.mul(loadLanes(dy + offset, lanes), loadLanes(gamma + offset, lanes));
    const difference = f32x4.sub(loadLanes(x + offset, lanes), f32x4.splat(center));
    // Beyond the row's end the gradient is 0, and with it the product.
    const product = f32x4.mul(gradient, difference);
    gradients = Wide.addHigh(Wide.addLow(gradients, gradient), gradient);
    products = Wide.addHigh(Wide.addLow(products, product), product);
    column += <i32>(lanes / FLOAT);
  }
  const average = f32x4.splat(<f32>(Wide.total(gradients) / columns));
  const share = (<f64>inverse * <f64>inverse) / columns;
  const slope = f32x4.splat(<f32>(Wide.total(products) * share));
  for (let column = 0; column < columns;) {
    const lanes = column + 4 <= columns ? VECTOR : FLOAT;
    const offset = <usize>column * FLOAT;
    const gradient = f32x4.mul(loadLanes(dy + offset, lanes), loadLanes(gamma + offset, lanes));
    const difference = f32x4.sub(loadLanes(x + offset, lanes), f32x4.splat(center));
    const rest = f32x4.sub(f32x4.sub(gradient, average), f32x4.mul(difference, slope));
    storeLanes(dx + offset, f32x4.mul(rest, f32x4.splat(inverse)), lanes);
    column += <i32>(lanes / FLOAT);
  }
}
