import { FLOAT, element } from './simd';

/** Rows that are read side by side: their vectors fill whole cache lines of the result. */
const ROW_BLOCK: i32 = 16;

/** `out[columns, rows]` is the transpose of `x[rows, columns]`; they must not overlap. */
export function transpose(rows: i32, columns: i32, x: usize, out: usize): void {
  const rowBytes = <usize>columns * FLOAT;
  const outBytes = <usize>rows * FLOAT;
  const wholeRows = rows & ~3;
  const wholeColumns = columns & ~3;
  for (let start = 0; start < wholeRows; start += ROW_BLOCK) {
    const end = min(start + ROW_BLOCK, wholeRows);
    for (let column = 0; column < wholeColumns; column += 4) {
      for (let row = start; row < end; row += 4) {
        const from = element(x + <usize>row * rowBytes, column);
        transposeFour(from, rowBytes, element(out + <usize>column * outBytes, row), outBytes);
      }
    }
  }
  copyPart(0, wholeRows, wholeColumns, columns, x, rowBytes, out, outBytes);
  copyPart(wholeRows, rows, 0, columns, x, rowBytes, out, outBytes);
}

/** A block of 4 x 4. */
function transposeFour(from: usize, fromStride: usize, to: usize, toStride: usize): void {
  const row0 = v128.load(from);
  const row1 = v128.load(from + fromStride);
  const row2 = v128.load(from + 2 * fromStride);
  const row3 = v128.load(from + 3 * fromStride);
  const low01 = v128.shuffle<f32>(row0, row1, 0, 4, 1, 5);
  const high01 = v128.shuffle<f32>(row0, row1, 2, 6, 3, 7);
  const low23 = v128.shuffle<f32>(row2, row3, 0, 4, 1, 5);
  const high23 = v128.shuffle<f32>(row2, row3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f64>(low01, low23, 0, 2));
  v128.store(to + toStride, v128.shuffle<f64>(low01, low23, 1, 3));
  v128.store(to + 2 * toStride, v128.shuffle<f64>(high01, high23, 0, 2));
  v128.store(to + 3 * toStride, v128.shuffle<f64>(high01, high23, 1, 3));
}

/** Rows and columns that fill no block, one by one. */
function copyPart(
  firstRow: i32,
  endRow: i32,
  firstColumn: i32,
  endColumn: i32,
  x: usize,
  rowBytes: usize,
  out: usize,
  outBytes: usize,
): void {
  for (let row = firstRow; row < endRow; row++) {
    for (let column = firstColumn; column < endColumn; column++) {
      // As whole numbers: a NaN keeps its bits.
      const bits = load<i32>(element(x + <usize>row * rowBytes, column));
      store<i32>(element(out + <usize>column * outBytes, row), bits);
    }
  }
}
