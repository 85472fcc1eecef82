import { CsrMatrix, DataError, Pacer, type DenseMatrix, type RunOptions } from '@dance-ts/core';
import { nearestNeighbors, type Neighbors } from '@dance-ts/ml';

/** Which far neighbors scGNN drops from a cell's list. */
export const PRUNING_RULES = ['isolation-forest', 'deviation', 'none'] as const;

/** One of {@link PRUNING_RULES}. */
export type PruningRule = (typeof PRUNING_RULES)[number];

/** Isolation score above which a distance is an outlier. */
const OUTLIER_SCORE = 0.5;
const EULER_GAMMA = 0.5772156649015329;

/**
 * Links each cell with its k nearest in Euclidean distance; k is cut to the cells there are.
 *
 * @throws DataError for fewer than three cells; AbortError
 */
export async function cellNeighbors(
  features: DenseMatrix,
  k: number,
  run: RunOptions,
): Promise<Neighbors> {
  const n = features.nRows;
  if (n < 3) {
    throw new DataError('a graph of cells needs cells', {
      got: `${n} cells`,
      expected: 'at least 3',
    });
  }
  return nearestNeighbors(features, { k: Math.min(k, n - 1), signal: run.signal });
}

/**
 * Undirected graph of neighbor lists: two cells are linked if one keeps the other.
 *
 * @param weightOf - weight of an entry of the list; 0 drops it
 * @returns [nCells, nCells], symmetric, no loops; the larger weight where both list each other
 */
export function undirectedGraph(
  { indices, n, k }: Neighbors,
  weightOf: (entry: number) => number,
): CsrMatrix {
  const links = Array.from({ length: n }, () => new Map<number, number>());
  for (let e = 0; e < n * k; e++) {
    const weight = weightOf(e);
    if (weight <= 0) continue;
    const [i, j] = [Math.floor(e / k), indices[e]!];
    const heavier = Math.max(weight, links[i]!.get(j) ?? 0);
    links[i]!.set(j, heavier);
    links[j]!.set(i, heavier);
  }
  const indptr = Int32Array.from({ length: n + 1 }, () => 0);
  links.forEach((row, i) => {
    indptr[i + 1] = indptr[i]! + row.size;
  });
  const columns = new Int32Array(indptr[n]!);
  const weights = new Float32Array(indptr[n]!);
  links.forEach((row, i) => {
    const sorted = [...row].sort(([a], [b]) => a - b);
    sorted.forEach(([j, weight], e) => {
      columns[indptr[i]! + e] = j;
      weights[indptr[i]! + e] = weight;
    });
  });
  return new CsrMatrix(n, n, indptr, columns, weights);
}

/** Graph of the neighbors that a pruning rule keeps, weights 1. */
export async function prunedGraph(
  neighbors: Neighbors,
  rule: PruningRule,
  run: RunOptions,
): Promise<CsrMatrix> {
  const { distances, n, k } = neighbors;
  const pacer = new Pacer(run.signal);
  const keep = new Uint8Array(n * k);
  for (let i = 0; i < n; i++) {
    await pacer.tick();
    keep.set(keptNeighbors(distances.subarray(i * k, (i + 1) * k), rule), i * k);
  }
  return undirectedGraph(neighbors, (e) => keep[e]!);
}

/**
 * Which neighbors of a cell stay. `deviation`: those not beyond mean + standard deviation of the
 * distances (the authors' default). `isolation-forest`: those that are no outliers among the far
 * half (the paper); the forest is taken to its limit of infinitely many trees, so nothing is drawn.
 *
 * @param distances - of one cell, ascending
 */
export function keptNeighbors(distances: Float32Array, rule: PruningRule): Uint8Array {
  const kept = new Uint8Array(distances.length).fill(1);
  if (rule === 'deviation') {
    const mean = distances.reduce((sum, d) => sum + d, 0) / distances.length;
    const variance = distances.reduce((sum, d) => sum + (d - mean) ** 2, 0) / distances.length;
    const limit = mean + Math.sqrt(variance) * (1 + 1e-6); // equal distances stay
    return Uint8Array.from(distances, (d) => (d <= limit ? 1 : 0));
  }
  if (rule === 'isolation-forest') {
    isolationScores(distances).forEach((score, i) => {
      if (score > OUTLIER_SCORE && i >= distances.length / 2) kept[i] = 0;
    });
  }
  return kept;
}

/**
 * Anomaly score 2^(-E[depth] / c(n)) of each of n sorted numbers in an isolation forest (Liu, Ting
 * & Zhou, ICDM 2008) of infinitely many full trees. A tree cuts an interval of numbers at a place
 * uniform over its length, so the expected depth follows from those of the shorter intervals;
 * equal numbers are never cut and count as a leaf of their size. Time n³.
 */
export function isolationScores(sorted: ArrayLike<number>): Float64Array {
  const n = sorted.length;
  if (n < 2) return new Float64Array(n);
  // Under a n + b: expected depths of the numbers a..b within their interval.
  const depths = new Map<number, Float64Array>();
  for (let length = 1; length <= n; length++) {
    for (let a = 0; a + length <= n; a++) {
      const b = a + length - 1;
      const range = sorted[b]! - sorted[a]!;
      const depth = new Float64Array(length).fill(range > 0 ? 1 : averageDepth(length));
      for (let cut = a; cut < b && range > 0; cut++) {
        const probability = (sorted[cut + 1]! - sorted[cut]!) / range;
        const left = depths.get(a * n + cut) ?? new Float64Array(0);
        const right = depths.get((cut + 1) * n + b) ?? new Float64Array(0);
        for (let i = a; i <= b; i++) {
          depth[i - a]! += probability * (i <= cut ? left[i - a]! : right[i - cut - 1]!);
        }
      }
      depths.set(a * n + b, depth);
    }
  }
  const whole = depths.get(n - 1) ?? new Float64Array(n);
  return whole.map((depth) => 2 ** (-depth / averageDepth(n)));
}

/** Mean depth of a leaf among n random numbers, c(n) of the forest's authors. */
function averageDepth(n: number): number {
  if (n <= 1) return 0;
  if (n === 2) return 1;
  return 2 * (Math.log(n - 1) + EULER_GAMMA) - (2 * (n - 1)) / n;
}
