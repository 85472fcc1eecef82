import { columnSums, sum, Wide } from './reductions';
import { element, FLOAT, loadLanes, storeLanes, VECTOR } from './simd';

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
): void {
  const rowBytes = <usize>columns * FLOAT;
  const count = f64x2.splat(<f64>rows);
  for (let column = 0; column < columns;) {
    const lanes = column + 4 <= columns ? VECTOR : FLOAT;
    const from = element(x, column);
    const center = f32x4.div(columnSums(rows, rowBytes, from, lanes), f32x4.splat(<f32>rows));
    let low = f64x2.splat(0);
    let high = low;
    let lowSquares = low;
    let highSquares = low;
    for (let row = 0, at = from; row < rows; row++, at += rowBytes) {
      const difference = f32x4.sub(loadLanes(at, lanes), center);
      const square = f32x4.mul(difference, difference);
      low = Wide.addLow(low, difference);
      high = Wide.addHigh(high, difference);
      lowSquares = Wide.addLow(lowSquares, square);
      highSquares = Wide.addHigh(highSquares, square);
    }
    // The center is rounded: what it is off the mean, next to large means, is corrected for.
    low = f64x2.div(low, count);
    high = f64x2.div(high, count);
    lowSquares = f64x2.sub(f64x2.div(lowSquares, count), f64x2.mul(low, low));
    highSquares = f64x2.sub(f64x2.div(highSquares, count), f64x2.mul(high, high));
    const spread = Wide.narrow(lowSquares, highSquares);
    const scale = scaleOf(loadLanes(element(gamma, column), lanes), spread, epsilon);
    const residual = f32x4.mul(Wide.narrow(low, high), scale);
    const shift = f32x4.sub(loadLanes(element(beta, column), lanes), residual);
    storeLanes(element(mean, column), center, lanes);
    storeLanes(element(variance, column), spread, lanes);
    transformColumns(rows, rowBytes, from, center, scale, shift, element(out, column), lanes);
    column += <i32>(lanes / FLOAT);
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
): void {
  const rowBytes = <usize>columns * FLOAT;
  for (let column = 0; column < columns;) {
    const lanes = column + 4 <= columns ? VECTOR : FLOAT;
    const spread = loadLanes(element(variance, column), lanes);
    const scale = scaleOf(loadLanes(element(gamma, column), lanes), spread, epsilon);
    const center = loadLanes(element(mean, column), lanes);
    const shift = loadLanes(element(beta, column), lanes);
    const from = element(x, column);
    transformColumns(rows, rowBytes, from, center, scale, shift, element(out, column), lanes);
    column += <i32>(lanes / FLOAT);
  }
}

function scaleOf(gamma: v128, variance: v128, epsilon: f32): v128 {
  return f32x4.div(gamma, f32x4.sqrt(f32x4.add(variance, f32x4.splat(epsilon))));
}

function transformColumns(
  rows: i32,
  rowBytes: usize,
  x: usize,
  center: v128,
  scale: v128,
  shift: v128,
  out: usize,
  lanes: usize,
): void {
  for (let row = 0; row < rows; row++, x += rowBytes, out += rowBytes) {
    const difference = f32x4.sub(loadLanes(x, lanes), center);
    storeLanes(out, f32x4.add(f32x4.mul(difference, scale), shift), lanes);
  }
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
): void {
  const rowBytes = <usize>columns * FLOAT;
  const share = f32x4.splat(training ? <f32>(1 / <f64>rows) : 0);
  for (let column = 0; column < columns;) {
    const lanes = column + 4 <= columns ? VECTOR : FLOAT;
    const center = loadLanes(element(mean, column), lanes);
    const spread = loadLanes(element(variance, column), lanes);
    const inverse = scaleOf(f32x4.splat(1), spread, epsilon);
    const fromX = element(x, column);
    const fromDy = element(dy, column);
    let low = f64x2.splat(0);
    let high = low;
    let lowProducts = low;
    let highProducts = low;
    for (let row = 0, offset: usize = 0; row < rows; row++, offset += rowBytes) {
      const gradient = loadLanes(fromDy + offset, lanes);
      const difference = f32x4.sub(loadLanes(fromX + offset, lanes), center);
      const product = f32x4.mul(gradient, f32x4.mul(difference, inverse));
      low = Wide.addLow(low, gradient);
      high = Wide.addHigh(high, gradient);
      lowProducts = Wide.addLow(lowProducts, product);
      highProducts = Wide.addHigh(highProducts, product);
    }
    const sums = Wide.narrow(low, high);
    const products = Wide.narrow(lowProducts, highProducts);
    storeLanes(element(dBeta, column), sums, lanes);
    storeLanes(element(dGamma, column), products, lanes);
    const scale = f32x4.mul(loadLanes(element(gamma, column), lanes), inverse);
    const average = f32x4.mul(sums, share);
    const slope = f32x4.mul(f32x4.mul(products, share), inverse);
    const to = element(dx, column);
    for (let row = 0, offset: usize = 0; row < rows; row++, offset += rowBytes) {
      const difference = f32x4.sub(loadLanes(fromX + offset, lanes), center);
      const centered = f32x4.sub(loadLanes(fromDy + offset, lanes), average);
      const rest = f32x4.sub(centered, f32x4.mul(difference, slope));
      storeLanes(to + offset, f32x4.mul(scale, rest), lanes);
    }
    column += <i32>(lanes / FLOAT);
  }
}

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
  const vectorEnd = columns & ~3;
  for (let row = 0; row < rows; row++) {
    const center = <f32>(sum(columns, x) / columns);
    let differences = f64x2.splat(0);
    let squares = differences;
    for (let column = 0; column < columns;) {
      const lanes = column < vectorEnd ? VECTOR : FLOAT;
      let difference = f32x4.sub(loadLanes(element(x, column), lanes), f32x4.splat(center));
      if (lanes == FLOAT) difference = firstLane(difference);
      const square = f32x4.mul(difference, difference);
      differences = Wide.addHigh(Wide.addLow(differences, difference), difference);
      squares = Wide.addHigh(Wide.addLow(squares, square), square);
      column += <i32>(lanes / FLOAT);
    }
    // The center is rounded: what it is off the mean, next to large means, is corrected for.
    const residual = Wide.total(differences) / columns;
    const spread = <f32>(Wide.total(squares) / columns - residual * residual);
    const inverse: f32 = 1 / sqrt(spread + epsilon);
    const shift = f32x4.splat(<f32>residual);
    for (let column = 0; column < columns;) {
      const lanes = column < vectorEnd ? VECTOR : FLOAT;
      let y = f32x4.sub(loadLanes(element(x, column), lanes), f32x4.splat(center));
      y = f32x4.mul(f32x4.sub(y, shift), f32x4.splat(inverse));
      y = f32x4.mul(y, loadLanes(element(gamma, column), lanes));
      y = f32x4.add(y, loadLanes(element(beta, column), lanes));
      storeLanes(element(out, column), y, lanes);
      column += <i32>(lanes / FLOAT);
    }
    store<f32>(element(mean, row), center);
    store<f32>(element(variance, row), spread);
    x = element(x, columns);
    out = element(out, columns);
  }
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
): void {
  for (let row = 0; row < rows; row++) {
    const offset = <usize>(row * columns) * FLOAT;
    const center = load<f32>(element(mean, row));
    const inverse: f32 = 1 / sqrt(load<f32>(element(variance, row)) + epsilon);
    rowGradient(columns, dy + offset, x + offset, gamma, center, inverse, dx + offset);
  }
  const rowBytes = <usize>columns * FLOAT;
  for (let column = 0; column < columns;) {
    const lanes = column + 4 <= columns ? VECTOR : FLOAT;
    const fromX = element(x, column);
    const fromDy = element(dy, column);
    storeLanes(element(dBeta, column), columnSums(rows, rowBytes, fromDy, lanes), lanes);
    let low = f64x2.splat(0);
    let high = low;
    for (let row = 0, offset: usize = 0; row < rows; row++, offset += rowBytes) {
      const inverse: f32 = 1 / sqrt(load<f32>(element(variance, row)) + epsilon);
      const center = v128.load32_splat(element(mean, row));
      const difference = f32x4.sub(loadLanes(fromX + offset, lanes), center);
      const normalized = f32x4.mul(difference, f32x4.splat(inverse));
      const product = f32x4.mul(loadLanes(fromDy + offset, lanes), normalized);
      low = Wide.addLow(low, product);
      high = Wide.addHigh(high, product);
    }
    storeLanes(element(dGamma, column), Wide.narrow(low, high), lanes);
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
  const vectorEnd = columns & ~3;
  let gradients = f64x2.splat(0);
  let products = gradients;
  for (let column = 0; column < columns;) {
    const lanes = column < vectorEnd ? VECTOR : FLOAT;
    // Lanes past the end are 0 in dy and stay so, as the center is finite or all is NaN anyway.
    const gradient = f32x4.mul(
      loadLanes(element(dy, column), lanes),
      loadLanes(element(gamma, column), lanes),
    );
    let difference = f32x4.sub(loadLanes(element(x, column), lanes), f32x4.splat(center));
    difference = f32x4.mul(difference, f32x4.splat(inverse));
    const product = f32x4.mul(gradient, difference);
    gradients = Wide.addHigh(Wide.addLow(gradients, gradient), gradient);
    products = Wide.addHigh(Wide.addLow(products, product), product);
    column += <i32>(lanes / FLOAT);
  }
  const average = f32x4.splat(<f32>(Wide.total(gradients) / columns));
  const slope = f32x4.splat(<f32>((Wide.total(products) / columns) * inverse));
  for (let column = 0; column < columns;) {
    const lanes = column < vectorEnd ? VECTOR : FLOAT;
    const gradient = f32x4.mul(
      loadLanes(element(dy, column), lanes),
      loadLanes(element(gamma, column), lanes),
    );
    const difference = f32x4.sub(loadLanes(element(x, column), lanes), f32x4.splat(center));
    const centered = f32x4.sub(gradient, average);
    const rest = f32x4.sub(centered, f32x4.mul(difference, slope));
    storeLanes(element(dx, column), f32x4.mul(rest, f32x4.splat(inverse)), lanes);
    column += <i32>(lanes / FLOAT);
  }
}

function firstLane(values: v128): v128 {
  return v128.and(values, i32x4(-1, 0, 0, 0));
}
