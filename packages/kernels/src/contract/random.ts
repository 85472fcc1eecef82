/** A mask to be drawn. */
export interface DropoutMaskArgs {
  /** The four words of a generator xoshiro128** (those of an `Rng`), updated in place. */
  readonly state: Uint32Array;
  /** Probability of an element to be dropped, from 0 to 1. */
  readonly rate: number;
  /** Filled to its end. */
  readonly out: Float32Array;
}

/** Noise to be drawn. */
export interface NormalNoiseArgs {
  /** The four words of a generator xoshiro128** (those of an `Rng`), updated in place. */
  readonly state: Uint32Array;
  /** Standard deviation, a finite number >= 0. */
  readonly deviation: number;
  /** Filled to its end. */
  readonly out: Float32Array;
}

/** Random numbers. Every implementation gives the same bytes. */
export interface RandomKernels {
  /**
   * Mask of inverted dropout: `out[i] = 0` where the generator's next number in [0, 2^32) is below
   * `rate * 2^32`, rounded, else `1 / (1 - rate)`. One number an element.
   */
  dropoutMask(args: DropoutMaskArgs): void;

  /**
   * Independent normal values of mean 0 (Box & Muller, 1958, in float32): two from two numbers of
   * the generator, and the last of an odd length from two as well. No value is farther from 0 than
   * 5.77 deviations, which in 10^8 values one would be.
   */
  normalNoise(args: NormalNoiseArgs): void;
}
