import { FLOAT, VECTOR, element } from './simd';

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
