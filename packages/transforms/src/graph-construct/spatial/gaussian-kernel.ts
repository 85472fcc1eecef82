import { DenseMatrix, Pacer, ParamError, type RunOptions } from '@dance-ts/core';
import { GaussianGrid } from './gaussian-grid.js';
import { pairsWithin } from './spots.js';

// Looked up once: in a sandbox such as a test runner's, each look-up of a global is slow.
const { exp } = Math;

/** W_ij = exp(-|s_i - s_j|^2 / 2 sigma^2) as an operator. */
export interface GaussianKernel {
  /** Number of spots. */
  readonly n: number;
  /** W V, [n, width], for V [n, width]. */
  multiply(V: DenseMatrix): DenseMatrix;
  /** Sum of each row of W, [n]. */
  rowSums(): Float64Array;
}

/** Options of {@link gaussianKernel}. */
export interface GaussianKernelOptions extends RunOptions {
  /** Leave out the weight 1 of a spot for itself; default true. */
  readonly zeroDiagonal?: boolean;
  /**
   * - `dense`: all pairs, computed anew for each product; time grows with n^2.
   * - `sparse`: pairs within 5 sigma, stored; right if sigma is a few pitches. The weights left out
   *   are below 3.8e-6.
   * - `grid`: values spread to a grid of step sigma / 4, blurred there and read back; right if
   *   sigma is a good part of the tissue. A single weight is off by less than 1e-3, a
   *   sum over many by less than 5e-4 of the largest sum.
   * - `auto` (default): dense up to 4,000 spots, else sparse or grid by the number of pairs.
   */
  readonly mode?: 'auto' | 'dense' | 'sparse' | 'grid';
}

const MAX_DENSE = 4000;
const MAX_NEIGHBORS = 500;
const SPARSE_REACH = 5;

/**
 * The Gaussian kernel of spots as an operator; n x n numbers are never held.
 *
 * Source: Ma & Zhou, Nature Biotechnology 40:1349, 2022 (CARD); Greengard & Strain, SIAM J. Sci.
 * Stat. Comput. 12, 1991 (fast Gauss transform).
 *
 * @param places - [n, 2], finite
 * @param sigma - in the unit of the places
 * @throws ParamError unless sigma is above 0; AbortError
 */
export async function gaussianKernel(
  places: DenseMatrix,
  sigma: number,
  options: GaussianKernelOptions = {},
): Promise<GaussianKernel> {
  if (!(sigma > 0 && sigma < Infinity)) {
    throw new ParamError('sigma of a Gaussian kernel', { got: String(sigma), expected: '> 0' });
  }
  const { zeroDiagonal = true, mode = 'auto', signal } = options;
  const own = zeroDiagonal ? 0 : 1;
  const chosen = mode === 'auto' ? chosenMode(places, sigma) : mode;
  const multiply = await productOf(places, sigma, chosen, new Pacer(signal));
  const n = places.nRows;
  const withOwn = (V: DenseMatrix): Float64Array => {
    const product = multiply(V);
    if (own === 0) return product;
    return product.map((value, e) => value + V.data[e]!);
  };
  return {
    n,
    multiply: (V) => new DenseMatrix(n, V.nCols, Float32Array.from(withOwn(V))),
    rowSums: () => withOwn(new DenseMatrix(n, 1, new Float32Array(n).fill(1))),
  };
}

/** A product with the kernel without its diagonal, float64. */
type Product = (V: DenseMatrix) => Float64Array;

async function productOf(
  places: DenseMatrix,
  sigma: number,
  mode: 'dense' | 'sparse' | 'grid',
  pacer: Pacer,
): Promise<Product> {
  if (mode === 'dense') return (V) => denseProduct(places, sigma, V);
  if (mode === 'sparse') return sparseProduct(places, sigma, pacer);
  const grid = new GaussianGrid(places, sigma);
  return (V) => grid.multiply(V);
}

function chosenMode(places: DenseMatrix, sigma: number): 'dense' | 'sparse' | 'grid' {
  if (places.nRows <= MAX_DENSE) return 'dense';
  const { area } = new GaussianGrid(places, sigma);
  const neighbors = (places.nRows * Math.PI * (SPARSE_REACH * sigma) ** 2) / area;
  return neighbors <= MAX_NEIGHBORS ? 'sparse' : 'grid';
}

function denseProduct(places: DenseMatrix, sigma: number, V: DenseMatrix): Float64Array {
  const out = new Float64Array(V.data.length);
  for (let i = 0; i < places.nRows; i++) {
    for (let j = 0; j < places.nRows; j++) {
      if (i === j) continue;
      const square =
        (places.get(i, 0) - places.get(j, 0)) ** 2 + (places.get(i, 1) - places.get(j, 1)) ** 2;
      addScaledRow(out, i, exp(-square / (2 * sigma * sigma)), V, j);
    }
  }
  return out;
}

async function sparseProduct(places: DenseMatrix, sigma: number, pacer: Pacer): Promise<Product> {
  const pairs = await pairsWithin(places, SPARSE_REACH * sigma, pacer, (_i, _j, distance) =>
    exp(-(distance ** 2) / (2 * sigma * sigma)),
  );
  return (V) => {
    const out = new Float64Array(V.data.length);
    for (let i = 0; i < pairs.nRows; i++) {
      const { indices, data } = pairs.row(i);
      indices.forEach((j, e) => {
        addScaledRow(out, i, data[e]!, V, j);
      });
    }
    return out;
  };
}

function addScaledRow(
  out: Float64Array,
  i: number,
  weight: number,
  V: DenseMatrix,
  j: number,
): void {
  for (let c = 0; c < V.nCols; c++) out[i * V.nCols + c]! += weight * V.data[j * V.nCols + c]!;
}
