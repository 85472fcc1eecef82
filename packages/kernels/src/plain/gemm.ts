import { checkGemm } from '../checks/matrix.js';
import type { GemmArgs } from '../contract/matrix.js';

/** Rows and columns of the register tile. */
const TILE = 4;
/** Cache blocks: rows of `a`, shared dimension, columns of `b`; multiples of TILE. */
const ROW_BLOCK = 128;
const DEPTH_BLOCK = 256;
const COLUMN_BLOCK = 512;

/** A stored matrix seen through strides, so that a transpose costs nothing. */
interface StridedMatrix {
  readonly data: Float32Array;
  readonly rowStride: number;
  readonly columnStride: number;
}

/** A block of the product: `rows x columns` of `out` from `(row, column)` on, over `depth` terms. */
interface Block {
  readonly row: number;
  readonly rows: number;
  readonly column: number;
  readonly columns: number;
  readonly depth: number;
}

/**
 * Cache-blocked matrix product: blocks of both operands are packed into strips of four, then each
 * 4 x 4 tile of the result is kept in local variables while the strips are read in order (the
 * scheme of Goto and van de Geijn, 2008). Sums run in float64 within a block of 256 terms.
 */
export function plainGemm(args: GemmArgs): void {
  checkGemm(args);
  const { m, n, k, out } = args;
  const a = strided(args.a, m, k, args.transposeA === true);
  const b = strided(args.b, k, n, args.transposeB === true);
  if (args.accumulate !== true) out.fill(0, 0, m * n);
  const packedA = new Float64Array(strips(Math.min(m, ROW_BLOCK)) * Math.min(k, DEPTH_BLOCK));
  const packedB = new Float64Array(strips(Math.min(n, COLUMN_BLOCK)) * Math.min(k, DEPTH_BLOCK));
  for (let column = 0; column < n; column += COLUMN_BLOCK) {
    const columns = Math.min(COLUMN_BLOCK, n - column);
    for (let inner = 0; inner < k; inner += DEPTH_BLOCK) {
      const depth = Math.min(DEPTH_BLOCK, k - inner);
      packStrips(transposed(b), column, columns, inner, depth, packedB);
      for (let row = 0; row < m; row += ROW_BLOCK) {
        const rows = Math.min(ROW_BLOCK, m - row);
        packStrips(a, row, rows, inner, depth, packedA);
        multiplyBlock(packedA, packedB, { row, rows, column, columns, depth }, out, n);
      }
    }
  }
}

function strips(size: number): number {
  return Math.ceil(size / TILE) * TILE;
}

function strided(data: Float32Array, rows: number, columns: number, flip: boolean): StridedMatrix {
  return flip
    ? { data, rowStride: 1, columnStride: rows }
    : { data, rowStride: columns, columnStride: 1 };
}

function transposed(matrix: StridedMatrix): StridedMatrix {
  return {
    data: matrix.data,
    rowStride: matrix.columnStride,
    columnStride: matrix.rowStride,
  };
}

/**
 * Copies `rows x depth` of `matrix` from `(row, inner)` on into strips of TILE rows, column after
 * column within a strip; missing rows of the last strip are 0 (their products are not stored).
 */
function packStrips(
  matrix: StridedMatrix,
  row: number,
  rows: number,
  inner: number,
  depth: number,
  packed: Float64Array,
): void {
  const { data, rowStride, columnStride } = matrix;
  for (let strip = 0; strip < rows; strip += TILE) {
    for (let lane = 0; lane < TILE; lane++) {
      let target = strip * depth + lane;
      let source = (row + strip + lane) * rowStride + inner * columnStride;
      const inside = strip + lane < rows;
      for (let p = 0; p < depth; p++) {
        packed[target] = inside ? data[source]! : 0;
        target += TILE;
        source += columnStride;
      }
    }
  }
}

const tile = new Float64Array(TILE * TILE);

function multiplyBlock(
  packedA: Float64Array,
  packedB: Float64Array,
  block: Block,
  out: Float32Array,
  stride: number,
): void {
  const { row, rows, column, columns, depth } = block;
  for (let j = 0; j < columns; j += TILE) {
    for (let i = 0; i < rows; i += TILE) {
      multiplyTile(packedA, i * depth, packedB, j * depth, depth);
      addTile(out, (row + i) * stride + column + j, stride, rows - i, columns - j);
    }
  }
}

/** `tile = stripA * stripB` over `depth` terms; the names hold row and column of the tile. */
function multiplyTile(
  a: Float64Array,
  startA: number,
  b: Float64Array,
  startB: number,
  depth: number,
): void {
  let [s00, s01, s02, s03] = [0, 0, 0, 0];
  let [s10, s11, s12, s13] = [0, 0, 0, 0];
  let [s20, s21, s22, s23] = [0, 0, 0, 0];
  let [s30, s31, s32, s33] = [0, 0, 0, 0];
  const endA = startA + depth * TILE;
  for (let p = startA, q = startB; p < endA; p += TILE, q += TILE) {
    const b0 = b[q]!;
    const b1 = b[q + 1]!;
    const b2 = b[q + 2]!;
    const b3 = b[q + 3]!;
    const a0 = a[p]!;
    s00 += a0 * b0;
    s01 += a0 * b1;
    s02 += a0 * b2;
    s03 += a0 * b3;
    const a1 = a[p + 1]!;
    s10 += a1 * b0;
    s11 += a1 * b1;
    s12 += a1 * b2;
    s13 += a1 * b3;
    const a2 = a[p + 2]!;
    s20 += a2 * b0;
    s21 += a2 * b1;
    s22 += a2 * b2;
    s23 += a2 * b3;
    const a3 = a[p + 3]!;
    s30 += a3 * b0;
    s31 += a3 * b1;
    s32 += a3 * b2;
    s33 += a3 * b3;
  }
  setTileRow(0, s00, s01, s02, s03);
  setTileRow(1, s10, s11, s12, s13);
  setTileRow(2, s20, s21, s22, s23);
  setTileRow(3, s30, s31, s32, s33);
}

function setTileRow(row: number, s0: number, s1: number, s2: number, s3: number): void {
  tile[row * TILE] = s0;
  tile[row * TILE + 1] = s1;
  tile[row * TILE + 2] = s2;
  tile[row * TILE + 3] = s3;
}

/** Adds the part of the tile that lies inside the matrix to `out`. */
function addTile(
  out: Float32Array,
  start: number,
  stride: number,
  rows: number,
  columns: number,
): void {
  const usedRows = Math.min(rows, TILE);
  const usedColumns = Math.min(columns, TILE);
  for (let i = 0; i < usedRows; i++) {
    for (let j = 0; j < usedColumns; j++) {
      out[start + i * stride + j]! += tile[i * TILE + j]!;
    }
  }
}
