import { addColumns, clearSums, DOUBLE, PANEL, ROW_BLOCK, Wide, wideElement } from './reductions';
import { element, FLOAT, loadLanes, storeLanes, VECTOR } from './simd';

// Workspace: two arrays of float64 sums for a panel of columns, then three of float32.
export const SECOND_SUMS: usize = <usize>PANEL * DOUBLE + 2 * VECTOR;
export const FIRST_FLOATS: usize = 2 * SECOND_SUMS;
const FLOATS: usize = <usize>PANEL * FLOAT;

/**
 * Normalizes columns by their own mean and biased variance (both written), then scales and shifts
 * them: `out = (x - mean) / sqrt(variance + epsilon) gamma + beta`.
 */
export function batchNorm(
  rows: i32,
  columns: i32,
  x: usize,
  gamma: usize,
  beta: usize,
  epsilon: f32,
  mean: usize,
  variance: usize,
  out: usize,
  workspace: usize,
): void {
  const rowBytes = <usize>columns * FLOAT;
  const sums = workspace;
  const squares = workspace + SECOND_SUMS;
  const scale = workspace + FIRST_FLOATS;
  const shift = scale + FLOATS;
  for (let start = 0; start < columns; start += PANEL) {
    const width = min(PANEL, columns - start);
    const from = element(x, start);
    clearSums(width, sums);
    clearSums(width, squares);
    addColumns(rows, width, rowBytes, from, sums);
    for (let column = 0; column < width; column++) {
      const at = wideElement(sums, column);
      store<f64>(at, load<f64>(at) / rows);
    }
    addSquares(rows, width, rowBytes, from, sums, squares);
    for (let column = 0; column < width; column++) {
      const exact = load<f64>(wideElement(sums, column));
      const spread = load<f64>(wideElement(squares, column)) / rows;
      const center = <f32>exact;
      const factor = load<f32>(element(gamma, start + column)) / sqrt(spread + epsilon);
      // The center is rounded: what it is off the mean, next to large means, is corrected for.
      const offset = load<f32>(element(beta, start + column)) - (exact - center) * factor;
      store<f32>(element(mean, start + column), center);
      store<f32>(element(variance, start + column), <f32>spread);
      store<f32>(element(scale, column), <f32>factor);
      store<f32>(element(shift, column), <f32>offset);
    }
    const to = element(out, start);
    transformColumns(rows, width, rowBytes, from, element(mean, start), scale, shift, to);
  }
}

/** Normalizes columns by a given mean and variance, then scales and shifts them. */
export function batchNormFixed(
  rows: i32,
  columns: i32,
  x: usize,
  gamma: usize,
  beta: usize,
  epsilon: f32,
  mean: usize,
  variance: usize,
  out: usize,
  workspace: usize,
): void {
  const rowBytes = <usize>columns * FLOAT;
  for (let start = 0; start < columns; start += PANEL) {
    const width = min(PANEL, columns - start);
    for (let column = 0; column < width; column++) {
      const spread: f64 = load<f32>(element(variance, start + column));
      const factor = load<f32>(element(gamma, start + column)) / sqrt(spread + epsilon);
      store<f32>(element(workspace, column), <f32>factor);
    }
    const from = element(x, start);
    const center = element(mean, start);
    const shift = element(beta, start);
    const to = element(out, start);
    transformColumns(rows, width, rowBytes, from, center, workspace, shift, to);
  }
}

/** `out = (x - center) scale + shift`. */
function transformColumns(
  rows: i32,
  width: i32,
  rowBytes: usize,
  x: usize,
  center: usize,
  scale: usize,
  shift: usize,
  out: usize,
): void {
  for (let row = 0; row < rows; row++, x += rowBytes, out += rowBytes) {
    for (let column = 0; column < width;) {
      const lanes = column + 4 <= width ? VECTOR : FLOAT;
      const offset = <usize>column * FLOAT;
      const difference = f32x4.sub(loadLanes(x + offset, lanes), loadLanes(center + offset, lanes));
      const scaled = f32x4.mul(difference, loadLanes(scale + offset, lanes));
      storeLanes(out + offset, f32x4.add(scaled, loadLanes(shift + offset, lanes)), lanes);
      column += <i32>(lanes / FLOAT);
    }
  }
}

/** `squares[column] += (x[:, column] - mean[column])^2`, with float64 means. */
function addSquares(
  rows: i32,
  width: i32,
  rowBytes: usize,
  x: usize,
  mean: usize,
  squares: usize,
): void {
  for (let row = 0; row < rows; row += ROW_BLOCK) {
    const block = min(ROW_BLOCK, rows - row);
    for (let column = 0; column < width;) {
      const lanes = column + 4 <= width ? VECTOR : FLOAT;
      const target = wideElement(squares, column);
      const center = wideElement(mean, column);
      addSquaresOfFour(block, rowBytes, element(x, column), center, target, lanes);
      column += <i32>(lanes / FLOAT);
    }
    x += <usize>block * rowBytes;
  }
}

function addSquaresOfFour(
  rows: i32,
  rowBytes: usize,
  x: usize,
  mean: usize,
  squares: usize,
  lanes: usize,
): void {
  const isSingle = lanes == FLOAT;
  let lowMean = v128.load(mean);
  if (isSingle) lowMean = f64x2.replace_lane(lowMean, 1, 0); // the lane beside it stays as it is
  const highMean = v128.load(mean, VECTOR);
  let low = v128.load(squares);
  let high = v128.load(squares, VECTOR);
  for (let row = 0; row < rows; row++, x += rowBytes) {
    const values = loadLanes(x, lanes);
    const lowDifference = f64x2.sub(Wide.low(values), lowMean);
    const highDifference = f64x2.sub(Wide.high(values), highMean);
    low = f64x2.add(low, f64x2.mul(lowDifference, lowDifference));
    high = f64x2.add(high, f64x2.mul(highDifference, highDifference));
  }
  v128.store(squares, low);
  Wide.storeHigh(squares, high, lanes);
}

/**
 * Gradients of {@link batchNorm} (`training`: through the statistics, too) or
 * {@link batchNormFixed} by x, gamma and beta.
 */
export function batchNormGradient(
  rows: i32,
  columns: i32,
  dy: usize,
  x: usize,
  gamma: usize,
  epsilon: f32,
  mean: usize,
  variance: usize,
  training: bool,
  dx: usize,
  dGamma: usize,
  dBeta: usize,
  workspace: usize,
): void {
  const rowBytes = <usize>columns * FLOAT;
  const sums = workspace;
  const products = workspace + SECOND_SUMS;
  const scale = workspace + FIRST_FLOATS;
  const average = scale + FLOATS;
  const slope = average + FLOATS;
  const share: f64 = training ? 1 / <f64>rows : 0;
  for (let start = 0; start < columns; start += PANEL) {
    const width = min(PANEL, columns - start);
    const fromDy = element(dy, start);
    const fromX = element(x, start);
    const center = element(mean, start);
    clearSums(width, sums);
    clearSums(width, products);
    addProducts(rows, width, rowBytes, fromDy, fromX, center, sums, products);
    for (let column = 0; column < width; column++) {
      const spread: f64 = load<f32>(element(variance, start + column));
      const inverse = 1 / sqrt(spread + epsilon);
      const sumOfDy = load<f64>(wideElement(sums, column));
      const slopeOfDy = load<f64>(wideElement(products, column)) * inverse;
      store<f32>(element(dBeta, start + column), <f32>sumOfDy);
      store<f32>(element(dGamma, start + column), <f32>slopeOfDy);
      const factor = load<f32>(element(gamma, start + column)) * inverse;
      store<f32>(element(scale, column), <f32>factor);
      store<f32>(element(average, column), <f32>(sumOfDy * share));
      store<f32>(element(slope, column), <f32>(slopeOfDy * inverse * share));
    }
    const to = element(dx, start);
    passBack(rows, width, rowBytes, fromDy, fromX, center, scale, average, slope, to);
  }
}

/** `sums[column] += dy[:, column]`, `products[column] += dy[:, column] (x[:, column] - center)`. */
function addProducts(
  rows: i32,
  width: i32,
  rowBytes: usize,
  dy: usize,
  x: usize,
  center: usize,
  sums: usize,
  products: usize,
): void {
  for (let row = 0; row < rows; row += ROW_BLOCK) {
    const block = min(ROW_BLOCK, rows - row);
    for (let column = 0; column < width;) {
      const lanes = column + 4 <= width ? VECTOR : FLOAT;
      const offset = <usize>column * FLOAT;
      const middle = loadLanes(center + offset, lanes);
      let low = v128.load(wideElement(sums, column));
      let high = v128.load(wideElement(sums, column), VECTOR);
      let lowProducts = v128.load(wideElement(products, column));
      let highProducts = v128.load(wideElement(products, column), VECTOR);
      let at = offset;
      for (let i = 0; i < block; i++, at += rowBytes) {
        const gradient = loadLanes(dy + at, lanes);
        const product = f32x4.mul(gradient, f32x4.sub(loadLanes(x + at, lanes), middle));
        low = Wide.addLow(low, gradient);
        high = Wide.addHigh(high, gradient);
        lowProducts = Wide.addLow(lowProducts, product);
        highProducts = Wide.addHigh(highProducts, product);
      }
      v128.store(wideElement(sums, column), low);
      Wide.storeHigh(wideElement(sums, column), high, lanes);
      v128.store(wideElement(products, column), lowProducts);
      Wide.storeHigh(wideElement(products, column), highProducts, lanes);
      column += <i32>(lanes / FLOAT);
    }
    dy += <usize>block * rowBytes;
    x += <usize>block * rowBytes;
  }
}

/** `dx = scale (dy - average - (x - center) slope)`. */
function passBack(
  rows: i32,
  width: i32,
  rowBytes: usize,
  dy: usize,
  x: usize,
  center: usize,
  scale: usize,
  average: usize,
  slope: usize,
  dx: usize,
): void {
  for (let row = 0; row < rows; row++, dy += rowBytes, x += rowBytes, dx += rowBytes) {
    for (let column = 0; column < width;) {
      const lanes = column + 4 <= width ? VECTOR : FLOAT;
      const offset = <usize>column * FLOAT;
      const difference = f32x4.sub(loadLanes(x + offset, lanes), loadLanes(center + offset, lanes));
      const centered = f32x4.sub(loadLanes(dy + offset, lanes), loadLanes(average + offset, lanes));
      const product = f32x4.mul(difference, loadLanes(slope + offset, lanes));
      const rest = f32x4.sub(centered, product);
      storeLanes(dx + offset, f32x4.mul(rest, loadLanes(scale + offset, lanes)), lanes);
      column += <i32>(lanes / FLOAT);
    }
  }
}
