import { DataError, Pacer, Rng, type DenseMatrix, type RunOptions } from '@dance-ts/core';
import { getKernels, type Kernels } from '@dance-ts/kernels';
import { groupInCells, type Cells } from './cells.js';
import type { NeighborLists } from './neighbor-lists.js';
import { descend } from './nn-descent.js';

/** What {@link approximateNeighbors} needs to know. */
export interface ApproximateOptions extends RunOptions {
  /** From 1 to n - 1. */
  readonly k: number;
  readonly seed: number;
}

/** To begin with, each point is compared with this x sqrt(n) others ... */
const CANDIDATES_PER_ROOT = 12;
/** ... this many and this x k at the least. */
const MIN_CANDIDATES = 500;
const CANDIDATES_PER_NEIGHBOR = 4;
/** Small cells, as what lies around the center should lie around each point, too. */
const CELLS_PER_ROOT = 4;
/** Queries at once. */
const BLOCK = 256;

/**
 * Nearest neighbors, nearly all of them. First by an inverted file (Sivic & Zisserman, ICCV 2003):
 * points are grouped around 4 sqrt(n) centers, and those of one cell are compared with the
 * 12 sqrt(n) points of the cells around it by the kernel of the exhaustive search. Then by
 * NN-descent from these lists.
 *
 * @throws DataError if a value is not finite; AbortError
 */
export async function approximateNeighbors(
  X: DenseMatrix,
  { k, seed, signal, reporter }: ApproximateOptions,
): Promise<NeighborLists> {
  if (!X.data.every(Number.isFinite)) {
    throw new DataError('nearestNeighbors: X holds a value that is not finite', {
      remedy: 'Remove or impute missing values, or use the method "exact".',
    });
  }
  const n = X.nRows;
  const kernels = await getKernels();
  const pacer = new Pacer(signal);
  const rng = Rng.fromSeed(seed).fork('neighbors');
  const root = Math.round(Math.sqrt(n));
  const nCells = Math.max(2, Math.min(n, CELLS_PER_ROOT * root));
  const cells = await groupInCells(X, nCells, rng, kernels, pacer, { signal });
  const enough = Math.max(CANDIDATES_PER_ROOT * root, MIN_CANDIDATES, CANDIDATES_PER_NEIGHBOR * k);
  const lists = { indices: new Int32Array(n * k), squared: new Float32Array(n * k) };
  // One more than k, as each point is its own neighbor.
  const places = new Int32Array(BLOCK * (k + 1));
  const distances = new Float32Array(BLOCK * (k + 1));
  for (let c = 0; c + 1 < cells.starts.length; c++) {
    const own = cells.order.subarray(cells.starts[c], cells.starts[c + 1]);
    if (own.length === 0) continue;
    const near = rowsAround(cells, c, enough);
    const points = X.selectRows(near).data;
    for (let start = 0; start < own.length; start += BLOCK) {
      await pacer.tick();
      const queries = own.subarray(start, start + BLOCK);
      kernels.nearest({
        queries: X.selectRows(queries).data,
        nQueries: queries.length,
        points,
        nPoints: near.length,
        dim: X.nCols,
        k: k + 1,
        outIndices: places,
        outDistances: distances,
      });
      queries.forEach((row, q) => {
        const found = places.subarray(q * (k + 1), (q + 1) * (k + 1));
        writeOthers(
          lists,
          row,
          found.map((place) => near[place]!),
          distances,
          q * (k + 1),
        );
      });
    }
    reporter?.progress({ task: 'neighbors', done: cells.starts[c + 1]!, total: n });
  }
  await descend(X, lists, { kernels, pacer, rng: rng.fork('descent'), reporter });
  await measureAgain(X, lists, { kernels, pacer });
  return lists;
}

/** Distances and order as the exact search gives them. */
async function measureAgain(
  X: DenseMatrix,
  { indices, squared }: NeighborLists,
  { kernels, pacer }: { kernels: Kernels; pacer: Pacer },
): Promise<void> {
  const k = indices.length / X.nRows;
  const places = new Int32Array(k);
  for (let i = 0; i < X.nRows; i++) {
    if (i % BLOCK === 0) await pacer.tick();
    const found = indices.slice(i * k, (i + 1) * k).sort();
    kernels.nearest({
      queries: X.row(i),
      nQueries: 1,
      points: X.selectRows(found).data,
      nPoints: k,
      dim: X.nCols,
      k,
      outIndices: places,
      outDistances: squared.subarray(i * k, (i + 1) * k),
    });
    places.forEach((place, t) => (indices[i * k + t] = found[place]!));
  }
}

/** More than `enough` rows (or all): a cell and those nearest to it, ascending. */
function rowsAround({ order, starts, around }: Cells, cell: number, enough: number): Int32Array {
  const parts: Int32Array[] = [];
  let count = 0;
  for (const c of around(cell)) {
    if (count > enough) break;
    parts.push(order.subarray(starts[c], starts[c + 1]));
    count += starts[c + 1]! - starts[c]!;
  }
  const rows = new Int32Array(count);
  let end = 0;
  for (const part of parts) {
    rows.set(part, end);
    end += part.length;
  }
  // In their order, so that of equal distances the lower index wins, as in the exact search.
  return rows.sort();
}

/** Writes k of the k + 1 rows found: not the row itself, or else not the last. */
function writeOthers(
  { indices, squared }: NeighborLists,
  row: number,
  found: Int32Array,
  distances: Float32Array,
  offset: number,
): void {
  const k = found.length - 1;
  const self = found.indexOf(row);
  const left = self === -1 ? k : self;
  for (let t = 0; t < k; t++) {
    const from = t < left ? t : t + 1;
    indices[row * k + t] = found[from]!;
    squared[row * k + t] = distances[offset + from]!;
  }
}
