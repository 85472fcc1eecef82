import { FLOAT, VECTOR } from './simd';

// Layout of the scratch memory of the likelihood: arrays of CHUNK numbers, which together fit the
// first-level cache. A chain of dependent operations as long as that of a logarithm leaves a
// processor idle; so the work is cut into short loops over these arrays, whose iterations overlap,
// and the long ones take two or four vectors at a time. The loops test at their end: V8 moves the
// constants out of such loops only.

/** Columns that are worked on at once. */
export const CHUNK: i32 = 256;
/** Chunks are filled up to a multiple of this many columns: four vectors. */
export const GROUP: i32 = 16;

/** Bytes of two and of four vectors. */
export const PAIR_BYTES: usize = 2 * VECTOR;
export const GROUP_BYTES: usize = 4 * VECTOR;

export const CHUNK_BYTES: usize = <usize>CHUNK * FLOAT;

// By column: the activated values and the derivatives of the activations.
export const MEAN: usize = 0;
export const DISPERSION: usize = CHUNK_BYTES;
export const DROPOUT: usize = 2 * CHUNK_BYTES;
export const MEAN_SLOPE: usize = 3 * CHUNK_BYTES;
export const DISPERSION_SLOPE: usize = 4 * CHUNK_BYTES;
export const DROPOUT_SLOPE: usize = 5 * CHUNK_BYTES;

// By column, of the zero branch: m / t, 1 / (1 + m / t), log(1 + m / t), the share of zeros that
// are no dropouts, the probability of a zero.
export const RATIO: usize = 6 * CHUNK_BYTES;
export const SHARE: usize = 7 * CHUNK_BYTES;
export const LOG_RATIO: usize = 8 * CHUNK_BYTES;
export const WEIGHT: usize = 9 * CHUNK_BYTES;
export const TOTAL: usize = 10 * CHUNK_BYTES;

/** Columns with a count, filled up to whole vectors; one is written past the end. */
export const LIST: usize = 11 * CHUNK_BYTES;

/** Counts, means, dispersions and dropouts of the last columns of a row that do not fill a group. */
export const PADDED: usize = 12 * CHUNK_BYTES + VECTOR;

/** Scratch bytes that `zinb` needs. */
export function likelihoodWorkspaceBytes(): usize {
  return PADDED + 4 * CHUNK_BYTES;
}

/** Sum of the lanes. */
export function total(lanes: v128): f64 {
  return (
    <f64>f32x4.extract_lane(lanes, 0) +
    <f64>f32x4.extract_lane(lanes, 1) +
    <f64>f32x4.extract_lane(lanes, 2) +
    <f64>f32x4.extract_lane(lanes, 3)
  );
}
