import type { SimilarityCurve } from './umap-curve.js';

/** Steps per power of two. */
const STEP_BITS = 8;
const SHIFT = 23 - STEP_BITS;
const FRACTION_MASK = (1 << SHIFT) - 1;
/** Steps from 0 to the largest finite Float32, and one more to interpolate to. */
const ENTRIES = (0xff << STEP_BITS) + 1;

/**
 * A function of a squared distance as a table over the bits of Float32 numbers, 256 steps per power
 * of two, linear between them: relative error below 2e-5, without a power for each pair of points.
 */
export class DistanceTable {
  private readonly values = new Float64Array(ENTRIES);
  private readonly float = new Float32Array(1);
  private readonly bits = new Uint32Array(this.float.buffer);

  /** @param f - finite for all distances > 0; its value at 0 is not asked for */
  constructor(f: (squaredDistance: number) => number) {
    for (let entry = 1; entry < ENTRIES - 1; entry++) {
      this.bits[0] = entry << SHIFT;
      this.values[entry] = f(this.float[0]!);
    }
    this.values[0] = this.values[1]!;
    this.values[ENTRIES - 1] = this.values[ENTRIES - 2]!;
  }

  /** The value at a squared distance > 0, finite as Float32. */
  at(squaredDistance: number): number {
    this.float[0] = squaredDistance;
    const bits = this.bits[0]!;
    const entry = bits >>> SHIFT;
    const low = this.values[entry]!;
    return low + ((bits & FRACTION_MASK) / (FRACTION_MASK + 1)) * (this.values[entry + 1]! - low);
  }
}

/** Factor of the difference of two neighbors by which they are drawn together (negative). */
export function attraction({ a, b }: SimilarityCurve): DistanceTable {
  return new DistanceTable((d2) => {
    const power = a * d2 ** b;
    return power === Infinity ? (-2 * b) / d2 : (-2 * b * power) / (d2 * (1 + power));
  });
}

/** Factor of the difference of two points by which they are driven apart. */
export function repulsion({ a, b }: SimilarityCurve): DistanceTable {
  return new DistanceTable((d2) => (2 * b) / ((0.001 + d2) * (1 + a * d2 ** b)));
}
