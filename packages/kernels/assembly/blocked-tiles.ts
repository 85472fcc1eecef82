import { packStrips } from './pack';
import { FLOAT, element } from './simd';
import { TILE_COLUMNS, TILE_ROWS, productTile, squaredDifferenceTile } from './tiles';

// Cache blocks: a packed block of rows (192 x 256) stays in the second-level cache, a packed strip
// of eight columns (256 x 8) in the first. Multiples of the tile.
export const ROW_BLOCK: i32 = 192;
const DEPTH_BLOCK: i32 = 256;
export const COLUMN_BLOCK: i32 = 512;

const PACKED_ROW_BYTES: usize = <usize>(ROW_BLOCK * DEPTH_BLOCK) * FLOAT;
const PACKED_COLUMN_BYTES: usize = <usize>(COLUMN_BLOCK * DEPTH_BLOCK) * FLOAT;
const TILE_BYTES: usize = <usize>(TILE_ROWS * TILE_COLUMNS) * FLOAT;

/** Scratch bytes that `gemm` and `squaredDistances` need, whatever the sizes. */
export function tileWorkspaceBytes(): usize {
  return PACKED_ROW_BYTES + PACKED_COLUMN_BYTES + TILE_BYTES;
}

/** `out[m, n] (+)= op(a)[m, k] op(b)[k, n]`, row-major float32; the product of nothing is 0. */
export function gemm(
  m: i32,
  n: i32,
  k: i32,
  a: usize,
  transposeA: bool,
  b: usize,
  transposeB: bool,
  out: usize,
  accumulate: bool,
  workspace: usize,
): void {
  blockedTiles(
    m,
    n,
    k,
    a,
    transposeA ? FLOAT : <usize>k * FLOAT,
    transposeA ? <usize>m * FLOAT : FLOAT,
    b,
    transposeB ? <usize>k * FLOAT : FLOAT,
    transposeB ? FLOAT : <usize>n * FLOAT,
    out,
    <usize>n * FLOAT,
    accumulate,
    false,
    workspace,
  );
}

/**
 * A part of a {@link gemm}: some rows, or some columns, of the result. Strides are in bytes, those of
 * `a` and `b` from row (or column) to row, then along the depth.
 */
export function gemmPart(
  m: i32,
  n: i32,
  k: i32,
  a: usize,
  aRowStride: usize,
  aDepthStride: usize,
  b: usize,
  bColumnStride: usize,
  bDepthStride: usize,
  out: usize,
  outStride: usize,
  accumulate: bool,
  workspace: usize,
): void {
  blockedTiles(
    m,
    n,
    k,
    a,
    aRowStride,
    aDepthStride,
    b,
    bColumnStride,
    bDepthStride,
    out,
    outStride,
    accumulate,
    false,
    workspace,
  );
}

/** `out[nA, nB]`: squared distance of each row of `a[nA, dim]` to each row of `b[nB, dim]`. */
export function squaredDistances(
  nA: i32,
  nB: i32,
  dim: i32,
  a: usize,
  b: usize,
  out: usize,
  workspace: usize,
): void {
  squaredDistanceBlock(nA, nB, dim, a, b, out, nB, workspace);
}

/** {@link squaredDistances} into rows of `outColumns` elements. */
export function squaredDistanceBlock(
  nA: i32,
  nB: i32,
  dim: i32,
  a: usize,
  b: usize,
  out: usize,
  outColumns: i32,
  workspace: usize,
): void {
  const stride = <usize>dim * FLOAT;
  const outStride = <usize>outColumns * FLOAT;
  blockedTiles(
    nA,
    nB,
    dim,
    a,
    stride,
    FLOAT,
    b,
    stride,
    FLOAT,
    out,
    outStride,
    false,
    true,
    workspace,
  );
}

/**
 * Walks over the result block by block (Goto and van de Geijn, 2008): packs a block of columns of
 * the right operand, then block after block of rows of the left one, and fills the tiles of each.
 * Strides are in bytes; `differences` chooses squared differences instead of products.
 */
function blockedTiles(
  rows: i32,
  columns: i32,
  depth: i32,
  a: usize,
  aRowStride: usize,
  aDepthStride: usize,
  b: usize,
  bColumnStride: usize,
  bDepthStride: usize,
  out: usize,
  outStride: usize,
  accumulate: bool,
  differences: bool,
  workspace: usize,
): void {
  if (depth == 0 && !accumulate) clearRows(rows, columns, out, outStride);
  const packedA = workspace;
  const packedB = packedA + PACKED_ROW_BYTES;
  const edgeTile = packedB + PACKED_COLUMN_BYTES;
  for (let column = 0; column < columns; column += COLUMN_BLOCK) {
    const columnCount = min(COLUMN_BLOCK, columns - column);
    for (let inner = 0; inner < depth; inner += DEPTH_BLOCK) {
      const depthCount = min(DEPTH_BLOCK, depth - inner);
      const bBlock = b + <usize>column * bColumnStride + <usize>inner * bDepthStride;
      packStrips(
        bBlock,
        bColumnStride,
        bDepthStride,
        columnCount,
        depthCount,
        TILE_COLUMNS,
        packedB,
      );
      for (let row = 0; row < rows; row += ROW_BLOCK) {
        const rowCount = min(ROW_BLOCK, rows - row);
        const aBlock = a + <usize>row * aRowStride + <usize>inner * aDepthStride;
        packStrips(aBlock, aRowStride, aDepthStride, rowCount, depthCount, TILE_ROWS, packedA);
        fillTiles(
          rowCount,
          columnCount,
          depthCount,
          packedA,
          packedB,
          element(out + <usize>row * outStride, column),
          outStride,
          inner > 0 || accumulate,
          differences,
          edgeTile,
        );
      }
    }
  }
}

function clearRows(rows: i32, columns: i32, out: usize, outStride: usize): void {
  for (let row = 0; row < rows; row++) {
    memory.fill(out + <usize>row * outStride, 0, <usize>columns * FLOAT);
  }
}

/** All tiles of a block; a tile that sticks out is worked out aside and copied in part. */
function fillTiles(
  rows: i32,
  columns: i32,
  depth: i32,
  packedA: usize,
  packedB: usize,
  out: usize,
  outStride: usize,
  add: bool,
  differences: bool,
  edgeTile: usize,
): void {
  for (let column = 0; column < columns; column += TILE_COLUMNS) {
    const b = element(packedB, column * depth);
    for (let row = 0; row < rows; row += TILE_ROWS) {
      const a = element(packedA, row * depth);
      const corner = element(out + <usize>row * outStride, column);
      if (rows - row >= TILE_ROWS && columns - column >= TILE_COLUMNS) {
        fillTile(depth, a, b, corner, outStride, add, differences);
      } else {
        const tileStride = <usize>TILE_COLUMNS * FLOAT;
        fillTile(depth, a, b, edgeTile, tileStride, false, differences);
        copyTilePart(
          min(rows - row, TILE_ROWS),
          min(columns - column, TILE_COLUMNS),
          edgeTile,
          corner,
          outStride,
          add,
        );
      }
    }
  }
}

function fillTile(
  depth: i32,
  a: usize,
  b: usize,
  out: usize,
  outStride: usize,
  add: bool,
  differences: bool,
): void {
  if (differences) squaredDifferenceTile(depth, a, b, out, outStride, add);
  else productTile(depth, a, b, out, outStride, add);
}

function copyTilePart(
  rows: i32,
  columns: i32,
  tile: usize,
  out: usize,
  outStride: usize,
  add: bool,
): void {
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const target = element(out, column);
      const value = load<f32>(element(tile, row * TILE_COLUMNS + column));
      store<f32>(target, add ? load<f32>(target) + value : value);
    }
    out += outStride;
  }
}
