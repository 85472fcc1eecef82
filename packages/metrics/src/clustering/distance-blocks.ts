import { getKernels } from '@dance-ts/kernels';
import type { DenseValues } from '../regression/values.js';

/** Rows whose distances to all others are held at a time. */
export const BLOCK = 128;

/**
 * Squared Euclidean distances of up to `BLOCK` rows to all rows, [nRows, n]; the array is used
 * again by the next call.
 */
export type DistanceBlocks = (start: number, nRows: number) => ArrayLike<number>;

/**
 * Distances between the rows of a matrix, block by block: by the kernels for float32 values, in
 * float64 for all others.
 */
export async function distanceBlocks(X: DenseValues): Promise<DistanceBlocks> {
  const { data } = X;
  return data instanceof Float32Array ? float32Blocks(X, data) : Promise.resolve(float64Blocks(X));
}

async function float32Blocks(
  { nRows: n, nCols: dim }: DenseValues,
  points: Float32Array,
): Promise<DistanceBlocks> {
  const kernels = await getKernels();
  const out = new Float32Array(BLOCK * n);
  return (start, nRows) => {
    const a = points.subarray(start * dim, (start + nRows) * dim);
    kernels.squaredDistances({ a, nA: nRows, b: points, nB: n, dim, out });
    return out;
  };
}

function float64Blocks({ nRows: n, nCols: dim, data }: DenseValues): DistanceBlocks {
  const out = new Float64Array(BLOCK * n);
  return (start, nRows) => {
    for (let i = 0; i < nRows; i++) {
      const own = (start + i) * dim;
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let f = 0; f < dim; f++) {
          const difference = data[own + f]! - data[j * dim + f]!;
          sum += difference * difference;
        }
        out[i * n + j] = sum;
      }
    }
    return out;
  };
}
