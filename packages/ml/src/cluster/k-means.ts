import { DenseMatrix, Pacer, ParamError, type Rng, type RunOptions } from '@dance-ts/core';
import { getKernels, type Kernels } from '@dance-ts/kernels';
import { columnMoments } from '../stats/column-moments.js';
import { lowerBound } from '../stats/lower-bound.js';

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
 * @throws ParamError if there are more clusters than rows; AbortError
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
    const start = init ?? plusPlusCenters(X, nClusters, rng.fork(`restart-${run}`), kernels);
    const result = await lloyd.run(start, maxIter, stopBelow);
    if (best === undefined || result.inertia < best.inertia) best = result;
  }
  if (best === undefined) throw new ParamError('kMeans: nInit', { expected: 'an integer >= 1' });
  return best;
}

/** Greedy k-means++: of 2 + ln k candidates the one that lowers the inertia most. */
export function plusPlusCenters(
  X: DenseMatrix,
  k: number,
  rng: Rng,
  kernels: Kernels,
): DenseMatrix {
  const { nRows: n, nCols: dim } = X;
  const nTrials = 2 + Math.floor(Math.log(k));
  const squared = new Float32Array(nTrials * n);
  const distancesTo = (rows: readonly number[]): void => {
    const a = X.selectRows(rows).data;
    kernels.squaredDistances({ a, nA: rows.length, b: X.data, nB: n, dim, out: squared });
  };
  const centers = [rng.int(n)];
  distancesTo(centers);
  const closest = Float64Array.from(squared.subarray(0, n));
  const cumulative = new Float64Array(n);
  while (centers.length < k) {
    let sumSoFar = 0;
    for (let i = 0; i < n; i++) cumulative[i] = sumSoFar += closest[i]!;
    const candidates = Array.from({ length: nTrials }, () =>
      lowerBound(cumulative, rng.uniform() * sumSoFar),
    );
    distancesTo(candidates);
    let best = 0;
    let bestSum = Infinity;
    for (let trial = 0; trial < nTrials; trial++) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += Math.min(closest[i]!, squared[trial * n + i]!);
      if (sum < bestSum) {
        best = trial;
        bestSum = sum;
      }
    }
    centers.push(candidates[best]!);
    for (let i = 0; i < n; i++) closest[i] = Math.min(closest[i]!, squared[best * n + i]!);
  }
  return X.selectRows(centers);
}

/** Lloyd's iterations with buffers that are made once. */
class Lloyd {
  private readonly labels: Int32Array;
  private readonly distances: Float32Array;
  /** In the sum of which cluster each row is, -1 for none. */
  private readonly summed: Int32Array;
  private sums = new Float64Array();

  constructor(
    private readonly X: DenseMatrix,
    private readonly kernels: Kernels,
    private readonly pacer: Pacer,
  ) {
    this.labels = new Int32Array(X.nRows);
    this.distances = new Float32Array(X.nRows);
    this.summed = new Int32Array(X.nRows);
  }

  async run(start: DenseMatrix, maxIter: number, stopBelow: number): Promise<KMeansResult> {
    let centers = start;
    let nIter = 0;
    this.summed.fill(-1);
    this.sums = new Float64Array(start.data.length);
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
    this.moveRows();
    const data = new Float32Array(this.sums.length);
    for (let cluster = 0; cluster < k; cluster++) {
      const end = (cluster + 1) * X.nCols;
      for (let e = cluster * X.nCols; e < end; e++) data[e] = this.sums[e]! / counts[cluster]!;
    }
    return new DenseMatrix(k, X.nCols, data);
  }

  /** Brings the sums up to date; rows that stay where they are, as most do, cost nothing. */
  private moveRows(): void {
    const { labels, summed, sums } = this;
    const { nCols, data: values } = this.X;
    for (let i = 0; i < labels.length; i++) {
      const [label, before] = [labels[i]!, summed[i]!];
      if (label === before) continue;
      const row = i * nCols;
      const to = label * nCols;
      for (let f = 0; f < nCols; f++) sums[to + f]! += values[row + f]!;
      if (before >= 0) {
        const from = before * nCols;
        for (let f = 0; f < nCols; f++) sums[from + f]! -= values[row + f]!;
      }
      summed[i] = label;
    }
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
