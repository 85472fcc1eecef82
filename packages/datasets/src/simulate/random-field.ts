import type { Rng } from '@dance-ts/core';

// Looked up once: in a sandbox such as a test runner's, each look-up of a global is slow.
const { cos } = Math;

/** Waves a field is made of. */
const N_WAVES = 200;

/**
 * Smooth random fields at points of the plane by random Fourier features (Rahimi & Recht, 2007):
 * sums of cosines whose frequencies are normal with standard deviation 1 / length scale, which is
 * close to a Gaussian process with kernel exp(-r^2 / 2 scale^2). Memory and time are linear in the
 * points.
 *
 * @returns points x fields, row-major; each field has mean 0 and standard deviation 1
 */
export function randomFields(
  x: Float64Array,
  y: Float64Array,
  scale: number,
  nFields: number,
  rng: Rng,
): Float64Array {
  const waves = Array.from({ length: N_WAVES }, () => ({
    fx: rng.normal() / scale,
    fy: rng.normal() / scale,
    phase: 2 * Math.PI * rng.uniform(),
    weights: Float64Array.from({ length: nFields }, () => rng.normal()),
  }));
  const fields = new Float64Array(x.length * nFields);
  for (const { fx, fy, phase, weights } of waves) {
    for (let i = 0; i < x.length; i++) {
      const wave = cos(x[i]! * fx + y[i]! * fy + phase);
      for (let f = 0; f < nFields; f++) fields[i * nFields + f]! += wave * weights[f]!;
    }
  }
  for (let f = 0; f < nFields; f++) standardize(fields, f, nFields);
  return fields;
}

function standardize(values: Float64Array, column: number, nColumns: number): void {
  const n = values.length / nColumns;
  let [mean, squares] = [0, 0];
  for (let i = 0; i < n; i++) mean += values[i * nColumns + column]! / n;
  for (let i = 0; i < n; i++) squares += (values[i * nColumns + column]! - mean) ** 2 / n;
  const sd = squares > 0 ? Math.sqrt(squares) : 1;
  for (let i = 0; i < n; i++) {
    values[i * nColumns + column] = (values[i * nColumns + column]! - mean) / sd;
  }
}
