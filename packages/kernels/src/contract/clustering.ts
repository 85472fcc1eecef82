/** Softmax of rows. */
export interface SoftmaxArgs {
  readonly rows: number;
  readonly columns: number;
  /** `[rows, columns]`. */
  readonly x: Float32Array;
  /** Whether the logarithm is wanted; default false. */
  readonly logarithm?: boolean;
  /** `[rows, columns]`, overwritten; may be `x` itself. */
  readonly out: Float32Array;
}

/** Way back through {@link SoftmaxArgs}. */
export interface SoftmaxGradientArgs {
  readonly rows: number;
  readonly columns: number;
  /** `[rows, columns]`, gradient by the output. */
  readonly dy: Float32Array;
  /** `[rows, columns]`, the output. */
  readonly y: Float32Array;
  /** As on the way forth. */
  readonly logarithm?: boolean;
  /** `[rows, columns]`, overwritten. */
  readonly dx: Float32Array;
}

/**
 * Soft assignment of points to centers by Student's t kernel (Xie, Girshick and Farhadi, 2016):
 * `q[i, j]` is proportional to `(1 + |z_i - c_j|² / alpha)^(-(alpha + 1) / 2)`, rows sum up to 1.
 */
export interface SoftAssignArgs {
  readonly rows: number;
  readonly clusters: number;
  readonly dim: number;
  /** `[rows, dim]`. */
  readonly z: Float32Array;
  /** `[clusters, dim]`. */
  readonly centers: Float32Array;
  /** Degrees of freedom, above 0. */
  readonly alpha: number;
  /** `[rows, clusters]`, overwritten. */
  readonly q: Float32Array;
}

/** Way back through {@link SoftAssignArgs}. */
export interface SoftAssignGradientArgs extends SoftAssignArgs {
  /** `[rows, clusters]`, gradient by `q`; `q` itself is read. */
  readonly dq: Float32Array;
  /** `[rows, clusters]`, overwritten with intermediate results. */
  readonly weights: Float32Array;
  /** `[rows, dim]`, overwritten. */
  readonly dz: Float32Array;
  /** `[clusters, dim]`, overwritten. */
  readonly dCenters: Float32Array;
}

/** Distributions over classes or clusters. */
export interface ClusteringKernels {
  /** A row with NaN, or with nothing but -infinity, becomes NaN. */
  softmax(args: SoftmaxArgs): void;
  /** Gradient of {@link softmax}. */
  softmaxGradient(args: SoftmaxGradientArgs): void;
  /** Works with logarithms, so that points far from all centers keep their order. */
  softAssign(args: SoftAssignArgs): void;
  /** Gradients of {@link softAssign}. */
  softAssignGradient(args: SoftAssignGradientArgs): void;
}
