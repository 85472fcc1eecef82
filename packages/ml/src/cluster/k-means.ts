import { DenseMatrix, Pacer, ParamError, type Rng, type RunOptions } from '@dance-ts/core';
import { getKernels, type Kernels } from '@dance-ts/kernels';
import { columnMoments } from '../stats/column-moments.js';

/** Options of {@link kMeans}, with scikit-learn's defaults. */
export interface KMeansOptions extends RunOptions {
  readonly nClusters: number;
  readonly rng: Rng;
  /** Restarts; the one with the lowest inertia is kept. Default 10. */
  readonly nInit?: number;
  /** Lloyd iterations a restart, default 300. */
  readonly maxIter?: number;
  /** Stop when the centers move less than tol x mean column variance in total, default 1e-4. */
  readonly tol?: number;
  /** Initial centers, [nClusters, d], instead of k-means++; then there is one run. */
  readonly init?: DenseMatrix;
}

/** Result of {@link kMeans}. */
export interface KMeansResult {
  /** Cluster of each row. */
  readonly labels: Int32Array;
  /** [nClusters, d] */
  readonly centers: DenseMatrix;
  /** Sum of squared distances to the own center. */
  readonly inertia: number;
  /** Lloyd iterations of the run that was kept. */
  readonly nIter: number;
}

/**
 * K-means by Lloyd's algorithm from greedy k-means++ centers (Arthur & Vassilvitskii, 2007), with
 * scikit-learn's semantics; an empty cluster takes the row farthest from its center.
 *
 * @param X - [n, d]
 * @throws {@link ParamError} if there are more clusters than rows; AbortError
 */
export async function kMeans(X: DenseMatrix, options: KMeansOptions): Promise<KMeansResult> {
  const { nClusters, rng, init, maxIter = 300, tol = 1e-4 } = options;
  if (!Number.isInteger(nClusters) || nClusters < 1 || nClusters > X.nRows) {
    throw new ParamError('kMeans: nClusters does not fit the data', {
      got: `${nClusters} clusters for ${X.nRows} rows`,
      expected: `an integer from 1 to ${X.nRows}`,
    });
  }
  const { variance } = columnMoments(X);
  const stopBelow = (tol * variance.reduce((sum, value) => sum + value, 0)) / X.nCols;
  const kernels = await getKernels();
  const lloyd = new Lloyd(X, kernels, new Pacer(options.signal));
  let best: KMeansResult | undefined;
  for (let run = 0; run < (init ? 1 : (options.nInit ?? 10)); run++) {
    const start = init ?? plusPlusCenters(X, nClusters, rng.fork(`restart-${run}`));
    const result = await lloyd.run(start, maxIter, stopBelow);
    if (best === undefined || result.inertia < best.inertia) best = result;
  }
  if (best === undefined) throw new ParamError('kMeans: nInit', { expected: 'an integer >= 1' });
  return best;
}

/** Greedy k-means++: of 2 + ln k candidates the one that lowers the inertia most. */
export function plusPlusCenters(X: DenseMatrix, k: number, rng: Rng): DenseMatrix {
  const centers = DenseMatrix.zeros(k, X.nCols);
  const nTrials = 2 + Math.floor(Math.log(k));
  centers.row(0).set(X.row(rng.int(X.nRows)));
  let closest = distancesTo(X, centers.row(0), undefined);
  for (let c = 1; c < k; c++) {
    let best = { row: 0, sum: Infinity, distances: closest };
    for (let trial = 0; trial < nTrials; trial++) {
      const row = drawProportional(closest, rng);
      const distances = distancesTo(X, X.row(row), closest);
      const sum = distances.reduce((total, distance) => total + distance, 0);
      if (sum < best.sum) best = { row, sum, distances };
    }
    centers.row(c).set(X.row(best.row));
    closest = best.distances;
  }
  return centers;
}

/** Squared distances of the rows to `center`, or to what was closer already. */
function distancesTo(
  X: DenseMatrix,
  center: Float32Array,
  closest: Float64Array | undefined,
): Float64Array {
  return Float64Array.from({ length: X.nRows }, (_, i) => {
    const row = X.row(i);
    let sum = 0;
    for (let f = 0; f < row.length; f++) sum += (row[f]! - center[f]!) ** 2;
    return Math.min(sum, closest?.[i] ?? Infinity);
  });
}

function drawProportional(weights: Float64Array, rng: Rng): number {
  let rest = rng.uniform() * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [i, weight] of weights.entries()) {
    rest -= weight;
    if (rest < 0) return i;
  }
  return weights.length - 1;
}

/** Lloyd's iterations with buffers that are made once. */
class Lloyd {
  private readonly labels: Int32Array;
  private readonly distances: Float32Array;

  constructor(
    private readonly X: DenseMatrix,
    private readonly kernels: Kernels,
    private readonly pacer: Pacer,
  ) {
    this.labels = new Int32Array(X.nRows);
    this.distances = new Float32Array(X.nRows);
  }

  async run(start: DenseMatrix, maxIter: number, stopBelow: number): Promise<KMeansResult> {
    let centers = start;
    let nIter = 0;
    while (nIter < maxIter) {
      await this.pacer.tick();
      this.assign(centers);
      const next = this.means(centers.nRows);
      nIter += 1;
      let shift = 0;
      next.data.forEach((value, e) => {
        shift += (value - centers.data[e]!) ** 2;
      });
      centers = next;
      if (shift <= stopBelow) break;
    }
    this.assign(centers);
    let inertia = 0;
    for (const distance of this.distances) inertia += distance;
    return { labels: this.labels.slice(), centers, inertia, nIter };
  }

  private assign(centers: DenseMatrix): void {
    this.kernels.nearest({
      queries: this.X.data,
      nQueries: this.X.nRows,
      points: centers.data,
      nPoints: centers.nRows,
      dim: this.X.nCols,
      k: 1,
      outIndices: this.labels,
      outDistances: this.distances,
    });
  }

  private means(k: number): DenseMatrix {
    const { X, labels } = this;
    const counts = new Int32Array(k);
    for (const label of labels) counts[label]! += 1;
    counts.forEach((count, cluster) => {
      if (count === 0) this.relocate(cluster, counts);
    });
    const sums = new Float64Array(k * X.nCols);
    labels.forEach((label, i) => {
      const row = X.row(i);
      for (let f = 0; f < row.length; f++) sums[label * X.nCols + f]! += row[f]!;
    });
    const data = Float32Array.from(sums, (sum, e) => sum / counts[Math.floor(e / X.nCols)]!);
    return new DenseMatrix(k, X.nCols, data);
  }

  /** Gives an empty cluster the row farthest from its center. */
  private relocate(cluster: number, counts: Int32Array): void {
    let farthest = 0;
    this.distances.forEach((distance, i) => {
      if (distance > this.distances[farthest]! && counts[this.labels[i]!]! > 1) farthest = i;
    });
    counts[this.labels[farthest]!]! -= 1;
    counts[cluster] = 1;
    this.labels[farthest] = cluster;
    this.distances[farthest] = 0;
  }
}
