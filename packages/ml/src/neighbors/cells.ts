import type { DenseMatrix, Pacer, Rng, RunOptions } from '@dance-ts/core';
import type { Kernels } from '@dance-ts/kernels';
import { kMeans } from '../cluster/k-means.js';

/** Rows grouped by the nearest of some centers. */
export interface Cells {
  /** Rows of X, cell after cell, ascending within one, [n] */
  readonly order: Int32Array;
  /** Cell c holds the places starts[c]..starts[c + 1] - 1 of `order`, [nCells + 1] */
  readonly starts: Int32Array;
  /** All cells by the distance of their centers from that of a cell, itself first, [nCells] */
  readonly around: (cell: number) => Int32Array;
}

/** Rows a cell from which the centers are learned. */
const SAMPLE_PER_CELL = 12;
const LLOYD_STEPS = 4;
const BLOCK = 1024;

/**
 * Groups the rows of X around centers that k-means finds on a sample of them.
 *
 * @param X - [n, d], finite
 * @param nCells - from 2 to n
 * @throws AbortError
 */
export async function groupInCells(
  X: DenseMatrix,
  nCells: number,
  rng: Rng,
  kernels: Kernels,
  pacer: Pacer,
  run: RunOptions,
): Promise<Cells> {
  const permutation = rng.permutation(X.nRows);
  const sample = X.selectRows(permutation.subarray(0, nCells * SAMPLE_PER_CELL));
  const { centers } = await kMeans(sample, {
    signal: run.signal,
    nClusters: nCells,
    rng,
    init: X.selectRows(permutation.subarray(0, nCells)),
    maxIter: LLOYD_STEPS,
  });
  const labels = await nearestCenters(X, centers, kernels, pacer);
  const starts = new Int32Array(nCells + 1);
  for (const label of labels) starts[label + 1]! += 1;
  for (let c = 0; c < nCells; c++) starts[c + 1]! += starts[c]!;
  const next = starts.slice(0, nCells);
  const order = new Int32Array(X.nRows);
  labels.forEach((label, i) => (order[next[label]!++] = i));
  return { order, starts, around: (cell) => cellsByDistance(cell, centers, kernels) };
}

async function nearestCenters(
  X: DenseMatrix,
  centers: DenseMatrix,
  kernels: Kernels,
  pacer: Pacer,
): Promise<Int32Array> {
  const labels = new Int32Array(X.nRows);
  const distances = new Float32Array(BLOCK);
  for (let start = 0; start < X.nRows; start += BLOCK) {
    await pacer.tick();
    const end = Math.min(X.nRows, start + BLOCK);
    kernels.nearest({
      queries: X.data.subarray(start * X.nCols, end * X.nCols),
      nQueries: end - start,
      points: centers.data,
      nPoints: centers.nRows,
      dim: X.nCols,
      k: 1,
      outIndices: labels.subarray(start, end),
      outDistances: distances,
    });
  }
  return labels;
}

/** All cells, the nearest center first, of equally near ones the lower. */
function cellsByDistance(cell: number, centers: DenseMatrix, kernels: Kernels): Int32Array {
  const n = centers.nRows;
  const out = new Float32Array(n);
  kernels.squaredDistances({
    a: centers.row(cell),
    nA: 1,
    b: centers.data,
    nB: n,
    dim: centers.nCols,
    out,
  });
  // Itself first, also among centers at the same place.
  out[cell] = -1;
  return Int32Array.from(out.keys()).sort((a, b) => out[a]! - out[b]! || a - b);
}
