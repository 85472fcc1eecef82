import { describe, expect, test } from '@jest/globals';
import { CsrMatrix, DenseMatrix, ParamError, Rng } from '@dance-ts/core';
import { plainKernels } from '@dance-ts/kernels';
import { columnMoments } from '../stats/column-moments.js';
import { goldenCases } from '../testing/golden.js';
import { centeredOperator } from './linear-operator.js';
import { orthonormalize } from './orthonormalize.js';
import { pca } from './pca.js';
import { truncatedSvd } from './truncated-svd.js';

interface DecompositionCase {
  name: string;
  X: number[][];
  k: number;
  mean: number[];
  components: number[][];
  scores: number[][];
  explained_variance: number[];
  explained_variance_ratio: number[];
  pca_singular_values: number[];
  svd_singular_values_uncentered: number[];
}

const CASES = (goldenCases('pca_svd') as DecompositionCase[]).map((c) => [c.name, c] as const);

describe('pca equals scikit-learn', () => {
  test.each(CASES)('%s', async (_, c) => {
    for (const X of bothKinds(c.X)) {
      const result = await pca(X, { nComponents: c.k, rng: Rng.fromSeed(0) });
      const largest = c.pca_singular_values[0]!;
      c.explained_variance.forEach((variance, axis) => {
        if (c.pca_singular_values[axis]! < 1e-4 * largest) return;
        expect(result.explainedVariance[axis]! / variance).toBeCloseTo(1, 3);
        expect(result.explainedVarianceRatio[axis]).toBeCloseTo(
          c.explained_variance_ratio[axis]!,
          4,
        );
        const component = result.components.row(axis);
        c.components[axis]!.forEach((value, j) => {
          expect(component[j]).toBeCloseTo(value, 2);
        });
        c.scores.forEach((row, i) => {
          expect(Math.abs(result.scores.get(i, axis) - row[axis]!)).toBeLessThan(2e-3 * largest);
        });
      });
      c.mean.forEach((mean, j) => {
        expect(result.mean[j]! / mean).toBeCloseTo(1, 5);
      });
    }
  });

  test('standardized columns: the correlation matrix', async () => {
    const rng = Rng.fromSeed(3);
    const X = random(40, 4, rng);
    for (let i = 0; i < 40; i++) X.row(i)[1]! *= 100;
    const { explainedVariance } = await pca(X, { nComponents: 4, rng, standardize: true });
    expect(explainedVariance.reduce((sum, value) => sum + value, 0)).toBeCloseTo(4, 4);
  });
});

describe('truncatedSvd', () => {
  test.each(CASES)('%s: singular values equal numpy', async (_, c) => {
    for (const X of bothKinds(c.X)) {
      const { s } = await truncatedSvd(X, { nComponents: c.k, rng: Rng.fromSeed(1) });
      const largest = c.svd_singular_values_uncentered[0]!;
      s.forEach((value, i) => {
        const expected = c.svd_singular_values_uncentered[i]!;
        expect(Math.abs(value - expected)).toBeLessThan(1e-3 * expected + 1e-6 * largest);
      });
    }
  });

  test('finds a matrix of low rank again', async () => {
    const rng = Rng.fromSeed(5);
    const [A, B] = [random(50, 3, rng), random(3, 30, rng)];
    const X = DenseMatrix.zeros(50, 30);
    plainKernels.gemm({ m: 50, n: 30, k: 3, a: A.data, b: B.data, out: X.data });
    const { U, s, Vt } = await truncatedSvd(X, { nComponents: 3, rng });
    const scaled = new DenseMatrix(
      50,
      3,
      U.data.map((value, e) => value * s[e % 3]!),
    );
    const again = new Float32Array(1500);
    plainKernels.gemm({ m: 50, n: 30, k: 3, a: scaled.data, b: Vt.data, out: again });
    again.forEach((value, e) => {
      expect(value).toBeCloseTo(X.data[e]!, 3);
    });
  });

  test.each([0, 4, 1.5])('%p components of a 5 x 3 matrix are refused', async (nComponents) => {
    const X = random(5, 3, Rng.fromSeed(0));
    const run = truncatedSvd(X, { nComponents, rng: Rng.fromSeed(0) });
    await expect(run).rejects.toThrow(ParamError);
    await expect(run).rejects.toThrow(/5 x 3/);
  });
});

test('the centered operator multiplies like the matrix it stands for', () => {
  const rng = Rng.fromSeed(7);
  const [sparse, dense] = bothKinds(
    Array.from({ length: 9 }, () => Array.from({ length: 6 }, () => rng.poisson(1))),
  );
  const { mean, variance } = columnMoments(dense);
  const scale = variance.map(Math.sqrt);
  const explicit = DenseMatrix.zeros(9, 6);
  explicit.data.forEach((_, e) => {
    explicit.data[e] = (dense.data[e]! - mean[e % 6]!) / scale[e % 6]!;
  });
  const [B, C] = [random(6, 4, rng), random(9, 4, rng)];
  const reference = centeredOperator(explicit, plainKernels);
  for (const X of [sparse, dense]) {
    const operator = centeredOperator(X, plainKernels, { mean, scale });
    expectClose(operator.multiply(B), reference.multiply(B));
    expectClose(operator.multiplyTransposed(C), reference.multiplyTransposed(C));
  }
});

test('columnMoments counts the zeros of a sparse matrix', () => {
  const [sparse, dense] = bothKinds([
    [1, 0, 5],
    [0, 0, 5],
    [3, 0, 5],
  ]);
  for (const X of [sparse, dense]) {
    const { mean, variance } = columnMoments(X, { ddof: 1 });
    expect([...mean]).toEqual([expect.closeTo(4 / 3), 0, 5]);
    expect([...variance]).toEqual([expect.closeTo(7 / 3), 0, 0]);
  }
});

test('orthonormalize: dependent columns become zero', () => {
  const Q = orthonormalize(
    DenseMatrix.fromRows([
      [3, 6, 0],
      [4, 8, 1],
    ]),
  );
  const gram = DenseMatrix.zeros(3, 3);
  plainKernels.gemm({ m: 3, n: 3, k: 2, a: Q.data, transposeA: true, b: Q.data, out: gram.data });
  [1, 0, 0, 0, 0, 0, 0, 0, 1].forEach((value, e) => {
    expect(gram.data[e]).toBeCloseTo(value, 6);
  });
});

function bothKinds(rows: number[][]): [CsrMatrix, DenseMatrix] {
  const dense = DenseMatrix.fromRows(rows);
  return [CsrMatrix.fromDense(dense), dense];
}

function random(nRows: number, nCols: number, rng: Rng): DenseMatrix {
  return new DenseMatrix(
    nRows,
    nCols,
    Float32Array.from({ length: nRows * nCols }, () => rng.normal()),
  );
}

function expectClose(a: DenseMatrix, b: DenseMatrix): void {
  a.data.forEach((value, e) => {
    expect(value).toBeCloseTo(b.data[e]!, 4);
  });
}
