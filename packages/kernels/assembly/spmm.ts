import { FLOAT, VECTOR, element, multiplyAdd } from './simd';

const STRIP: i32 = 8;
const STRIP_BYTES: usize = <usize>STRIP * FLOAT;

/**
 * `out[nRows, width] = A x` for a CSR matrix `A` (`indptr`, `indices`: int32, `values`: float32).
 *
 * The entries of a row are added four at a time, along all columns: four rows of `x` are read in
 * order at once, which keeps more of the memory busy than one, and `out` stays in the first-level
 * cache. Every element is summed in the order of the entries. What is left of the columns is done
 * in a strip that may overlap the ones before: it then writes the same values again.
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
  const stripsEnd = <usize>(width & ~(STRIP - 1)) * FLOAT;
  for (let row = 0; row < nRows; row++) {
    const first = load<i32>(element(indptr, row));
    const count = load<i32>(element(indptr, row + 1)) - first;
    const rowIndices = element(indices, first);
    const rowValues = element(values, first);
    if (stripsEnd > 0) addEntries(count, rowIndices, rowValues, x, rowBytes, out, out + stripsEnd);
    if (width < STRIP) {
      for (let column = 0; column < width; column++) {
        oneColumn(count, rowIndices, rowValues, element(x, column), rowBytes, element(out, column));
      }
    } else if (stripsEnd < rowBytes) {
      const last = width - STRIP;
      lastStrip(count, rowIndices, rowValues, element(x, last), rowBytes, element(out, last));
    }
    out += rowBytes;
  }
}

function addEntries(
  count: i32,
  indices: usize,
  values: usize,
  x: usize,
  rowBytes: usize,
  out: usize,
  end: usize,
): void {
  if (count < 4) memory.fill(out, 0, end - out);
  let entry = 0;
  for (; entry + 4 <= count; entry += 4) {
    addFour(element(indices, entry), element(values, entry), x, rowBytes, out, end, entry == 0);
  }
  if (entry + 2 <= count) {
    addTwo(element(indices, entry), element(values, entry), x, rowBytes, out, end);
    entry += 2;
  }
  if (entry < count) {
    addOne(element(indices, entry), element(values, entry), x, rowBytes, out, end);
  }
}

/** Adds four entries along the strips of a row; the first ones add to 0. */
function addFour(
  indices: usize,
  values: usize,
  x: usize,
  rowBytes: usize,
  out: usize,
  end: usize,
  isFirst: bool,
): void {
  const value0 = v128.load32_splat(values);
  const value1 = v128.load32_splat(values, 4);
  const value2 = v128.load32_splat(values, 8);
  const value3 = v128.load32_splat(values, 12);
  let row0 = x + <usize>load<i32>(indices) * rowBytes;
  let row1 = x + <usize>load<i32>(indices, 4) * rowBytes;
  let row2 = x + <usize>load<i32>(indices, 8) * rowBytes;
  let row3 = x + <usize>load<i32>(indices, 12) * rowBytes;
  do {
    let left = f32x4.splat(0);
    let right = left;
    if (!isFirst) {
      left = v128.load(out);
      right = v128.load(out, VECTOR);
    }
    left = multiplyAdd(value0, v128.load(row0), left);
    right = multiplyAdd(value0, v128.load(row0, VECTOR), right);
    left = multiplyAdd(value1, v128.load(row1), left);
    right = multiplyAdd(value1, v128.load(row1, VECTOR), right);
    left = multiplyAdd(value2, v128.load(row2), left);
    right = multiplyAdd(value2, v128.load(row2, VECTOR), right);
    left = multiplyAdd(value3, v128.load(row3), left);
    right = multiplyAdd(value3, v128.load(row3, VECTOR), right);
    v128.store(out, left);
    v128.store(out, right, VECTOR);
    out += STRIP_BYTES;
    row0 += STRIP_BYTES;
    row1 += STRIP_BYTES;
    row2 += STRIP_BYTES;
    row3 += STRIP_BYTES;
  } while (out < end);
}

function addTwo(
  indices: usize,
  values: usize,
  x: usize,
  rowBytes: usize,
  out: usize,
  end: usize,
): void {
  const value0 = v128.load32_splat(values);
  const value1 = v128.load32_splat(values, 4);
  let row0 = x + <usize>load<i32>(indices) * rowBytes;
  let row1 = x + <usize>load<i32>(indices, 4) * rowBytes;
  do {
    let left = v128.load(out);
    let right = v128.load(out, VECTOR);
    left = multiplyAdd(value0, v128.load(row0), left);
    right = multiplyAdd(value0, v128.load(row0, VECTOR), right);
    left = multiplyAdd(value1, v128.load(row1), left);
    right = multiplyAdd(value1, v128.load(row1, VECTOR), right);
    v128.store(out, left);
    v128.store(out, right, VECTOR);
    out += STRIP_BYTES;
    row0 += STRIP_BYTES;
    row1 += STRIP_BYTES;
  } while (out < end);
}

function addOne(
  indices: usize,
  values: usize,
  x: usize,
  rowBytes: usize,
  out: usize,
  end: usize,
): void {
  const value = v128.load32_splat(values);
  let row = x + <usize>load<i32>(indices) * rowBytes;
  do {
    const left = multiplyAdd(value, v128.load(row), v128.load(out));
    const right = multiplyAdd(value, v128.load(row, VECTOR), v128.load(out, VECTOR));
    v128.store(out, left);
    v128.store(out, right, VECTOR);
    out += STRIP_BYTES;
    row += STRIP_BYTES;
  } while (out < end);
}

function lastStrip(
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
