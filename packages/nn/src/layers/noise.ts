import type { Rng } from '@dance-ts/core';

/**
 * Fills an array with independent normal noise of mean 0. Twice as fast as drawing each value by
 * `Rng.normal`: both values of Marsaglia's polar method are used.
 */
export function fillNormal(values: Float32Array, deviation: number, rng: Rng): Float32Array {
  const { log, sqrt } = Math; // in a sandbox each look-up of a global is slow
  for (let i = 0; i < values.length;) {
    const u = 2 * rng.uniform() - 1;
    const v = 2 * rng.uniform() - 1;
    const s = u * u + v * v;
    if (s === 0 || s >= 1) continue;
    const factor = deviation * sqrt((-2 * log(s)) / s);
    values[i] = u * factor;
    values[i + 1] = v * factor; // beyond the end of an odd length: ignored
    i += 2;
  }
  return values;
}
