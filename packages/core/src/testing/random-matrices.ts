import { DenseMatrix } from '../matrix/dense-matrix.js';
import type { Rng } from '../random/rng.js';

/** Small whole numbers, about `density` of them not zero; sums of them are exact. */
export function randomDense(
  rng: Rng,
  nRows: number,
  nCols: number,
  density: number = rng.uniform(),
): DenseMatrix {
  const matrix = DenseMatrix.zeros(nRows, nCols);
  for (let e = 0; e < matrix.data.length; e++) {
    if (rng.uniform() < density) matrix.data[e] = rng.int(19) - 9;
  }
  return matrix;
}

/** Shapes for property tests: degenerate ones first, then random ones. */
export function randomShapes(rng: Rng, count: number): [number, number][] {
  const shapes: [number, number][] = [
    [0, 0],
    [0, 4],
    [4, 0],
    [1, 1],
    [1, 7],
    [7, 1],
  ];
  while (shapes.length < count) shapes.push([1 + rng.int(12), 1 + rng.int(12)]);
  return shapes;
}
