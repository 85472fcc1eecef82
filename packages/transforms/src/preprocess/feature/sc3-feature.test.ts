import { AnnData, DataError, DenseMatrix, Pacer, Rng, toCsr } from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { bothKinds, rowsOf, snapshot, testContext } from '../../testing/data.js';
import { expectMatrixClose } from '../../testing/matchers.js';
import { cellDistances } from './sc3-distances.js';
import { consensus, SC3Feature } from './sc3-feature.js';
import { laplacianVectors, principalAxes } from './sc3-projections.js';

const pacer = new Pacer(undefined);
/** Ties, zeros, negative values, a constant and an empty cell. */
const ROWS = [
  [0, 2, 2, 0, 5, 1],
  [3, 0, -1, 0, 0, 4],
  [1, 1, 1, 1, 1, 1],
  [0, 0, 0, 0, 0, 0],
  [-2, -2, 7, 0, 3, 0],
  [0, 4, 4, 0, 10, 2],
];

function pearson(a: readonly number[], b: readonly number[]): number {
  const centered = (row: readonly number[]): number[] => {
    const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
    return row.map((value) => value - mean);
  };
  const [x, y] = [centered(a), centered(b)];
  const dot = (u: number[], v: number[]): number =>
    u.reduce((sum, value, k) => sum + value * v[k]!, 0);
  const norm = Math.sqrt(dot(x, x) * dot(y, y));
  return norm === 0 ? 0 : dot(x, y) / norm;
}

/** Rank of each value: those below it, and half of those equal to it, itself counted as one more. */
function ranks(row: readonly number[]): number[] {
  return row.map(
    (value) =>
      row.filter((other) => other < value).length +
      (row.filter((other) => other === value).length + 1) / 2,
  );
}

function pairwise(of: (a: readonly number[], b: readonly number[]) => number): number[][] {
  return ROWS.map((a, i) => ROWS.map((b, j) => (i === j ? 0 : of(a, b))));
}

describe.each(bothKinds(ROWS))('distances, %s', (_, { X }) => {
  test('are those of their definitions', async () => {
    const euclidean = pairwise((a, b) => Math.hypot(...a.map((value, g) => value - b[g]!)));
    expectMatrixClose(await cellDistances(X, 'euclidean', pacer), euclidean, 1e-5);
    const linear = pairwise((a, b) => 1 - pearson(a, b));
    expectMatrixClose(await cellDistances(X, 'pearson', pacer), linear, 1e-5);
    const ranked = pairwise((a, b) => 1 - pearson(ranks(a), ranks(b)));
    expectMatrixClose(await cellDistances(X, 'spearman', pacer), ranked, 1e-5);
  });
});

test('a zero that is stored has the rank of the others', async () => {
  const X = toCsr(DenseMatrix.fromRows(ROWS.map((row) => row.map((value) => value || 9))));
  const withZeros = X.mapData((value) => (value === 9 ? 0 : value));
  const ranked = pairwise((a, b) => 1 - pearson(ranks(a), ranks(b)));
  expectMatrixClose(await cellDistances(withZeros, 'spearman', pacer), ranked, 1e-5);
});

test('more cells than a block', async () => {
  const rng = Rng.fromSeed(3);
  const points = Array.from({ length: 300 }, () => [rng.normal(), rng.normal()]);
  const found = await cellDistances(DenseMatrix.fromRows(points), 'euclidean', pacer);
  const expected = points.map((p) => points.map((q) => Math.hypot(p[0]! - q[0]!, p[1]! - q[1]!)));
  expectMatrixClose(found, expected, 2e-3);
});

describe('projections', () => {
  const n = 12;
  const rng = Rng.fromSeed(5);
  const points = Array.from({ length: n }, () => [rng.normal(), rng.normal()]);
  const rows = points.map((p) => points.map((q) => Math.hypot(p[0]! - q[0]!, p[1]! - q[1]!)));
  const distances = DenseMatrix.fromRows(rows);
  const options = { nComponents: 3, rng };

  /** Checks M v = value v for each column v of length 1; values descending. */
  function expectEigenvectors(vectors: DenseMatrix, M: readonly (readonly number[])[]): void {
    const values = [0, 1, 2].map((c) => {
      const v = Array.from({ length: n }, (_, i) => vectors.get(i, c));
      expect(Math.hypot(...v)).toBeCloseTo(1, 5);
      const product = M.map((row) => row.reduce((sum, value, j) => sum + value * v[j]!, 0));
      const value = product.reduce((sum, entry, i) => sum + entry * v[i]!, 0);
      product.forEach((entry, i) => {
        expect(entry).toBeCloseTo(value * v[i]!, 4);
      });
      return value;
    });
    expect(values).toEqual([...values].sort((a, b) => b - a));
    const trace = M.reduce((sum, row, i) => sum + row[i]!, 0);
    // what is left for the other nine is less for each than the third
    expect((trace - values[0]! - values[1]! - values[2]!) / (n - 3)).toBeLessThan(values[2]!);
  }

  test('principal axes are eigenvectors of the correlations of the columns', async () => {
    const column = (j: number): number[] => rows.map((row) => row[j]!);
    const correlations = rows.map((_, i) => rows.map((__, j) => pearson(column(i), column(j))));
    expectEigenvectors(await principalAxes(distances, options), correlations);
  });

  test('Laplacian vectors are eigenvectors of the normalized affinity', async () => {
    const largest = Math.max(...rows.flat());
    const A = rows.map((row) => row.map((value) => Math.exp(-value / largest)));
    const degrees = A.map((row) => row.reduce((sum, value) => sum + value, 0));
    const M = A.map((row, i) => row.map((a, j) => a / Math.sqrt(degrees[i]! * degrees[j]!)));
    const vectors = await laplacianVectors(distances, options);
    expectEigenvectors(vectors, M);
    // the first has the roots of the degrees as entries, up to sign
    const total = Math.sqrt(degrees.reduce((sum, value) => sum + value, 0));
    degrees.forEach((degree, i) => {
      expect(Math.abs(vectors.get(i, 0))).toBeCloseTo(Math.sqrt(degree) / total, 5);
    });
  });
});

test('consensus is the share of clusterings', async () => {
  const clusterings = [Int32Array.of(0, 0, 1), Int32Array.of(2, 1, 1)];
  expect(rowsOf(await consensus(clusterings, 3, pacer))).toEqual([
    [1, 0.5, 0],
    [0.5, 1, 0.5],
    [0, 0.5, 1],
  ]);
});

function consensusRows(data: AnnData, key: string): number[][] {
  return rowsOf(data.obsp.get(key) as DenseMatrix);
}

/** Three groups of cells with genes of their own. */
function groups(): number[][] {
  const rng = Rng.fromSeed(8);
  return Array.from({ length: 45 }, (_, i) =>
    Array.from({ length: 12 }, (__, g) => (g % 3 === i % 3 ? 6 : 0) + rng.uniform()),
  );
}

describe.each(bothKinds(groups()))('SC3Feature, %s', (_, data) => {
  test('is 1 within groups that are far apart and 0 between them', async () => {
    const before = snapshot(data);
    const found = await new SC3Feature({ d: 2, nInit: 3 }).apply(data, testContext());
    const expected = data.obsNames.map((__, i) =>
      data.obsNames.map((___, j) => (i % 3 === j % 3 ? 1 : 0)),
    );
    expect(consensusRows(found, 'SC3Feature')).toEqual(expected);
    expect(snapshot(data)).toEqual(before);
  });
});

test('d goes from .04 N to .07 N: shares are multiples of 1 / (6 x 4)', async () => {
  const rng = Rng.fromSeed(2);
  const rows = Array.from({ length: 45 }, () => Array.from({ length: 8 }, () => rng.uniform()));
  const data = AnnData.fromMatrix(DenseMatrix.fromRows(rows));
  const run = async (seed: number): Promise<number[]> => {
    const found = await new SC3Feature({ nInit: 1, out: 'c' }).apply(data, testContext(seed));
    return consensusRows(found, 'c').flat();
  };
  const shares = await run(0);
  for (const share of shares)
    expect(Math.abs(share * 24 - Math.round(share * 24))).toBeLessThan(1e-4);
  expect(new Set(shares.map((share) => Math.round(share * 24) % 6)).size).toBeGreaterThan(1);
  expect(await run(0)).toEqual(shares);
  expect(await run(1)).not.toEqual(shares);
});

test('refuses too many cells, too few and values that are not finite', async () => {
  const many = AnnData.fromMatrix(DenseMatrix.zeros(8001, 1));
  await expect(new SC3Feature().apply(many, testContext())).rejects.toThrow(/too many cells/);
  const few = AnnData.fromMatrix(DenseMatrix.zeros(3, 2));
  await expect(new SC3Feature().apply(few, testContext())).rejects.toThrow(DataError);
  const wrong = AnnData.fromMatrix(DenseMatrix.fromRows([[1], [2], [NaN], [4]]));
  await expect(new SC3Feature().apply(wrong, testContext())).rejects.toThrow(DataError);
});
