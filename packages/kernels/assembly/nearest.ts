import { COLUMN_BLOCK, ROW_BLOCK, squaredDistanceBlock, tileWorkspaceBytes } from './blocked-tiles';
import { FLOAT, element } from './simd';

const DISTANCE_BYTES: usize = <usize>(ROW_BLOCK * COLUMN_BLOCK) * FLOAT;

/** Scratch bytes that `nearest` needs, whatever the sizes. */
export function nearestWorkspaceBytes(): usize {
  return tileWorkspaceBytes() + DISTANCE_BYTES + <usize>COLUMN_BLOCK * FLOAT;
}

/**
 * The `k` nearest rows of `points[nPoints, dim]` of each row of `queries[nQueries, dim]`.
 *
 * Distances are worked out in blocks that stay in cache, and each block is merged into the sorted
 * lists `outIndices[nQueries, k]` and `outDistances[nQueries, k]` (-1 and Infinity: no neighbor).
 * The distances of points among themselves are worked out once for both ends.
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
  const worsts = distances + DISTANCE_BYTES;
  const isSymmetric = queries == points && firstQuery == 0 && nQueries == nPoints;
  for (let query = 0; query < nQueries; query += ROW_BLOCK) {
    const queryCount = min(ROW_BLOCK, nQueries - query);
    const queryBlock = queries + <usize>query * <usize>dim * FLOAT;
    // Points before the block have been compared with it as queries.
    for (let point = isSymmetric ? query : 0; point < nPoints; point += COLUMN_BLOCK) {
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
      // Points behind the block of queries get the queries as neighbors, too.
      const behind = isSymmetric ? max(query + queryCount - point, 0) : count;
      if (behind < count) gatherWorsts(count, k, element(outDistances, point * k), worsts);
      for (let i = 0; i < queryCount; i++) {
        const list = (query + i) * k;
        const row = element(distances, i * COLUMN_BLOCK);
        const rowIndices = element(outIndices, list);
        const rowDistances = element(outDistances, list);
        const self = firstQuery < 0 ? -1 : firstQuery + query + i;
        mergeBlock(row, 0, min(behind, count), point, self, k, rowIndices, rowDistances);
        if (behind < count) {
          mergeBoth(row, behind, count, point, query + i, k, worsts, outIndices, outDistances);
        }
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

/** The largest distance in each of `count` lists. */
function gatherWorsts(count: i32, k: i32, listDistances: usize, worsts: usize): void {
  for (let i = 0; i < count; i++) {
    store<f32>(element(worsts, i), load<f32>(element(listDistances, i * k + k - 1)));
  }
}

/**
 * Merges distances to points into a sorted list. Points come in ascending order, so that replacing
 * only by strictly nearer ones keeps the lower index of a tie.
 *
 * @param distances - to points `first ..`, of which those from `start` to `end` are merged
 */
function mergeBlock(
  distances: usize,
  start: i32,
  end: i32,
  first: i32,
  self: i32,
  k: i32,
  listIndices: usize,
  listDistances: usize,
): void {
  const worst = element(listDistances, k - 1);
  for (let j = start; j < end; j += 4) {
    const group = v128.load(element(distances, j));
    let near = i32x4.bitmask(f32x4.lt(group, v128.load32_splat(worst)));
    if (near == 0) continue; // as for most groups of four
    if (end - j < 4) near &= (1 << (end - j)) - 1; // past the end lies unused scratch
    for (; near != 0; near &= near - 1) {
      const i = j + ctz(near);
      const distance = load<f32>(element(distances, i));
      if (distance < load<f32>(worst) && first + i != self) {
        insert(listIndices, listDistances, k, first + i, distance);
      }
    }
  }
}

/** {@link mergeBlock} into the list of point `row`, and of `row` into the lists of the points. */
function mergeBoth(
  distances: usize,
  start: i32,
  end: i32,
  first: i32,
  row: i32,
  k: i32,
  worsts: usize,
  outIndices: usize,
  outDistances: usize,
): void {
  const rowIndices = element(outIndices, row * k);
  const rowDistances = element(outDistances, row * k);
  const worst = element(rowDistances, k - 1);
  for (let j = start; j < end; j += 4) {
    const group = v128.load(element(distances, j));
    const isNear = v128.or(
      f32x4.lt(group, v128.load32_splat(worst)),
      f32x4.lt(group, v128.load(element(worsts, j))),
    );
    let near = i32x4.bitmask(isNear);
    if (near == 0) continue;
    if (end - j < 4) near &= (1 << (end - j)) - 1;
    for (; near != 0; near &= near - 1) {
      const i = j + ctz(near);
      const distance = load<f32>(element(distances, i));
      if (distance < load<f32>(worst)) insert(rowIndices, rowDistances, k, first + i, distance);
      if (distance < load<f32>(element(worsts, i))) {
        const list = (first + i) * k;
        insert(element(outIndices, list), element(outDistances, list), k, row, distance);
        store<f32>(element(worsts, i), load<f32>(element(outDistances, list + k - 1)));
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
