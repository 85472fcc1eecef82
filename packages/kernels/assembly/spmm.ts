import { FLOAT, VECTOR, element, multiplyAdd } from './simd';

const WIDE_STRIP: i32 = 32;
const NARROW_STRIP: i32 = 8;

/**
 * `out[nRows, width] = A x` for a CSR matrix `A` (`indptr`, `indices`: int32, `values`: float32).
 *
 * Each strip of columns is summed in registers over the entries of a row. The last strip may
 * overlap the one before it: it then writes the same values twice.
 */
export function spmm(
  nRows: i32,
  indptr: usize,
  indices: usize,
  values: usize,
  x: usize,
  width: i32,
  out: usize,
): void {
  const rowBytes = <usize>width * FLOAT;
  for (let row = 0; row < nRows; row++) {
    const first = load<i32>(element(indptr, row));
    const count = load<i32>(element(indptr, row + 1)) - first;
    const rowIndices = element(indices, first);
    const rowValues = element(values, first);
    let column = 0;
    for (; column + WIDE_STRIP <= width; column += WIDE_STRIP) {
      wideStrip(count, rowIndices, rowValues, element(x, column), rowBytes, element(out, column));
    }
    if (width < NARROW_STRIP) {
      for (; column < width; column++) {
        oneColumn(count, rowIndices, rowValues, element(x, column), rowBytes, element(out, column));
      }
    }
    for (; column < width; column += NARROW_STRIP) {
      const start = min(column, width - NARROW_STRIP);
      narrowStrip(count, rowIndices, rowValues, element(x, start), rowBytes, element(out, start));
    }
    out += rowBytes;
  }
}

function wideStrip(
  count: i32,
  indices: usize,
  values: usize,
  x: usize,
  rowBytes: usize,
  out: usize,
): void {
  let sum0 = f32x4.splat(0);
  let sum1 = f32x4.splat(0);
  let sum2 = f32x4.splat(0);
  let sum3 = f32x4.splat(0);
  let sum4 = f32x4.splat(0);
  let sum5 = f32x4.splat(0);
  let sum6 = f32x4.splat(0);
  let sum7 = f32x4.splat(0);
  for (let entry = 0; entry < count; entry++) {
    const value = v128.load32_splat(element(values, entry));
    const row = x + <usize>load<i32>(element(indices, entry)) * rowBytes;
    sum0 = multiplyAdd(value, v128.load(row), sum0);
    sum1 = multiplyAdd(value, v128.load(row, 16), sum1);
    sum2 = multiplyAdd(value, v128.load(row, 32), sum2);
    sum3 = multiplyAdd(value, v128.load(row, 48), sum3);
    sum4 = multiplyAdd(value, v128.load(row, 64), sum4);
    sum5 = multiplyAdd(value, v128.load(row, 80), sum5);
    sum6 = multiplyAdd(value, v128.load(row, 96), sum6);
    sum7 = multiplyAdd(value, v128.load(row, 112), sum7);
  }
  v128.store(out, sum0);
  v128.store(out, sum1, 16);
  v128.store(out, sum2, 32);
  v128.store(out, sum3, 48);
  v128.store(out, sum4, 64);
  v128.store(out, sum5, 80);
  v128.store(out, sum6, 96);
  v128.store(out, sum7, 112);
}

function narrowStrip(
  count: i32,
  indices: usize,
  values: usize,
  x: usize,
  rowBytes: usize,
  out: usize,
): void {
  let sum0 = f32x4.splat(0);
  let sum1 = f32x4.splat(0);
  for (let entry = 0; entry < count; entry++) {
    const value = v128.load32_splat(element(values, entry));
    const row = x + <usize>load<i32>(element(indices, entry)) * rowBytes;
    sum0 = multiplyAdd(value, v128.load(row), sum0);
    sum1 = multiplyAdd(value, v128.load(row, VECTOR), sum1);
  }
  v128.store(out, sum0);
  v128.store(out, sum1, VECTOR);
}

function oneColumn(
  count: i32,
  indices: usize,
  values: usize,
  x: usize,
  rowBytes: usize,
  out: usize,
): void {
  let sum: f32 = 0;
  for (let entry = 0; entry < count; entry++) {
    const row = x + <usize>load<i32>(element(indices, entry)) * rowBytes;
    sum += load<f32>(element(values, entry)) * load<f32>(row);
  }
  store<f32>(out, sum);
}
