/**
 * The numeric kernels of the library, on row-major typed arrays.
 *
 * Every implementation (see {@link Kernels.id}) obeys the same contract. Arrays may be longer than
 * needed (so buffers can be reused); what lies beyond the stated shape is neither read nor written.
 * An `out` array must not overlap an input. Sizes may be 0. NaN and infinities propagate as IEEE
 * arithmetic says: nothing is skipped for being zero.
 */

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

/** The numbers of one Adam step; the formulas are at {@link Kernels.adam}. */
export interface AdamSettings {
  /** Number of this step, from 1. */
  readonly step: number;
  readonly learningRate: number;
  /** Decay of the first moment; default 0.9. */
  readonly beta1?: number;
  /** Decay of the second moment; default 0.999. */
  readonly beta2?: number;
  /** Added to the root; default 1e-8. */
  readonly epsilon?: number;
  /** Default 0. */
  readonly weightDecay?: number;
  /**
   * AdamW (Loshchilov and Hutter, 2019): shrink the parameters by `learningRate * weightDecay`
   * instead of adding the decay to the gradient; default false.
   */
  readonly decoupledWeightDecay?: boolean;
}

/** One Adam step; the arrays are as long as `parameters`, and all but `gradients` are updated. */
export interface AdamArgs extends AdamSettings {
  readonly parameters: Float32Array;
  readonly gradients: Float32Array;
  /** `m`; zeros before the first step. */
  readonly firstMoment: Float32Array;
  /** `v`; zeros before the first step. */
  readonly secondMoment: Float32Array;
  /**
   * When given, AMSGrad (Reddi et al., 2018): the running maximum of `v`, used in place of `v` in
   * the update; zeros before the first step.
   */
  readonly maxSecondMoment?: Float32Array;
}

/** Identifies an implementation, and with it the rounding of its results. */
export type KernelsId = 'plain' | 'wasm-baseline' | 'wasm-relaxed';

/**
 * One implementation of all kernels. The same id gives the same bytes for the same input on every
 * machine, except `wasm-relaxed`, whose fused multiply-add depends on the processor.
 *
 * Every method throws `ParamError` for a size that is not a whole number >= 0 or an array that is
 * too short, and `DataError` for an index out of range.
 */
export interface Kernels {
  readonly id: KernelsId;
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
  /**
   * One in-place Adam step (Kingma and Ba, 2015, arXiv:1412.6980) with PyTorch's semantics:
   * `g = gradients + weightDecay * parameters` (no decay here when decoupled),
   * `m = beta1 m + (1 - beta1) g`, `v = beta2 v + (1 - beta2) g²`,
   * `parameters -= learningRate * mHat / (sqrt(vHat) + epsilon)` with
   * `mHat = m / (1 - beta1^step)` and `vHat = v / (1 - beta2^step)`.
   */
  adam(args: AdamArgs): void;
}
