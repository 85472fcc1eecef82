import { describe, expect, test } from '@jest/globals';
import { CsrMatrix, DataError, DenseMatrix, Pacer, Rng } from '@dance-ts/core';
import {
  diffuse,
  diffusionOperator,
  procrustesDistance,
  product,
  unexplainedChange,
} from './diffusion.js';

const OPTIONS = { k: 6, ka: 3, decay: 2, epsilon: 1 };

function randomPoints(n: number, d: number, seed = 1): DenseMatrix {
  const rng = Rng.fromSeed(seed);
  return new DenseMatrix(
    n,
    d,
    Float32Array.from({ length: n * d }, () => rng.normal()),
  );
}

/** The same by full matrices in float64, straight from the formulas. */
function denseOperator(points: DenseMatrix, { k, ka, decay, epsilon }: typeof OPTIONS): number[][] {
  const n = points.nRows;
  const distance = (i: number, j: number): number =>
    Math.sqrt(points.row(i).reduce((sum, x, f) => sum + (x - points.get(j, f)) ** 2, 0));
  const affinities = Array.from({ length: n }, (_, i) => {
    const all = Array.from({ length: n }, (__, j) => (i === j ? 0 : distance(i, j)));
    const sorted = [...all].sort((a, b) => a - b);
    const sigma = sorted[ka]!;
    const farthest = sorted[k - 1]!;
    return all.map((d) => (d <= farthest ? Math.exp(-((d / (epsilon * sigma)) ** decay)) : 0));
  });
  const both = affinities.map((row, i) => row.map((a, j) => a + affinities[j]![i]!));
  return both.map((row) => {
    const sum = row.reduce((total, a) => total + a, 0);
    return row.map((a) => a / sum);
  });
}

function times(a: number[][], b: number[][]): number[][] {
  return a.map((row) => b[0]!.map((_, j) => row.reduce((sum, x, l) => sum + x * b[l]![j]!, 0)));
}

const rowsOf = (matrix: DenseMatrix): number[][] =>
  Array.from({ length: matrix.nRows }, (_, i) => [...matrix.row(i)]);

describe('diffusion operator', () => {
  test.each([
    ['Gaussian', OPTIONS],
    ['alpha decay, wide', { k: 9, ka: 2, decay: 1, epsilon: 2 }],
  ])('equals a dense reference: %s', async (_, options) => {
    const points = randomPoints(40, 5);
    const sparse = rowsOf((await diffusionOperator(points, options)).toDense());
    denseOperator(points, options).forEach((row, i) => {
      row.forEach((value, j) => {
        expect(Math.abs(sparse[i]![j]! - value)).toBeLessThan(1e-5);
      });
    });
  });

  test('rows sum to 1', async () => {
    const operator = await diffusionOperator(randomPoints(30, 4), OPTIONS);
    for (const sum of operator.rowSums()) expect(sum).toBeCloseTo(1, 5);
  });

  test('duplicates of a cell take the smallest positive distance as bandwidth', async () => {
    const points = DenseMatrix.fromRows([[0], [0], [0], [0], [1], [3]]);
    const operator = await diffusionOperator(points, { ...OPTIONS, ka: 2 });
    expect(operator.data.every(Number.isFinite)).toBe(true);
    expect(operator.get(0, 1)).toBeCloseTo(operator.get(0, 0), 6);
    // From cell 0: exp(-(1 / 1)^2); from cell 4, whose 2nd neighbor is at distance 1, the same.
    expect(operator.get(0, 4) / operator.get(0, 0)).toBeCloseTo(Math.exp(-1), 5);
  });

  test('all cells alike: uniform; fewer cells than k; a single cell is refused', async () => {
    const same = await diffusionOperator(DenseMatrix.zeros(3, 2), OPTIONS);
    for (const value of same.data) expect(value).toBeCloseTo(1 / 3, 6);
    await expect(diffusionOperator(DenseMatrix.zeros(1, 2), OPTIONS)).rejects.toThrow(DataError);
  });
});

describe('diffusion', () => {
  test('equals the power of the dense operator, to 1e-5', async () => {
    const points = randomPoints(40, 5);
    const operator = await diffusionOperator(points, OPTIONS);
    const X = randomPoints(40, 70, 2); // more genes than a block
    let expected = rowsOf(X);
    const M = denseOperator(points, OPTIONS);
    for (let step = 0; step < 3; step++) expected = times(M, expected);
    const diffused = await diffuse(operator, X, 3);
    expected.forEach((row, i) => {
      row.forEach((value, j) => {
        expect(Math.abs(diffused.get(i, j) - value)).toBeLessThan(1e-5);
      });
    });
    const sparse = await diffuse(operator, CsrMatrix.fromDense(X), 3);
    expect(sparse).toEqual(diffused);
  });

  test('no step changes nothing; a constant stays constant', async () => {
    const operator = await diffusionOperator(randomPoints(20, 3), OPTIONS);
    const X = randomPoints(20, 4, 3);
    expect(await diffuse(operator, X, 0)).toEqual(X);
    const ones = new DenseMatrix(20, 2, new Float32Array(40).fill(2));
    for (const value of (await diffuse(operator, ones, 7)).data) expect(value).toBeCloseTo(2, 5);
  });

  test('one product is one step', async () => {
    const operator = await diffusionOperator(randomPoints(20, 3), OPTIONS);
    const X = randomPoints(20, 4, 3);
    expect(await product(operator, X)).toEqual(await diffuse(operator, X, 1));
  });
});

describe('how much a step changes', () => {
  const pacer = new Pacer();

  test('1 - R^2 by hand', () => {
    const before = DenseMatrix.fromRows([[1], [3]]);
    const after = DenseMatrix.fromRows([[1.5], [2]]);
    expect(unexplainedChange(before, after)).toBeCloseTo((0.25 + 1) / 2, 12);
    expect(unexplainedChange(DenseMatrix.zeros(3, 2), DenseMatrix.zeros(3, 2))).toBe(0);
  });

  test('Procrustes distance: 0 for a rotated, scaled and moved copy', async () => {
    const before = randomPoints(30, 2);
    const [c, s] = [Math.cos(0.7), Math.sin(0.7)];
    const after = DenseMatrix.fromRows(
      rowsOf(before).map(([x = 0, y = 0]) => [3 * (c * x - s * y) + 1, 3 * (s * x + c * y) - 2]),
    );
    expect(await procrustesDistance(before, after, pacer)).toBeLessThan(1e-6);
  });

  test("Procrustes distance: scipy's figure", async () => {
    // scipy.spatial.procrustes([[1,3],[1,2],[1,1],[2,1]], [[4,-2],[4,-4],[4,-5],[2,-6]])
    const before = DenseMatrix.fromRows([
      [1, 3],
      [1, 2],
      [1, 1],
      [2, 1],
    ]);
    const after = DenseMatrix.fromRows([
      [4, -2],
      [4, -4],
      [4, -5],
      [2, -6],
    ]);
    expect(await procrustesDistance(before, after, pacer)).toBeCloseTo(0.048632218845, 6);
  });
});
