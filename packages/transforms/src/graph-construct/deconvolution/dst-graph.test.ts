import { AnnData, CsrMatrix, DataError, DenseMatrix, Rng } from '@dance-ts/core';
import { expect, test } from '@jest/globals';
import { rowsOf, testContext } from '../../testing/data.js';
import { goldenCase, readGolden } from '../../testing/golden.js';
import { expectMatrixClose } from '../../testing/matchers.js';
import { DSTGraph, readDSTGraph } from './dst-graph.js';
import { geneLoadings, topLoadingGenes } from './link-genes.js';
import { normalizedAdjacency } from './normalized-adjacency.js';

interface GoldenCase {
  readonly name: string;
  readonly genes_by_cells_1: number[][];
  readonly genes_by_cells_2: number[][];
  readonly A: number[][];
  readonly sym_norm_with_self_loops: number[][];
}

/** Three kinds of spots, each with genes of its own; pseudo-spots in the even rows. */
function twoSplits(): { data: AnnData; kindOf: number[] } {
  const rng = Rng.fromSeed(12);
  const kindOf = Array.from({ length: 60 }, (_, i) => Math.floor(i / 2) % 3);
  const rows = kindOf.map((kind) =>
    Array.from({ length: 30 }, (_, g) => Math.log1p(rng.poisson(g % 3 === kind ? 8 : 0.5))),
  );
  const data = AnnData.fromMatrix(CsrMatrix.fromDense(DenseMatrix.fromRows(rows)));
  const part = (odd: number): Int32Array => Int32Array.from({ length: 30 }, (_, i) => 2 * i + odd);
  data.splits = { train: part(0), val: new Int32Array(0), test: part(1) };
  return { data, kindOf };
}

test('DSTGraph links pseudo-spots with spots of their kind only', async () => {
  const { data, kindOf } = twoSplits();
  const graph = readDSTGraph(await new DSTGraph({ numCc: 5 }).apply(data, testContext()));
  const links: [number, number][] = [];
  for (let i = 0; i < 60; i++)
    for (const j of graph.row(i).indices) if (j !== i) links.push([i, j]);
  expect(links.length).toBeGreaterThan(60);
  expect(links.every(([i, j]) => (i + j) % 2 === 1)).toBe(true);
  const sameKind = links.filter(([i, j]) => kindOf[i] === kindOf[j]).length;
  expect(sameKind / links.length).toBeGreaterThan(0.95);
  expect(rowsOf(graph)).toEqual(rowsOf(graph.transpose()));
  for (let i = 0; i < 60; i++) {
    const degree = graph.row(i).indices.length - 1;
    expect(graph.get(i, i)).toBeCloseTo(2 / (degree + 2), 6);
  }
});

test('the filter keeps pairs that are near on the top genes', async () => {
  const { data } = twoSplits();
  const nnz = async (kFilter: number): Promise<number> =>
    readDSTGraph(await new DSTGraph({ numCc: 5, kFilter }).apply(data, testContext())).nnz;
  const [none, some, all] = [await nnz(1), await nnz(5), await nnz(30)];
  expect(none).toBeLessThan(some);
  expect(some).toBeLessThanOrEqual(all);
  expect(all).toBe(await nnz(200));
});

test('rows that are in neither split are left alone', async () => {
  const { data } = twoSplits();
  data.splits = { ...data.splits, test: data.splits.test.slice(1) };
  const graph = readDSTGraph(await new DSTGraph().apply(data, testContext()));
  expect([...graph.row(1).indices]).toEqual([1]);
  expect(graph.get(1, 1)).toBeCloseTo(1, 6);
  data.splits = { ...data.splits, test: new Int32Array(0) };
  await expect(new DSTGraph().apply(data, testContext())).rejects.toThrow(DataError);
});

test('loadings are those of standardized genes, sparse or dense', () => {
  const { cases } = readGolden('cca_mnn') as { readonly cases: readonly GoldenCase[] };
  const golden = goldenCase(cases, 'diagonal_cca_and_mnn');
  const groups = [golden.genes_by_cells_1, golden.genes_by_cells_2].map((genes, s) => {
    const X = DenseMatrix.fromRows(genes).transpose();
    const values = Array.from({ length: X.nRows }, (_, i) => [i + s, (i * 7) % 5]);
    return { X, embedding: DenseMatrix.fromRows(values) };
  });
  const expected = golden.genes_by_cells_1.map((_, g) =>
    [0, 1].map((c) => {
      let sum = 0;
      for (const { X, embedding } of groups) {
        const values = Array.from({ length: X.nRows }, (__, i) => X.get(i, g));
        const mean = values.reduce((total, value) => total + value, 0) / values.length;
        const squares = values.reduce((total, value) => total + (value - mean) ** 2, 0);
        const sd = Math.sqrt(squares / values.length);
        values.forEach((value, i) => {
          sum += ((value - mean) / sd) * embedding.get(i, c);
        });
      }
      return sum;
    }),
  );
  expectMatrixClose(geneLoadings(groups), expected, 1e-4);
  const sparse = groups.map((group) => ({ ...group, X: CsrMatrix.fromDense(group.X) }));
  expectMatrixClose(geneLoadings(sparse), expected, 1e-4);
});

test('top genes are the ends of each component, as many as there is room for', () => {
  const one = DenseMatrix.fromRows(Array.from({ length: 500 }, (_, g) => [(g * 77) % 500]));
  // m = 100 takes 50 from either end; more would need more components.
  expect(topLoadingGenes(one)).toHaveLength(100);
  const values = (g: number): number[] => [(g * 77) % 500, (g * 41) % 500, (g * 13) % 500];
  const three = DenseMatrix.fromRows(Array.from({ length: 500 }, (_, g) => values(g)));
  const genes = topLoadingGenes(three);
  expect(genes.length).toBeGreaterThan(150);
  expect(genes.length).toBeLessThan(200);
  expect(topLoadingGenes(one.selectRows([0, 1, 2]))).toEqual(Int32Array.of(0, 1, 2));
});

test('the adjacency is normalized with self loops', () => {
  const { cases } = readGolden('knn_graph') as { readonly cases: readonly GoldenCase[] };
  const { A, sym_norm_with_self_loops } = goldenCase(cases, 'normalisation_with_isolated_node');
  const graph = CsrMatrix.fromDense(DenseMatrix.fromRows(A));
  expectMatrixClose(normalizedAdjacency(graph), sym_norm_with_self_loops, 1e-6);
});
