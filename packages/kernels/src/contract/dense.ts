/**
 * Adds a bias and cuts at 0, in place: `values[rows, columns] += bias`, then `max(values, 0)` with
 * `relu`. NaN stays NaN.
 */
export interface BiasActivationArgs {
  readonly rows: number;
  readonly columns: number;
  /** `[rows, columns]`, updated. */
  readonly values: Float32Array;
  /** `[columns]`; default none. */
  readonly bias?: Float32Array | undefined;
  /** Default false. */
  readonly relu?: boolean;
}

/** Way back through {@link BiasActivationArgs}. */
export interface BiasGradientArgs {
  readonly rows: number;
  readonly columns: number;
  /** `[rows, columns]`, gradient of what the layer gave. */
  readonly gradients: Float32Array;
  /** `[rows, columns]`, what a layer with `relu` gave; left out for one without. */
  readonly outputs?: Float32Array | undefined;
  /** `[rows, columns]`, overwritten with the gradients where `outputs` is above 0; with it only. */
  readonly passed?: Float32Array | undefined;
  /** `[columns]`, overwritten with the column sums of what is passed; default none. */
  readonly biasGradient?: Float32Array | undefined;
}

/** `out[row, :] = factors[row] values[row, :]`. */
export interface ScaleRowsArgs {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
  /** `[rows]`. */
  readonly factors: Float32Array;
  /** `[rows, columns]`, overwritten. */
  readonly out: Float32Array;
}

/** `out[column, row] = x[row, column]`. */
export interface TransposeArgs {
  readonly rows: number;
  readonly columns: number;
  /** `[rows, columns]`. */
  readonly x: Float32Array;
  /** `[columns, rows]`, overwritten. */
  readonly out: Float32Array;
}

/** Sum of squared differences. */
export interface SquaredErrorArgs {
  readonly prediction: Float32Array;
  /** As long as `prediction`. */
  readonly target: Float32Array;
  /** Factor on the differences in `gradient`. */
  readonly scale: number;
  /** As long as `prediction`, overwritten with `scale (prediction - target)`. */
  readonly gradient: Float32Array;
}

/** What dense layers need beside the product. */
export interface DenseKernels {
  /** Finishes a dense layer in place. */
  biasActivation(args: BiasActivationArgs): void;
  /** Gradients of {@link biasActivation}. */
  biasGradient(args: BiasGradientArgs): void;
  /** Multiplies each row by a factor. */
  scaleRows(args: ScaleRowsArgs): void;
  /** Swaps rows and columns. */
  transpose(args: TransposeArgs): void;
  /** Returns the sum of `(prediction - target)²`, and its gradient up to a factor. */
  squaredError(args: SquaredErrorArgs): number;
}
