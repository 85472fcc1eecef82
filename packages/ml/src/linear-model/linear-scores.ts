import { Pacer, type Matrix } from '@dance-ts/core';
import { getKernels } from '@dance-ts/kernels';
import { rowBlocks } from './row-blocks.js';

/** A linear function of the features for each of k outputs. */
export interface LinearFunction {
  /** [k, nFeatures] */
  readonly coef: Float32Array;
  /** [k] */
  readonly intercept: Float64Array;
}

/**
 * X coef^T + intercept.
 *
 * @param X - [n, p]
 * @returns [n * k], row-major
 * @throws AbortError
 */
export async function linearScores(
  X: Matrix,
  { coef, intercept }: LinearFunction,
  signal?: AbortSignal,
): Promise<Float32Array> {
  const k = intercept.length;
  const kernels = await getKernels();
  const pacer = new Pacer(signal);
  const weights = transposed(coef, k);
  const scores = new Float32Array(X.nRows * k);
  for (const block of rowBlocks(X, kernels)) {
    await pacer.tick();
    const part = scores.subarray(block.start * k, (block.start + block.nRows) * k);
    block.times(weights, k, part);
    for (let e = 0; e < part.length; e++) part[e]! += intercept[e % k]!;
  }
  return scores;
}

/** [rows, n] of a row-major [n, rows]. */
export function transposed(values: Float32Array, rows: number): Float32Array {
  const n = values.length / rows;
  const out = new Float32Array(values.length);
  for (let r = 0; r < rows; r++) {
    for (let e = 0; e < n; e++) out[e * rows + r] = values[r * n + e]!;
  }
  return out;
}
