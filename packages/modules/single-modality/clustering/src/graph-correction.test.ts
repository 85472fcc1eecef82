import { CsrMatrix, DenseMatrix } from '@dance-ts/core';
import { expect, test } from '@jest/globals';
import { correctedGraph } from './graph-correction.js';

// Cells on a line: 0-3 around center 0, 4-6 around center 10.
const latent = new DenseMatrix(7, 1, Float32Array.of(-1, 0.1, 1, 2, 9, 10.5, 12));
const centers = new DenseMatrix(2, 1, Float32Array.of(0, 10));
const labels = Int32Array.of(0, 0, 0, 0, 1, 1, 1);
const graph = CsrMatrix.fromTriplets(
  7,
  7,
  [0, 0, 1, 2, 4, 6],
  [0, 1, 4, 2, 5, 6],
  [1, 0.5, 0.25, 1, 0.75, 1],
);

/** Links as [from, to, weight]. */
function linksOf(matrix: CsrMatrix): number[][] {
  return Array.from({ length: matrix.nRows }, (_, i) => {
    const { indices, data } = matrix.row(i);
    return Array.from(indices, (j, e) => [i, j, data[e]!]);
  }).flat();
}

test('reliable cells are linked to the representatives of their clusters', () => {
  const reliable = Int32Array.of(0, 1, 2, 4, 5, 6);
  expect(linksOf(correctedGraph(graph, { latent, centers, labels, reliable }))).toEqual([
    [0, 1, 0.5], // was there
    [1, 4, 0.25],
    [2, 1, 1],
    [4, 5, 0.75],
    [6, 5, 1],
  ]);
});

test('a representative of another cluster links nobody', () => {
  const reliable = Int32Array.of(2, 3, 4);
  const far = new DenseMatrix(2, 1, Float32Array.of(8, 10));
  expect(linksOf(correctedGraph(graph, { latent, centers: far, labels, reliable }))).toEqual([
    [0, 1, 0.5],
    [1, 4, 0.25],
    [4, 5, 0.75],
  ]);
});

test('without reliable cells only the self loops go', () => {
  const reliable = new Int32Array(0);
  const corrected = correctedGraph(graph, { latent, centers, labels, reliable });
  expect(linksOf(corrected)).toEqual(linksOf(graph).filter(([i, j]) => i !== j));
});
