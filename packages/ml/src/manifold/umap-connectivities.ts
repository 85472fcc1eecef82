import { CsrMatrix } from '@dance-ts/core';
import type { Neighbors } from '../neighbors/nearest-neighbors.js';

const BISECTION_STEPS = 64;
const BISECTION_TOLERANCE = 1e-5;
const SMALLEST_BANDWIDTH = 1e-3;

/**
 * UMAP's fuzzy neighbor graph (McInnes, Healy & Melville, 2018), as scanpy's `connectivities`:
 * w_ij = exp(-max(0, d_ij - rho_i) / sigma_i) with rho_i the distance to the nearest other point
 * and sigma_i such that the weights of a row sum to log2(k + 1), then w + w^T - w w^T.
 *
 * scanpy's `n_neighbors` counts the cell itself, so it is k + 1 here.
 *
 * @returns symmetric [n, n], weights in (0, 1], no self loops
 */
export function umapConnectivities({ indices, distances, n, k }: Neighbors): CsrMatrix {
  const weights = new Float64Array(n * k);
  const overallMean = mean(distances);
  for (let i = 0; i < n; i++) {
    const own = distances.subarray(i * k, (i + 1) * k);
    const rho = own.find((distance) => distance > 0) ?? 0;
    const floor = SMALLEST_BANDWIDTH * (rho > 0 ? mean(own) : overallMean);
    const sigma = Math.max(bandwidth(own, rho, Math.log2(k + 1)), floor);
    own.forEach((distance, t) => {
      const beyond = distance - rho;
      weights[i * k + t] = beyond <= 0 || sigma === 0 ? 1 : Math.exp(-beyond / sigma);
    });
  }
  const rows = Int32Array.from({ length: n * k }, (_, e) => Math.floor(e / k));
  return fuzzyUnion(CsrMatrix.fromTriplets(n, n, rows, indices, weights));
}

/** sigma with sum of exp(-max(0, d - rho) / sigma) = target, by bisection. */
function bandwidth(distances: Float32Array, rho: number, target: number): number {
  let low = 0;
  let high = Infinity;
  let sigma = 1;
  for (let step = 0; step < BISECTION_STEPS; step++) {
    let sum = 0;
    for (const distance of distances) {
      const beyond = distance - rho;
      sum += beyond > 0 ? Math.exp(-beyond / sigma) : 1;
    }
    if (Math.abs(sum - target) < BISECTION_TOLERANCE) break;
    if (sum > target) high = sigma;
    else low = sigma;
    sigma = high === Infinity ? sigma * 2 : (low + high) / 2;
  }
  return sigma;
}

/** a + b - a b over the union of both patterns, with b = a^T. */
function fuzzyUnion(directed: CsrMatrix): CsrMatrix {
  const n = directed.nRows;
  const transposed = directed.transpose();
  const indptr = new Int32Array(n + 1);
  const indices = new Int32Array(2 * directed.nnz);
  const data = new Float32Array(2 * directed.nnz);
  let end = 0;
  for (let i = 0; i < n; i++) {
    const a = directed.row(i);
    const b = transposed.row(i);
    let s = 0;
    let t = 0;
    while (s < a.indices.length || t < b.indices.length) {
      const ja = a.indices[s] ?? n;
      const jb = b.indices[t] ?? n;
      const wa = ja <= jb ? a.data[s++]! : 0;
      const wb = jb <= ja ? b.data[t++]! : 0;
      const weight = wa + wb - wa * wb;
      if (weight > 0) {
        indices[end] = Math.min(ja, jb);
        data[end++] = weight;
      }
    }
    indptr[i + 1] = end;
  }
  return new CsrMatrix(n, n, indptr, indices.slice(0, end), data.slice(0, end));
}

function mean(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
