/** A matrix to be summed up. */
export interface SumArgs {
  readonly rows: number;
  readonly columns: number;
  /** `[rows, columns]`. */
  readonly x: Float32Array;
  /** One element a sum, overwritten. */
  readonly out: Float32Array;
}

/** Sums, added up in float64 and rounded once at the end. */
export interface ReductionKernels {
  /** `out[row] = sum of x[row, :]`; the sum over nothing is 0. */
  sumRows(args: SumArgs): void;
  /** `out[column] = sum of x[:, column]`; the sum over nothing is 0. */
  sumColumns(args: SumArgs): void;
}
