import { AnnData, CsrMatrix, DataError, DenseMatrix, Rng } from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { rowsOf, testContext } from '../testing/data.js';
import { goldenCase, readGolden } from '../testing/golden.js';
import { expectClose, expectMatrixClose } from '../testing/matchers.js';
import { FeatureFeatureGraph, readFeatureFeatureGraph } from './feature-feature-graph.js';
import { GeneCorrelations } from './gene-correlations.js';

/** Cells x genes with shared programs, many zeros, one constant gene and some negative values. */
function expression(nCells: number, nGenes: number): DenseMatrix {
  const rng = Rng.fromSeed(2).fork('expression');
  const X = DenseMatrix.zeros(nCells, nGenes);
  for (let i = 0; i < nCells; i++) {
    const programs = [rng.normal(), rng.normal()];
    for (let g = 0; g < nGenes; g++) {
      const value = Math.round(2 * (programs[g % 2]! + rng.normal()));
      X.data[i * nGenes + g] = value > 0 || g % 5 === 0 ? value : 0;
    }
    X.data[i * nGenes + nGenes - 1] = 0.1; // its mean is not exactly itself
  }
  return X;
}

const X = expression(60, 12);
const columns = Array.from({ length: X.nCols }, (_, g) => Array.from(X.transpose().row(g)));

function pearson(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  const product = (x: readonly number[], mx: number, y: readonly number[], my: number): number =>
    x.reduce((sum, value, i) => sum + (value - mx) * (y[i]! - my), 0);
  const spread = product(a, meanA, a, meanA) * product(b, meanB, b, meanB);
  return spread === 0 ? 0 : product(a, meanA, b, meanB) / Math.sqrt(spread);
}

function ranks(values: readonly number[]): number[] {
  return values.map((value) => {
    const below = values.filter((other) => other < value).length;
    return below + (values.filter((other) => other === value).length + 1) / 2;
  });
}

const all = Int32Array.from({ length: X.nCols }, (_, g) => g);

test.each([
  ['pearson', (values: number[]) => values],
  ['spearman', ranks],
] as const)('%s correlations of sparse columns are those of the dense ones', async (method, of) => {
  const got = (await GeneCorrelations.of(CsrMatrix.fromDense(X), method)).with(all);
  columns.forEach((a, g) => {
    columns.forEach((b, h) => {
      expect(got.get(g, h)).toBeCloseTo(pearson(of(a), of(b)), 5);
    });
  });
});

test('golden correlations and variances', async () => {
  const { cases } = readGolden('preprocess') as {
    cases: {
      name: string;
      log_expression: number[][];
      covariance_ddof1: number[][];
      pearson: number[][];
    }[];
  };
  const golden = goldenCase(cases, 'gene_holdout_predictors');
  const correlations = await GeneCorrelations.of(DenseMatrix.fromRows(golden.log_expression));
  const genes = Int32Array.from(golden.pearson.keys());
  expectMatrixClose(correlations.with(genes), golden.pearson, 1e-5);
  const n = golden.log_expression.length;
  const variances = golden.covariance_ddof1.map((row, g) => (row[g]! * (n - 1)) / n);
  expectClose(correlations.variance, variances, 1e-6);
});

test('stored zeros do not change ranks', async () => {
  const { nRows, nCols, data } = X;
  const indptr = Int32Array.from({ length: nRows + 1 }, (_, i) => i * nCols);
  const indices = Int32Array.from({ length: data.length }, (_, e) => e % nCols);
  const stored = new CsrMatrix(nRows, nCols, indptr, indices, data);
  const got = await GeneCorrelations.of(stored, 'spearman');
  const expected = await GeneCorrelations.of(X, 'spearman');
  expect(got.with(all)).toEqual(expected.with(all));
});

describe('FeatureFeatureGraph', () => {
  const graphOf = async (
    options: ConstructorParameters<typeof FeatureFeatureGraph>[0],
  ): Promise<number[][]> => {
    const data = AnnData.fromMatrix(CsrMatrix.fromDense(X));
    return rowsOf(
      readFeatureFeatureGraph(await new FeatureFeatureGraph(options).apply(data, testContext())),
    );
  };
  const expected = (joins: (r: number) => boolean): number[][] =>
    columns.map((a, g) => columns.map((b, h) => (g === h || joins(pearson(a, b)) ? 1 : 0)));

  test('joins genes at the threshold in either direction, and a constant gene with none', async () => {
    const graph = await graphOf({ threshold: 0.3, normalizeEdges: false });
    expect(graph).toEqual(expected((r) => Math.abs(r) >= 0.3));
    expect(graph.flat().filter((value) => value === 1).length).toBeGreaterThan(30);
    expect(graph.at(-1)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
  });

  test('can leave out negative similarity', async () => {
    const graph = await graphOf({ threshold: 0.01, positiveOnly: true, normalizeEdges: false });
    expect(graph).toEqual(expected((r) => r >= 0.01));
    expect(graph).not.toEqual(expected((r) => Math.abs(r) >= 0.01));
  });

  test('weighs edges by degrees', async () => {
    const plain = await graphOf({ normalizeEdges: false });
    const degrees = plain.map((row) => row.reduce((sum, value) => sum + value, 0));
    const weighted = await graphOf({});
    weighted.flat().forEach((value, at) => {
      const [g, h] = [Math.floor(at / 12), at % 12];
      expect(value).toBeCloseTo((plain[g]?.[h] ?? NaN) / Math.sqrt(degrees[g]! * degrees[h]!), 6);
    });
  });

  test('rbf joins genes nearer than a multiple of the median distance', async () => {
    const distance = (a: readonly number[], b: readonly number[]): number =>
      Math.hypot(...a.map((value, i) => value - b[i]!));
    const pairs = columns.flatMap((a, g) => columns.slice(g + 1).map((b) => distance(a, b)));
    const sorted = pairs.sort((a, b) => a - b);
    const median = (sorted[32]! + sorted[33]!) / 2;
    const graph = await graphOf({
      ...{ scoreFunc: 'rbf', threshold: Math.exp(-0.45), scale: 2, normalizeEdges: false },
    });
    const near = columns.map((a, g) =>
      columns.map((b, h) => Number(g === h || distance(a, b) <= 0.9 * median)),
    );
    expect(graph).toEqual(near);
    expect(near.flat().filter((value) => value === 1).length).toBeGreaterThan(14);
  });

  test('permuted genes permute the graph; values that are not finite are refused', async () => {
    const order = [7, 2, 11, 0, 5, 1, 10, 3, 4, 9, 8, 6];
    const data = AnnData.fromMatrix(X.selectColumns(order));
    const permuted = await new FeatureFeatureGraph({ normalizeEdges: false }).apply(
      data,
      testContext(),
    );
    const graph = await graphOf({ normalizeEdges: false });
    expect(rowsOf(readFeatureFeatureGraph(permuted))).toEqual(
      order.map((g) => order.map((h) => graph[g]?.[h])),
    );
    const bad = AnnData.fromMatrix(DenseMatrix.fromRows([[1, NaN]]));
    await expect(new FeatureFeatureGraph().apply(bad, testContext())).rejects.toThrow(DataError);
    expect(() => readFeatureFeatureGraph(data)).toThrow(DataError);
  });
});
