import { checkNearest } from '../checks/matrix.js';
import type { NearestArgs } from '../contract/matrix.js';
import { plainSquaredDistances } from './squared-distances.js';

/** Points compared with one query at once; keeps the distances in cache. */
const POINT_BLOCK = 1024;

/** Exhaustive search: distances in blocks, each block merged into sorted lists of `k`. */
export function plainNearest(args: NearestArgs): void {
  checkNearest(args);
  const { queries, nQueries, points, nPoints, dim, k, outIndices, outDistances } = args;
  outIndices.fill(-1, 0, nQueries * k);
  outDistances.fill(Infinity, 0, nQueries * k);
  if (k === 0) return;
  const distances = new Float32Array(Math.min(POINT_BLOCK, nPoints));
  for (let first = 0; first < nPoints; first += POINT_BLOCK) {
    const count = Math.min(POINT_BLOCK, nPoints - first);
    const block = points.subarray(first * dim, (first + count) * dim);
    for (let query = 0; query < nQueries; query++) {
      const a = queries.subarray(query * dim, (query + 1) * dim);
      plainSquaredDistances({ a, nA: 1, b: block, nB: count, dim, out: distances });
      const self = args.firstQuery === undefined ? -1 : args.firstQuery + query;
      mergeBlock(args, query, distances, { first, count, self });
    }
  }
}

/** Which points a block of distances belongs to, and the one to leave out (-1: none). */
interface PointBlock {
  readonly first: number;
  readonly count: number;
  readonly self: number;
}

/** Merges a block into the list of `query`; points come in ascending order, so `<` keeps ties. */
function mergeBlock(
  args: NearestArgs,
  query: number,
  distances: Float32Array,
  { first, count, self }: PointBlock,
): void {
  const { k, outDistances } = args;
  const start = query * k;
  const last = start + k - 1;
  for (let j = 0; j < count; j++) {
    const distance = distances[j]!;
    if (distance < outDistances[last]! && first + j !== self) {
      insert(args, start, last, first + j, distance);
    }
  }
}

function insert(
  { outIndices, outDistances }: NearestArgs,
  start: number,
  last: number,
  index: number,
  distance: number,
): void {
  let place = last;
  while (place > start && outDistances[place - 1]! > distance) {
    outDistances[place] = outDistances[place - 1]!;
    outIndices[place] = outIndices[place - 1]!;
    place--;
  }
  outDistances[place] = distance;
  outIndices[place] = index;
}
