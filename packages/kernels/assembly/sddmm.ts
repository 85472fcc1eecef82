import { FLOAT, VECTOR, element, loadLanes, multiplyAdd, storeLanes } from './simd';

// Edges of a graph are the stored entries of a CSR matrix. Arrays of edges are [nnz, heads], rows
// of nodes [n, heads, width]; each head has weights and features of its own.

/** `out[e, h]` = `a[i, h, :]` . `b[j, h, :]` for each entry `e` = (i, j). */
export function sddmm(
  nRows: i32,
  heads: i32,
  width: i32,
  indptr: usize,
  indices: usize,
  a: usize,
  b: usize,
  out: usize,
): void {
  const headBytes = <usize>width * FLOAT;
  for (let row = 0; row < nRows; row++) {
    const first = load<i32>(element(indptr, row));
    dotRow(first, load<i32>(element(indptr, row + 1)), heads, headBytes, indices, a, b, out);
    a += <usize>heads * headBytes;
  }
}

/**
 * `out[i, h, :]` = sum over the entries `t` = (i, j) of `weights[entries[t], h] x[j, h, :]`;
 * without `entries` (0), entry `t` has weight `t`.
 */
export function edgeAggregate(
  nRows: i32,
  heads: i32,
  width: i32,
  indptr: usize,
  indices: usize,
  entries: usize,
  weights: usize,
  x: usize,
  out: usize,
): void {
  const headBytes = <usize>width * FLOAT;
  for (let row = 0; row < nRows; row++) {
    const first = load<i32>(element(indptr, row));
    const end = load<i32>(element(indptr, row + 1));
    aggregateRow(first, end, heads, headBytes, indices, entries, weights, x, out);
    out += <usize>heads * headBytes;
  }
}

/** The row of {@link sddmm} whose vector is at `a`: four entries at a time share its loads. */
export function dotRow(
  first: i32,
  end: i32,
  heads: i32,
  headBytes: usize,
  indices: usize,
  a: usize,
  b: usize,
  out: usize,
): void {
  const rowBytes = <usize>heads * headBytes;
  const stride = <usize>heads * FLOAT;
  out += <usize>first * stride;
  let entry = first;
  for (; entry + 4 <= end; entry += 4) {
    const columns = element(indices, entry);
    let row0 = b + <usize>load<i32>(columns) * rowBytes;
    let row1 = b + <usize>load<i32>(columns, 4) * rowBytes;
    let row2 = b + <usize>load<i32>(columns, 8) * rowBytes;
    let row3 = b + <usize>load<i32>(columns, 12) * rowBytes;
    let left = a;
    for (let head = 0; head < heads; head++) {
      let sum0 = f32x4.splat(0);
      let sum1 = f32x4.splat(0);
      let sum2 = f32x4.splat(0);
      let sum3 = f32x4.splat(0);
      const stop = left + headBytes;
      while (left + VECTOR <= stop) {
        const lanes = v128.load(left);
        sum0 = multiplyAdd(lanes, v128.load(row0), sum0);
        sum1 = multiplyAdd(lanes, v128.load(row1), sum1);
        sum2 = multiplyAdd(lanes, v128.load(row2), sum2);
        sum3 = multiplyAdd(lanes, v128.load(row3), sum3);
        left += VECTOR;
        row0 += VECTOR;
        row1 += VECTOR;
        row2 += VECTOR;
        row3 += VECTOR;
      }
      while (left < stop) {
        const lane = v128.load32_zero(left);
        sum0 = multiplyAdd(lane, v128.load32_zero(row0), sum0);
        sum1 = multiplyAdd(lane, v128.load32_zero(row1), sum1);
        sum2 = multiplyAdd(lane, v128.load32_zero(row2), sum2);
        sum3 = multiplyAdd(lane, v128.load32_zero(row3), sum3);
        left += FLOAT;
        row0 += FLOAT;
        row1 += FLOAT;
        row2 += FLOAT;
        row3 += FLOAT;
      }
      const sums = Sums.ofFour(sum0, sum1, sum2, sum3);
      const to = element(out, head);
      v128.store_lane<f32>(to, sums, 0);
      v128.store_lane<f32>(to + stride, sums, 1);
      v128.store_lane<f32>(to + 2 * stride, sums, 2);
      v128.store_lane<f32>(to + 3 * stride, sums, 3);
    }
    out += 4 * stride;
  }
  for (; entry < end; entry++) {
    dotEntry(heads, headBytes, a, b + <usize>load<i32>(element(indices, entry)) * rowBytes, out);
    out += stride;
  }
}

function dotEntry(heads: i32, headBytes: usize, left: usize, right: usize, out: usize): void {
  for (let head = 0; head < heads; head++) {
    let sum = f32x4.splat(0);
    const stop = left + headBytes;
    for (; left + VECTOR <= stop; left += VECTOR, right += VECTOR) {
      sum = multiplyAdd(v128.load(left), v128.load(right), sum);
    }
    for (; left < stop; left += FLOAT, right += FLOAT) {
      sum = multiplyAdd(v128.load32_zero(left), v128.load32_zero(right), sum);
    }
    const zero = f32x4.splat(0);
    v128.store_lane<f32>(element(out, head), Sums.ofFour(sum, zero, zero, zero), 0);
  }
}

class Sums {
  /** The sums of the lanes of four vectors. */
  @inline
  static ofFour(a: v128, b: v128, c: v128, d: v128): v128 {
    const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
    const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7));
    return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
  }
}

/**
 * The row of {@link edgeAggregate} at `out`. As in a sparse product, four entries are added at a
 * time over the whole width: four rows of `x` are read as streams and `out` stays in the cache.
 */
export function aggregateRow(
  first: i32,
  end: i32,
  heads: i32,
  headBytes: usize,
  indices: usize,
  entries: usize,
  weights: usize,
  x: usize,
  out: usize,
): void {
  const rowBytes = <usize>heads * headBytes;
  const stride = <usize>heads * FLOAT;
  memory.fill(out, 0, rowBytes);
  let entry = first;
  for (; entry + 4 <= end; entry += 4) {
    const columns = element(indices, entry);
    addFourRows(
      heads,
      headBytes,
      weights + weightOf(entries, entry) * stride,
      weights + weightOf(entries, entry + 1) * stride,
      weights + weightOf(entries, entry + 2) * stride,
      weights + weightOf(entries, entry + 3) * stride,
      x + <usize>load<i32>(columns) * rowBytes,
      x + <usize>load<i32>(columns, 4) * rowBytes,
      x + <usize>load<i32>(columns, 8) * rowBytes,
      x + <usize>load<i32>(columns, 12) * rowBytes,
      out,
    );
  }
  for (; entry < end; entry++) {
    const row = x + <usize>load<i32>(element(indices, entry)) * rowBytes;
    addRow(heads, headBytes, weights + weightOf(entries, entry) * stride, row, out);
  }
}

/** Where the weight of an entry is. */
export function weightOf(entries: usize, entry: i32): usize {
  return entries == 0 ? <usize>entry : <usize>load<i32>(element(entries, entry));
}

function addFourRows(
  heads: i32,
  headBytes: usize,
  weight0: usize,
  weight1: usize,
  weight2: usize,
  weight3: usize,
  row0: usize,
  row1: usize,
  row2: usize,
  row3: usize,
  out: usize,
): void {
  for (let head = 0; head < heads; head++) {
    const value0 = v128.load32_splat(element(weight0, head));
    const value1 = v128.load32_splat(element(weight1, head));
    const value2 = v128.load32_splat(element(weight2, head));
    const value3 = v128.load32_splat(element(weight3, head));
    const stop = out + headBytes;
    while (out + 2 * VECTOR <= stop) {
      let sum0 = multiplyAdd(value0, v128.load(row0), v128.load(out));
      let sum1 = multiplyAdd(value0, v128.load(row0, VECTOR), v128.load(out, VECTOR));
      sum0 = multiplyAdd(value1, v128.load(row1), sum0);
      sum1 = multiplyAdd(value1, v128.load(row1, VECTOR), sum1);
      sum0 = multiplyAdd(value2, v128.load(row2), sum0);
      sum1 = multiplyAdd(value2, v128.load(row2, VECTOR), sum1);
      sum0 = multiplyAdd(value3, v128.load(row3), sum0);
      sum1 = multiplyAdd(value3, v128.load(row3, VECTOR), sum1);
      v128.store(out, sum0);
      v128.store(out, sum1, VECTOR);
      out += 2 * VECTOR;
      row0 += 2 * VECTOR;
      row1 += 2 * VECTOR;
      row2 += 2 * VECTOR;
      row3 += 2 * VECTOR;
    }
    while (out < stop) {
      const lanes = out + VECTOR <= stop ? VECTOR : FLOAT;
      let sum = multiplyAdd(value0, loadLanes(row0, lanes), loadLanes(out, lanes));
      sum = multiplyAdd(value1, loadLanes(row1, lanes), sum);
      sum = multiplyAdd(value2, loadLanes(row2, lanes), sum);
      sum = multiplyAdd(value3, loadLanes(row3, lanes), sum);
      storeLanes(out, sum, lanes);
      out += lanes;
      row0 += lanes;
      row1 += lanes;
      row2 += lanes;
      row3 += lanes;
    }
  }
}

function addRow(heads: i32, headBytes: usize, weight: usize, row: usize, out: usize): void {
  for (let head = 0; head < heads; head++) {
    const value = v128.load32_splat(element(weight, head));
    const stop = out + headBytes;
    for (; out + VECTOR <= stop; out += VECTOR, row += VECTOR) {
      v128.store(out, multiplyAdd(value, v128.load(row), v128.load(out)));
    }
    for (; out < stop; out += FLOAT, row += FLOAT) {
      const sum = multiplyAdd(value, v128.load32_zero(row), v128.load32_zero(out));
      v128.store_lane<f32>(out, sum, 0);
    }
  }
}
