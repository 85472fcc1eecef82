/** Matrix product: `out[m, n] = op(a)[m, k] op(b)[k, n]`. */
export interface GemmArgs {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** `[m, k]`, or `[k, m]` with `transposeA`. */
  readonly a: Float32Array;
  /** Use the transpose of the stored `a`; default false. */
  readonly transposeA?: boolean;
  /** `[k, n]`, or `[n, k]` with `transposeB`. */
  readonly b: Float32Array;
  /** Use the transpose of the stored `b`; default false. */
  readonly transposeB?: boolean;
  /** `[m, n]`, overwritten, or added to with `accumulate`. */
  readonly out: Float32Array;
  /** Add the product to `out` instead of overwriting it; default false. */
  readonly accumulate?: boolean;
}

/** Sparse (CSR) times dense: `out[nRows, width] = A x`. */
export interface SpmmArgs {
  readonly nRows: number;
  /** `[nRows + 1]`, non-decreasing offsets into `indices` and `values`. */
  readonly indptr: Int32Array;
  /** Column of each stored entry = row of `x`; each below `floor(x.length / width)`. */
  readonly indices: Int32Array;
  /** Value of each stored entry. */
  readonly values: Float32Array;
  /** `[nColumns, width]`. */
  readonly x: Float32Array;
  readonly width: number;
  /** `[nRows, width]`, overwritten; rows without entries become 0. */
  readonly out: Float32Array;
}

/** All squared Euclidean distances between two sets of points. */
export interface SquaredDistanceArgs {
  /** `[nA, dim]`. */
  readonly a: Float32Array;
  readonly nA: number;
  /** `[nB, dim]`. */
  readonly b: Float32Array;
  readonly nB: number;
  readonly dim: number;
  /** `[nA, nB]`, overwritten. */
  readonly out: Float32Array;
}

/** The `k` nearest points of each query, by squared Euclidean distance. */
export interface NearestArgs {
  /** `[nQueries, dim]`. */
  readonly queries: Float32Array;
  readonly nQueries: number;
  /** `[nPoints, dim]`. */
  readonly points: Float32Array;
  readonly nPoints: number;
  readonly dim: number;
  /** Neighbors per query, 0 to `nPoints` (one less when the query itself is excluded). */
  readonly k: number;
  /** `[nQueries, k]`, indices into `points`, nearest first; equal distances by lower index. */
  readonly outIndices: Int32Array;
  /** `[nQueries, k]`, the squared distances, ascending. */
  readonly outDistances: Float32Array;
  /**
   * Set when query `i` is row `firstQuery + i` of `points`: that row is then not offered as a
   * neighbor of it. Omit to keep all points.
   */
  readonly firstQuery?: number;
}

/** Row gather: `out[i, :] = source[indices[i], :]`. */
export interface GatherRowsArgs {
  /** `[nSourceRows, width]`. */
  readonly source: Float32Array;
  readonly width: number;
  /** `[nRows]`, each in `0 .. floor(source.length / width) - 1`. */
  readonly indices: Int32Array;
  /** `[indices.length, width]`, overwritten. */
  readonly out: Float32Array;
}

/** Sum of rows by segment: `out[s, :]` = sum of the `values[i, :]` with `segmentIds[i] === s`. */
export interface SegmentSumArgs {
  /** `[segmentIds.length, width]`. */
  readonly values: Float32Array;
  readonly width: number;
  /** `[nRows]`, in any order, below `nSegments`; rows with a negative id are left out. */
  readonly segmentIds: Int32Array;
  readonly nSegments: number;
  /** `[nSegments, width]`, overwritten; segments without rows become 0. */
  readonly out: Float32Array;
}

/** Products, distances and rows of matrices. */
export interface MatrixKernels {
  /** Dense matrix product in any combination of transposes. */
  gemm(args: GemmArgs): void;
  /** CSR matrix times dense matrix. */
  spmm(args: SpmmArgs): void;
  /**
   * Squared distances as sums of squared differences (no norm expansion): never negative, exactly
   * 0 for equal points, the relative error does not depend on how far the data lie from the origin.
   */
  squaredDistances(args: SquaredDistanceArgs): void;
  /**
   * Exact nearest neighbors by exhaustive search. A point at a NaN or infinite distance is never a
   * neighbor; places that cannot be filled hold index -1 and distance Infinity.
   */
  nearest(args: NearestArgs): void;
  /** Copies rows by index. */
  gatherRows(args: GatherRowsArgs): void;
  /** Adds rows up by segment, in row order. */
  segmentSum(args: SegmentSumArgs): void;
}
