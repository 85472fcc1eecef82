import { element, FLOAT, loadLanes, VECTOR } from './simd';

/** Bytes of a float64. */
export const DOUBLE: usize = 8;

/** Columns whose sums are kept in a workspace at once: they stay in the fastest cache. */
export const PANEL: i32 = 512;

/** Rows that are read side by side, few enough for the processor to fetch them ahead. */
export const ROW_BLOCK: i32 = 16;

/** Arithmetic in float64 on four float32. Inlined, for inner loops. */
export class Wide {
  /** Lanes 0 and 1. */
  @inline
  static low(values: v128): v128 {
    return f64x2.promote_low_f32x4(values);
  }

  /** Lanes 2 and 3. */
  @inline
  static high(values: v128): v128 {
    return f64x2.promote_low_f32x4(v128.shuffle<f64>(values, values, 1, 1));
  }

  @inline
  static addLow(sum: v128, values: v128): v128 {
    return f64x2.add(sum, Wide.low(values));
  }

  @inline
  static addHigh(sum: v128, values: v128): v128 {
    return f64x2.add(sum, Wide.high(values));
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

  /** Stores lanes 2 and 3 of four sums, unless only the first of them is wanted. */
  @inline
  static storeHigh(address: usize, sums: v128, lanes: usize): void {
    if (lanes == VECTOR) v128.store(address, sums, VECTOR);
  }
}

/** Address of element `index` of an array of float64. */
export function wideElement(array: usize, index: i32): usize {
  return array + <usize>index * DOUBLE;
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

/**
 * `out[column] = sum of x[:, column]`.
 *
 * @param workspace - room for {@link PANEL} float64 and two vectors
 */
export function sumColumns(rows: i32, columns: i32, x: usize, out: usize, workspace: usize): void {
  if (columns == 1) return sumRows(1, rows, x, out);
  const rowBytes = <usize>columns * FLOAT;
  for (let start = 0; start < columns; start += PANEL) {
    const width = min(PANEL, columns - start);
    clearSums(width, workspace);
    addColumns(rows, width, rowBytes, element(x, start), workspace);
    narrow(width, workspace, element(out, start));
  }
}

/** Sets `width` sums to 0. */
export function clearSums(width: i32, sums: usize): void {
  memory.fill(sums, 0, <usize>width * DOUBLE + 2 * VECTOR);
}

/** Rounds float64 sums to float32. */
export function narrow(width: i32, sums: usize, out: usize): void {
  for (let column = 0; column < width; column++) {
    store<f32>(element(out, column), <f32>load<f64>(wideElement(sums, column)));
  }
}

/** `sums[column] += x[:, column]` for the first `width` columns. */
export function addColumns(rows: i32, width: i32, rowBytes: usize, x: usize, sums: usize): void {
  for (let row = 0; row < rows; row += ROW_BLOCK) {
    const block = min(ROW_BLOCK, rows - row);
    let column = 0;
    for (; column + 8 <= width; column += 8) {
      addEightColumns(block, rowBytes, element(x, column), wideElement(sums, column));
    }
    while (column < width) {
      const lanes = column + 4 <= width ? VECTOR : FLOAT;
      addFewColumns(block, rowBytes, element(x, column), wideElement(sums, column), lanes);
      column += <i32>(lanes / FLOAT);
    }
    x += <usize>block * rowBytes;
  }
}

function addEightColumns(rows: i32, rowBytes: usize, x: usize, sums: usize): void {
  let a = v128.load(sums);
  let b = v128.load(sums, VECTOR);
  let c = v128.load(sums, 2 * VECTOR);
  let d = v128.load(sums, 3 * VECTOR);
  for (let row = 0; row < rows; row++, x += rowBytes) {
    const first = v128.load(x);
    const second = v128.load(x, VECTOR);
    a = Wide.addLow(a, first);
    b = Wide.addHigh(b, first);
    c = Wide.addLow(c, second);
    d = Wide.addHigh(d, second);
  }
  v128.store(sums, a);
  v128.store(sums, b, VECTOR);
  v128.store(sums, c, 2 * VECTOR);
  v128.store(sums, d, 3 * VECTOR);
}

function addFewColumns(rows: i32, rowBytes: usize, x: usize, sums: usize, lanes: usize): void {
  let low = v128.load(sums); // of a single column the lane beside it gets 0 added
  let high = v128.load(sums, VECTOR);
  for (let row = 0; row < rows; row++, x += rowBytes) {
    const values = loadLanes(x, lanes);
    low = Wide.addLow(low, values);
    high = Wide.addHigh(high, values);
  }
  v128.store(sums, low);
  Wide.storeHigh(sums, high, lanes);
}
