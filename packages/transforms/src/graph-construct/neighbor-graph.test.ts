import { AnnData, CsrMatrix, DataError, DenseMatrix, ParamError } from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { randomCounts, rowsOf, snapshot, testContext } from '../testing/data.js';
import { goldenCase, readGolden } from '../testing/golden.js';
import { expectMatrixClose } from '../testing/matchers.js';
import { undirected } from './adjacency.js';
import { NeighborGraph, readNeighborGraph } from './neighbor-graph.js';

interface GoldenCase {
  readonly name: string;
  readonly X: readonly (readonly number[])[];
  readonly k: number;
  readonly indices_without_self: readonly (readonly number[])[];
  readonly union_symmetric_edges: number;
  readonly mutual_edges: number;
  readonly n_neighbors_including_self: number;
  readonly connectivities: readonly (readonly number[])[];
}

const { cases } = readGolden('knn_graph') as { cases: readonly GoldenCase[] };
const context = testContext();

/** Data whose points are both X and obsm['points']. */
function dataOf(rows: readonly (readonly number[])[]): AnnData {
  const points = DenseMatrix.fromRows(rows);
  const data = AnnData.fromMatrix(CsrMatrix.fromDense(points));
  data.obsm.set('points', points);
  return data;
}

describe.each(['points', 'X'])('distances in %s', (channel) => {
  test('UMAP connectivities equal those of umap-learn', async () => {
    const golden = goldenCase(cases, 'umap_fuzzy_connectivities');
    const nNeighbors = golden.n_neighbors_including_self;
    const result = await new NeighborGraph({ nNeighbors, channel }).apply(
      dataOf(golden.X),
      context,
    );
    expectMatrixClose(readNeighborGraph(result), golden.connectivities, 2e-4);
  });

  test.each(['euclidean', 'cosine', 'correlation'] as const)(
    'nearest cells and the cell itself have weight 1, %s',
    async (metric) => {
      const golden = goldenCase(cases, `knn_${metric}`);
      const step = new NeighborGraph({ nNeighbors: golden.k + 1, metric, method: 'knn', channel });
      const result = await step.apply(dataOf(golden.X), context);
      const expected = golden.indices_without_self.map((neighbors, i) =>
        golden.X.map((_, j) => (i === j || neighbors.includes(j) ? 1 : 0)),
      );
      const graph = readNeighborGraph(result);
      expect(rowsOf(graph)).toEqual(expected);
      const both = undirected(graph);
      expect(both.nnz).toBe(2 * golden.union_symmetric_edges);
      // Edges in one direction and in both, without those of a cell to itself.
      const directed = graph.nnz - graph.nRows;
      expect(directed - both.nnz / 2).toBe(golden.mutual_edges);
    },
  );
});

test('more neighbors than cells are reduced with a warning', async () => {
  const { messages, ...watched } = testContext();
  const step = new NeighborGraph({ channel: 'points', method: 'knn' });
  const result = await step.apply(dataOf([[0], [1], [5]]), watched);
  expect(rowsOf(readNeighborGraph(result)).flat()).toEqual(Array.from({ length: 9 }, () => 1));
  expect(messages).toEqual([expect.stringMatching(/^warning: .*15 reduced to 3/)]);
});

test('what cannot be a graph is refused', async () => {
  const graphOf = (data: AnnData, channel: string): Promise<AnnData> =>
    new NeighborGraph({ channel }).apply(data, context);
  await expect(graphOf(dataOf([[1, 2]]), 'points')).rejects.toThrow(/two cells/);
  await expect(graphOf(dataOf([[1], [2]]), 'X_pca')).rejects.toThrow(/no dense obsm\["X_pca"\]/);
  await expect(graphOf(dataOf([[1], [NaN]]), 'points')).rejects.toThrow(/NaN in cell 1/);
  expect(() => new NeighborGraph({ nNeighbors: 1 })).toThrow(ParamError);
});

test('the graph is read under its key, and asked for where it is missing', async () => {
  const data = dataOf([[0], [1], [5]]);
  const result = await new NeighborGraph({ channel: 'points', out: 'mine' }).apply(data, context);
  expect(readNeighborGraph(result, 'mine').nnz).toBe(6);
  expect(() => readNeighborGraph(result)).toThrow(DataError);
});

test('the input stays, and abort stops the work', async () => {
  const data = AnnData.fromMatrix(randomCounts(30, 10));
  const before = snapshot(data);
  await new NeighborGraph({ channel: 'X' }).apply(data, context);
  expect(snapshot(data)).toEqual(before);
  const abort = new AbortController();
  const run = new NeighborGraph({ channel: 'X' }).apply(data, { ...context, signal: abort.signal });
  abort.abort();
  await expect(run).rejects.toMatchObject({ code: 'ABORTED' });
});
