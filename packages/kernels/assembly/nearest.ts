import { COLUMN_BLOCK, ROW_BLOCK, squaredDistanceBlock, tileWorkspaceBytes } from './blocked-tiles';
import { FLOAT, element } from './simd';

/** Scratch bytes that `nearest` needs, whatever the sizes. */
export function nearestWorkspaceBytes(): usize {
  return tileWorkspaceBytes() + <usize>(ROW_BLOCK * COLUMN_BLOCK) * FLOAT;
}

/**
 * The `k` nearest rows of `points[nPoints, dim]` of each row of `queries[nQueries, dim]`.
 *
 * Distances are worked out in blocks that stay in cache, and each block is merged into the sorted
 * lists `outIndices[nQueries, k]` and `outDistances[nQueries, k]` (-1 and Infinity: no neighbor).
 *
 * @param firstQuery - query `i` is point `firstQuery + i` and not its own neighbor; -1: other points
 */
export function nearest(
  nQueries: i32,
  queries: usize,
  nPoints: i32,
  points: usize,
  dim: i32,
  k: i32,
  firstQuery: i32,
  outIndices: usize,
  outDistances: usize,
  workspace: usize,
): void {
  clearLists(nQueries * k, outIndices, outDistances);
  if (k == 0) return;
  const distances = workspace + tileWorkspaceBytes();
  for (let query = 0; query < nQueries; query += ROW_BLOCK) {
    const queryCount = min(ROW_BLOCK, nQueries - query);
    const queryBlock = element(queries, query * dim);
    for (let point = 0; point < nPoints; point += COLUMN_BLOCK) {
      const count = min(COLUMN_BLOCK, nPoints - point);
      const block = points + <usize>point * <usize>dim * FLOAT;
      squaredDistanceBlock(
        queryCount,
        count,
        dim,
        queryBlock,
        block,
        distances,
        COLUMN_BLOCK,
        workspace,
      );
      for (let i = 0; i < queryCount; i++) {
        const list = (query + i) * k;
        mergeBlock(
          element(distances, i * COLUMN_BLOCK),
          count,
          point,
          firstQuery < 0 ? -1 : firstQuery + query + i,
          k,
          element(outIndices, list),
          element(outDistances, list),
        );
      }
    }
  }
}

function clearLists(size: i32, indices: usize, distances: usize): void {
  for (let i = 0; i < size; i++) {
    store<i32>(element(indices, i), -1);
    store<f32>(element(distances, i), Infinity);
  }
}

/**
 * Merges the distances to points `first ..` into a sorted list. Points come in ascending order, so
 * that replacing only by strictly nearer ones keeps the lower index of a tie.
 */
function mergeBlock(
  distances: usize,
  count: i32,
  first: i32,
  self: i32,
  k: i32,
  listIndices: usize,
  listDistances: usize,
): void {
  const worst = element(listDistances, k - 1);
  for (let j = 0; j < count; j += 4) {
    const group = element(distances, j);
    // Most groups of four hold nothing near enough. Past the end lies unused scratch: harmless.
    if (!v128.any_true(f32x4.lt(v128.load(group), v128.load32_splat(worst)))) continue;
    const end = min(j + 4, count);
    for (let i = j; i < end; i++) {
      const distance = load<f32>(element(distances, i));
      if (distance < load<f32>(worst) && first + i != self) {
        insert(listIndices, listDistances, k, first + i, distance);
      }
    }
  }
}

function insert(indices: usize, distances: usize, k: i32, index: i32, distance: f32): void {
  let place = k - 1;
  while (place > 0 && load<f32>(element(distances, place - 1)) > distance) {
    store<f32>(element(distances, place), load<f32>(element(distances, place - 1)));
    store<i32>(element(indices, place), load<i32>(element(indices, place - 1)));
    place--;
  }
  store<f32>(element(distances, place), distance);
  store<i32>(element(indices, place), index);
}
