/**
 * `out = (x - mean) / sqrt(variance + epsilon) gamma + beta`, with a mean and a biased variance per
 * column (batch normalization) or per row (layer normalization).
 */
export interface NormalizationArgs {
  readonly rows: number;
  readonly columns: number;
  /** `[rows, columns]`. */
  readonly x: Float32Array;
  /** `[columns]`. */
  readonly gamma: Float32Array;
  /** `[columns]`. */
  readonly beta: Float32Array;
  readonly epsilon: number;
  /** One a column or row; see the kernel whether it is read or overwritten. */
  readonly mean: Float32Array;
  /** As long as `mean`. */
  readonly variance: Float32Array;
  /** `[rows, columns]`, overwritten. */
  readonly out: Float32Array;
}

/** Way back through {@link NormalizationArgs}. */
export interface NormalizationGradientArgs {
  readonly rows: number;
  readonly columns: number;
  /** `[rows, columns]`, gradient by `out`. */
  readonly dy: Float32Array;
  /** `[rows, columns]`. */
  readonly x: Float32Array;
  /** `[columns]`. */
  readonly gamma: Float32Array;
  readonly epsilon: number;
  /** As the way forth left it. */
  readonly mean: Float32Array;
  /** As the way forth left it. */
  readonly variance: Float32Array;
  /** `[rows, columns]`, overwritten. */
  readonly dx: Float32Array;
  /** `[columns]`, overwritten. */
  readonly dGamma: Float32Array;
  /** `[columns]`, overwritten. */
  readonly dBeta: Float32Array;
}

/** Gradient arguments of a batch normalization. */
export interface BatchNormGradientArgs extends NormalizationGradientArgs {
  /** Whether mean and variance are those of `x`, so that the gradient by `x` runs through them. */
  readonly training: boolean;
}

/** Normalizations; sums run in float64, in two passes. Statistics over nothing are NaN. */
export interface NormalizationKernels {
  /** Columns by their own statistics, which are written to `mean` and `variance`. */
  batchNorm(args: NormalizationArgs): void;
  /** Columns by the statistics given. */
  batchNormFixed(args: NormalizationArgs): void;
  /** Gradients of {@link batchNorm} and {@link batchNormFixed}. */
  batchNormGradient(args: BatchNormGradientArgs): void;
  /** Rows by their own statistics, which are written to `mean` and `variance`. */
  layerNorm(args: NormalizationArgs): void;
  /** Gradients of {@link layerNorm}. */
  layerNormGradient(args: NormalizationGradientArgs): void;
}
