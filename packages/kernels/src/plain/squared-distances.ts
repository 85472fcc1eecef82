import { checkSquaredDistances } from '../checks/matrix.js';
import type { SquaredDistanceArgs } from '../contract/matrix.js';

/** Points of `b` compared with a point of `a` at once. */
const STRIP = 4;

/** Sums of squared differences, in float64. */
export function plainSquaredDistances(args: SquaredDistanceArgs): void {
  checkSquaredDistances(args);
  const { nA, nB } = args;
  const wide = nB - (nB % STRIP);
  for (let i = 0; i < nA; i++) {
    for (let j = 0; j < wide; j += STRIP) distancesToStrip(args, i, j);
    for (let j = wide; j < nB; j++) distanceToPoint(args, i, j);
  }
}

function distancesToStrip(args: SquaredDistanceArgs, i: number, j: number): void {
  const { a, b, nB, dim, out } = args;
  let [sum0, sum1, sum2, sum3] = [0, 0, 0, 0];
  const startA = i * dim;
  const start0 = j * dim;
  const start1 = start0 + dim;
  const start2 = start1 + dim;
  const start3 = start2 + dim;
  for (let d = 0; d < dim; d++) {
    const value = a[startA + d]!;
    const d0 = value - b[start0 + d]!;
    const d1 = value - b[start1 + d]!;
    const d2 = value - b[start2 + d]!;
    const d3 = value - b[start3 + d]!;
    sum0 += d0 * d0;
    sum1 += d1 * d1;
    sum2 += d2 * d2;
    sum3 += d3 * d3;
  }
  const target = i * nB + j;
  out[target] = sum0;
  out[target + 1] = sum1;
  out[target + 2] = sum2;
  out[target + 3] = sum3;
}

function distanceToPoint(args: SquaredDistanceArgs, i: number, j: number): void {
  const { a, b, nB, dim, out } = args;
  let sum = 0;
  for (let d = 0; d < dim; d++) {
    const difference = a[i * dim + d]! - b[j * dim + d]!;
    sum += difference * difference;
  }
  out[i * nB + j] = sum;
}
