import { expect, test } from '@jest/globals';
import { CsrMatrix, DenseMatrix } from '@dance-ts/core';
import { nearestNeighbors } from '../neighbors/nearest-neighbors.js';
import { golden } from '../testing/golden.js';
import { umapConnectivities } from './umap-connectivities.js';

/*
 * Expected: sc.pp.neighbors(n_neighbors=6 and 15, method='umap', transformer='sklearn') of scanpy 1.10.4 with
 * umap-learn 0.5.3 on 120 points in 6 dimensions, from
 * tests/golden/scanpy_tools.json; the header of packages/analysis/scripts/make-scanpy-reference.py tells how
 * the values were made. Its n_neighbors counts the point itself.
 */
interface SparseArrays {
  readonly shape: readonly [number, number];
  readonly indptr: readonly number[];
  readonly indices: readonly number[];
  readonly data: readonly number[];
}
const reference = golden('scanpy_tools') as {
  embedding: number[][];
  neighbors: { n_neighbors: number; connectivities: SparseArrays; distances: SparseArrays }[];
};
const points = DenseMatrix.fromRows(reference.embedding);

function matrixOf({ shape, indptr, indices, data }: SparseArrays): CsrMatrix {
  return new CsrMatrix(
    ...shape,
    Int32Array.from(indptr),
    Int32Array.from(indices),
    Float32Array.from(data),
  );
}

test.each(reference.neighbors)('equals scanpy, $n_neighbors neighbors', async (expected) => {
  const k = expected.n_neighbors - 1;
  const neighbors = await nearestNeighbors(points, { k });
  const distances = matrixOf(expected.distances);
  neighbors.indices.forEach((j, e) => {
    const i = Math.floor(e / k);
    expect(Math.abs(neighbors.distances[e]! - distances.get(i, j))).toBeLessThan(1e-5);
  });
  const found = umapConnectivities(neighbors);
  const wanted = matrixOf(expected.connectivities);
  expect(found.nnz).toBe(wanted.nnz);
  expect(found.indices).toEqual(wanted.indices);
  const worst = found.data.reduce(
    (most, weight, e) => Math.max(most, Math.abs(weight - wanted.data[e]!)),
    0,
  );
  expect(worst).toBeLessThan(1e-5);
});
