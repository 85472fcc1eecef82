import { element, FLOAT, loadLanes, storeLanes, VECTOR } from './simd';

/** Sums in float64: lanes 0 and 1 of four float32, and lanes 2 and 3. Inlined, for inner loops. */
export class Wide {
  @inline
  static addLow(sum: v128, values: v128): v128 {
    return f64x2.add(sum, f64x2.promote_low_f32x4(values));
  }

  @inline
  static addHigh(sum: v128, values: v128): v128 {
    return f64x2.add(sum, f64x2.promote_low_f32x4(v128.shuffle<f64>(values, values, 1, 1)));
  }

  /** Four float32 of two pairs of float64. */
  @inline
  static narrow(low: v128, high: v128): v128 {
    const first = f32x4.demote_f64x2_zero(low);
    return v128.shuffle<f64>(first, f32x4.demote_f64x2_zero(high), 0, 2);
  }

  @inline
  static total(sum: v128): f64 {
    return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
  }
}

/** Sum of `count` float32 in float64. */
export function sum(count: i32, x: usize): f64 {
  let a = f64x2.splat(0);
  let b = a;
  let c = a;
  let d = a;
  const end = element(x, count);
  const vectorEnd = element(x, count & ~3);
  const pairEnd = element(x, count & ~7);
  for (; x < pairEnd; x += 2 * VECTOR) {
    const first = v128.load(x);
    const second = v128.load(x, VECTOR);
    a = Wide.addLow(a, first);
    b = Wide.addHigh(b, first);
    c = Wide.addLow(c, second);
    d = Wide.addHigh(d, second);
  }
  for (; x < vectorEnd; x += VECTOR) {
    const values = v128.load(x);
    a = Wide.addLow(a, values);
    b = Wide.addHigh(b, values);
  }
  for (; x < end; x += FLOAT) c = Wide.addLow(c, v128.load32_zero(x));
  return Wide.total(f64x2.add(f64x2.add(a, b), f64x2.add(c, d)));
}

/** `out[row] = sum of x[row, :]`. */
export function sumRows(rows: i32, columns: i32, x: usize, out: usize): void {
  for (let row = 0; row < rows; row++) {
    store<f32>(element(out, row), <f32>sum(columns, x));
    x = element(x, columns);
  }
}

/** `out[column] = sum of x[:, column]`. */
export function sumColumns(rows: i32, columns: i32, x: usize, out: usize): void {
  if (columns == 1) return sumRows(1, rows, x, out);
  const rowBytes = <usize>columns * FLOAT;
  let column = 0;
  for (; column + 8 <= columns; column += 8) {
    sumEightColumns(rows, rowBytes, element(x, column), element(out, column));
  }
  while (column < columns) {
    const lanes = column + 4 <= columns ? VECTOR : FLOAT;
    storeLanes(element(out, column), columnSums(rows, rowBytes, element(x, column), lanes), lanes);
    column += <i32>(lanes / FLOAT);
  }
}

function sumEightColumns(rows: i32, rowBytes: usize, x: usize, out: usize): void {
  let a = f64x2.splat(0);
  let b = a;
  let c = a;
  let d = a;
  for (let row = 0; row < rows; row++, x += rowBytes) {
    const first = v128.load(x);
    const second = v128.load(x, VECTOR);
    a = Wide.addLow(a, first);
    b = Wide.addHigh(b, first);
    c = Wide.addLow(c, second);
    d = Wide.addHigh(d, second);
  }
  v128.store(out, Wide.narrow(a, b));
  v128.store(out, Wide.narrow(c, d), VECTOR);
}

/** Sums of four columns, or of one. */
export function columnSums(rows: i32, rowBytes: usize, x: usize, lanes: usize): v128 {
  let low = f64x2.splat(0);
  let high = low;
  for (let row = 0; row < rows; row++, x += rowBytes) {
    const values = loadLanes(x, lanes);
    low = Wide.addLow(low, values);
    high = Wide.addHigh(high, values);
  }
  return Wide.narrow(low, high);
}
