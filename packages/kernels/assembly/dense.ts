import { FLOAT, VECTOR, element, loadLanes, storeLanes } from './simd';

/** Rows that are summed in float32 before they are added in float64. */
const ROW_BLOCK: i32 = 64;

/**
 * Finishes a dense layer in place: `values[rows, columns] += bias[columns]`, then
 * `max(values, 0)` when `relu` is set. NaN stays NaN.
 *
 * @param bias - address of the bias, or 0 for none
 */
export function biasActivation(
  rows: i32,
  columns: i32,
  values: usize,
  bias: usize,
  relu: bool,
): void {
  const floor = relu ? f32x4.splat(0) : f32x4.splat(-Infinity);
  const vectorEnd = columns & ~3;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < vectorEnd; column += 4) {
      let value = v128.load(values);
      if (bias != 0) value = f32x4.add(value, v128.load(element(bias, column)));
      v128.store(values, f32x4.max(value, floor));
      values += VECTOR;
    }
    for (let column = vectorEnd; column < columns; column++) {
      let value = v128.load32_zero(values);
      if (bias != 0) value = f32x4.add(value, v128.load32_zero(element(bias, column)));
      v128.store_lane<f32>(values, f32x4.max(value, floor), 0);
      values += FLOAT;
    }
  }
}

/**
 * What {@link biasActivation} passes back: `passed = gradients` where `outputs` is above 0 (address
 * 0: everywhere, and nothing is passed), and its column sums.
 *
 * @param biasOut - address of the column sums, or 0 for none
 */
export function biasGradient(
  rows: i32,
  columns: i32,
  gradients: usize,
  outputs: usize,
  passed: usize,
  biasOut: usize,
): void {
  const rowBytes = <usize>columns * FLOAT;
  if (outputs != 0) {
    const end = element(gradients, rows * columns);
    const vectorEnd = element(gradients, (rows * columns) & ~3);
    let target = passed;
    for (let from = gradients; from < end;) {
      const lanes = from < vectorEnd ? VECTOR : FLOAT;
      const isOpen = f32x4.gt(loadLanes(outputs, lanes), f32x4.splat(0));
      storeLanes(target, v128.and(loadLanes(from, lanes), isOpen), lanes);
      from += lanes;
      outputs += lanes;
      target += lanes;
    }
    gradients = passed;
  }
  if (biasOut == 0) return;
  for (let column = 0; column < columns;) {
    const lanes = column + 4 <= columns ? VECTOR : FLOAT;
    columnSums(rows, rowBytes, element(gradients, column), element(biasOut, column), lanes);
    column += <i32>(lanes / FLOAT);
  }
}

function columnSums(rows: i32, rowBytes: usize, from: usize, out: usize, lanes: usize): void {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (let row = 0; row < rows;) {
    const end = min(row + ROW_BLOCK, rows);
    let sum = f32x4.splat(0);
    for (; row < end; row++, from += rowBytes) sum = f32x4.add(sum, loadLanes(from, lanes));
    low = f64x2.add(low, f64x2.promote_low_f32x4(sum));
    high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<f64>(sum, sum, 1, 1)));
  }
  const first = f32x4.demote_f64x2_zero(low);
  const second = f32x4.demote_f64x2_zero(high);
  storeLanes(out, v128.shuffle<f64>(first, second, 0, 2), lanes);
}

/** `out[row, :] = factors[row] * values[row, :]`. */
export function scaleRows(
  rows: i32,
  columns: i32,
  values: usize,
  factors: usize,
  out: usize,
): void {
  for (let row = 0; row < rows; row++) {
    const factor = v128.load32_splat(element(factors, row));
    const end = element(values, columns);
    const vectorEnd = element(values, columns & ~3);
    while (values < end) {
      const lanes = values < vectorEnd ? VECTOR : FLOAT;
      storeLanes(out, f32x4.mul(factor, loadLanes(values, lanes)), lanes);
      values += lanes;
      out += lanes;
    }
  }
}

/** Returns the sum of `(prediction - target)^2`; `gradient = scale (prediction - target)`. */
export function squaredError(
  count: i32,
  prediction: usize,
  target: usize,
  scale: f32,
  gradient: usize,
): f64 {
  const end = element(prediction, count);
  const vectorEnd = element(prediction, count & ~3);
  let total: f64 = 0;
  while (prediction < end) {
    const blockEnd = min(prediction + <usize>ROW_BLOCK * VECTOR, vectorEnd);
    let sum = f32x4.splat(0);
    do {
      const lanes = prediction < vectorEnd ? VECTOR : FLOAT;
      const difference = f32x4.sub(loadLanes(prediction, lanes), loadLanes(target, lanes));
      storeLanes(gradient, f32x4.mul(f32x4.splat(scale), difference), lanes);
      sum = f32x4.add(sum, f32x4.mul(difference, difference));
      prediction += lanes;
      target += lanes;
      gradient += lanes;
    } while (prediction < blockEnd);
    total +=
      <f64>f32x4.extract_lane(sum, 0) +
      <f64>f32x4.extract_lane(sum, 1) +
      <f64>f32x4.extract_lane(sum, 2) +
      <f64>f32x4.extract_lane(sum, 3);
  }
  return total;
}
