import { VECTOR, multiplyAdd } from './simd';

/** Rows and columns of a tile: eight vectors of sums, which fit the registers with their operands. */
export const TILE_ROWS: i32 = 4;
export const TILE_COLUMNS: i32 = 8;

/** Bytes that a strip of packed rows or columns advances per unit of depth. */
const ROW_STEP: usize = 16;
const COLUMN_STEP: usize = 32;

/**
 * `out[4, 8] (+)= sum over depth of a[r] * b[c]`, from a packed strip of rows and one of columns.
 *
 * @param outStride - bytes between rows of `out`
 * @param add - add to what `out` holds
 */
export function productTile(
  depth: i32,
  a: usize,
  b: usize,
  out: usize,
  outStride: usize,
  add: bool,
): void {
  let sum00 = f32x4.splat(0);
  let sum01 = f32x4.splat(0);
  let sum10 = f32x4.splat(0);
  let sum11 = f32x4.splat(0);
  let sum20 = f32x4.splat(0);
  let sum21 = f32x4.splat(0);
  let sum30 = f32x4.splat(0);
  let sum31 = f32x4.splat(0);
  const end = a + <usize>depth * ROW_STEP;
  while (a < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, VECTOR);
    let row = v128.load32_splat(a);
    sum00 = multiplyAdd(row, b0, sum00);
    sum01 = multiplyAdd(row, b1, sum01);
    row = v128.load32_splat(a, 4);
    sum10 = multiplyAdd(row, b0, sum10);
    sum11 = multiplyAdd(row, b1, sum11);
    row = v128.load32_splat(a, 8);
    sum20 = multiplyAdd(row, b0, sum20);
    sum21 = multiplyAdd(row, b1, sum21);
    row = v128.load32_splat(a, 12);
    sum30 = multiplyAdd(row, b0, sum30);
    sum31 = multiplyAdd(row, b1, sum31);
    a += ROW_STEP;
    b += COLUMN_STEP;
  }
  storeRow(out, sum00, sum01, add);
  storeRow(out + outStride, sum10, sum11, add);
  storeRow(out + 2 * outStride, sum20, sum21, add);
  storeRow(out + 3 * outStride, sum30, sum31, add);
}

/** `out[4, 8] (+)= sum over depth of (a[r] - b[c])^2`; parameters as for {@link productTile}. */
export function squaredDifferenceTile(
  depth: i32,
  a: usize,
  b: usize,
  out: usize,
  outStride: usize,
  add: bool,
): void {
  let sum00 = f32x4.splat(0);
  let sum01 = f32x4.splat(0);
  let sum10 = f32x4.splat(0);
  let sum11 = f32x4.splat(0);
  let sum20 = f32x4.splat(0);
  let sum21 = f32x4.splat(0);
  let sum30 = f32x4.splat(0);
  let sum31 = f32x4.splat(0);
  const end = a + <usize>depth * ROW_STEP;
  while (a < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, VECTOR);
    let row = v128.load32_splat(a);
    sum00 = addSquare(f32x4.sub(row, b0), sum00);
    sum01 = addSquare(f32x4.sub(row, b1), sum01);
    row = v128.load32_splat(a, 4);
    sum10 = addSquare(f32x4.sub(row, b0), sum10);
    sum11 = addSquare(f32x4.sub(row, b1), sum11);
    row = v128.load32_splat(a, 8);
    sum20 = addSquare(f32x4.sub(row, b0), sum20);
    sum21 = addSquare(f32x4.sub(row, b1), sum21);
    row = v128.load32_splat(a, 12);
    sum30 = addSquare(f32x4.sub(row, b0), sum30);
    sum31 = addSquare(f32x4.sub(row, b1), sum31);
    a += ROW_STEP;
    b += COLUMN_STEP;
  }
  storeRow(out, sum00, sum01, add);
  storeRow(out + outStride, sum10, sum11, add);
  storeRow(out + 2 * outStride, sum20, sum21, add);
  storeRow(out + 3 * outStride, sum30, sum31, add);
}

function addSquare(difference: v128, sum: v128): v128 {
  return multiplyAdd(difference, difference, sum);
}

function storeRow(out: usize, left: v128, right: v128, add: bool): void {
  if (add) {
    left = f32x4.add(left, v128.load(out));
    right = f32x4.add(right, v128.load(out, VECTOR));
  }
  v128.store(out, left);
  v128.store(out, right, VECTOR);
}
