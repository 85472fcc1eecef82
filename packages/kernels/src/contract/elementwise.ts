/** Functions of one number, in the order of their numbers in the WebAssembly module. */
export const UNARY_FUNCTIONS = [
  'exp',
  'expm1',
  'log',
  'log1p',
  'softplus',
  'sigmoid',
  'tanh',
  'elu',
  'gelu',
  'erf',
  'lgamma',
  'digamma',
] as const;

/**
 * A function of one number, by PyTorch's name: `softplus` is log(1 + e^x), `elu` has alpha 1, `gelu`
 * is the exact x Φ(x), `lgamma` and `digamma` are for x >= 0 (NaN below).
 */
export type UnaryFunction = (typeof UNARY_FUNCTIONS)[number];

/** `out[i] = f(x[i])`. */
export interface UnaryArgs {
  readonly f: UnaryFunction;
  readonly x: Float32Array;
  /** As long as `x`, overwritten; may be `x` itself. */
  readonly out: Float32Array;
}

/** `out[i] = x[i] ** exponent`. */
export interface PowerArgs {
  readonly x: Float32Array;
  readonly exponent: number;
  /** As long as `x`, overwritten; may be `x` itself. */
  readonly out: Float32Array;
}

/** Functions of each element on its own. */
export interface ElementwiseKernels {
  /** Relative error below 3e-7 (`lgamma` and `digamma`: 2e-6 of max(1, |value|)). */
  unary(args: UnaryArgs): void;
  /** Relative error below 1e-7 times max(4, |exponent log x|). */
  power(args: PowerArgs): void;
}
