import { describe, expect, test } from '@jest/globals';
import { CsrMatrix, DataError, DenseMatrix, Rng } from '@dance-ts/core';
import { getKernels } from '@dance-ts/kernels';
import { centeredOperator, transposedOperator } from './linear-operator.js';

const rng = Rng.fromSeed(1);
const dense = DenseMatrix.zeros(7, 5).mapData(() => (rng.uniform() < 0.5 ? 0 : rng.int(9)));
const mean = Float64Array.from({ length: 5 }, (_, j) => 3 - j);
const scale = Float64Array.from({ length: 5 }, (_, j) => 2 ** (j - 2));
const B = DenseMatrix.zeros(5, 3).mapData(() => rng.int(5));
const C = DenseMatrix.zeros(7, 2).mapData(() => rng.int(5));

/** M N with M[i, j] given; all numbers here are small multiples of 1/4, so sums are exact. */
function product(nRows: number, m: (i: number, j: number) => number, N: DenseMatrix): DenseMatrix {
  const out = DenseMatrix.zeros(nRows, N.nCols);
  for (let i = 0; i < nRows; i++) {
    for (let c = 0; c < N.nCols; c++) {
      for (let j = 0; j < N.nRows; j++) out.data[i * N.nCols + c]! += m(i, j) * N.get(j, c);
    }
  }
  return out;
}

describe.each([dense, CsrMatrix.fromDense(dense)])('matrix %#', (X) => {
  test.each([{}, { mean }, { scale }, { mean, scale }])('%j', async (options) => {
    const operator = centeredOperator(X, await getKernels(), options);
    const entry = (i: number, j: number): number =>
      (X.get(i, j) - (options.mean?.[j] ?? 0)) / (options.scale?.[j] ?? 1);
    const AB = product(7, entry, B);
    const AtC = product(5, (j, i) => entry(i, j), C);
    expect(operator.multiply(B)).toEqual(AB);
    expect(operator.multiplyTransposed(C)).toEqual(AtC);
    const transposed = transposedOperator(operator);
    expect([transposed.nRows, transposed.nCols]).toEqual([5, 7]);
    expect(transposed.multiply(C)).toEqual(AtC);
    expect(transposed.multiplyTransposed(B)).toEqual(AB);
  });

  test('the matrix itself is left alone', async () => {
    const before = X.toDense().copy();
    centeredOperator(X, await getKernels(), { mean, scale }).multiply(B);
    expect(X.toDense()).toEqual(before);
  });

  test.each([
    [{ mean: new Float64Array(4) }, /mean of the columns has another length: got 4, expected 5/],
    [{ scale: new Float64Array(6) }, /scale of the columns has another length/],
    [{ scale: Float64Array.of(1, 1, 0, 1, 1) }, /column 2 cannot be scaled: got 0/],
    [{ scale: Float64Array.of(1, 1, 1, 1, NaN) }, /column 4 cannot be scaled: got NaN/],
  ])('%j is refused', async (options, message) => {
    const kernels = await getKernels();
    expect(() => centeredOperator(X, kernels, options)).toThrow(DataError);
    expect(() => centeredOperator(X, kernels, options)).toThrow(message);
  });
});
