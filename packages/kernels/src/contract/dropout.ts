/** A mask to be drawn. */
export interface DropoutMaskArgs {
  /** The four words of a generator xoshiro128** (those of an `Rng`), updated in place. */
  readonly state: Uint32Array;
  /** Probability of an element to be dropped, from 0 to 1. */
  readonly rate: number;
  /** Filled to its end. */
  readonly out: Float32Array;
}

/** Masks of inverted dropout. */
export interface DropoutKernels {
  /**
   * `out[i] = 0` where the generator's next number in [0, 2^32) is below `rate * 2^32`, rounded,
   * else `1 / (1 - rate)`. One number an element: every implementation gives the same bytes.
   */
  dropoutMask(args: DropoutMaskArgs): void;
}
