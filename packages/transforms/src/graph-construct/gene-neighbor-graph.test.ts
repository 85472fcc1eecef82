import { AnnData, CsrMatrix, DataError, DenseMatrix } from '@dance-ts/core';
import { expect, test } from '@jest/globals';
import { randomCounts, rowsOf, snapshot, testContext } from '../testing/data.js';
import { GeneNeighborGraph, readGeneNeighborGraph } from './gene-neighbor-graph.js';
import { NeighborGraph, readNeighborGraph } from './neighbor-graph.js';

const context = testContext();

test('directions of genes over two cells: each has itself and the nearest ones', async () => {
  // Angles of the four genes, in degrees: 0, 10, 90, 85.
  const genes = [0, 10, 90, 85].map((angle) => (angle * Math.PI) / 180);
  const X = DenseMatrix.fromRows([genes.map(Math.cos), genes.map((angle) => 5 * Math.sin(angle))]);
  for (const matrix of [X, CsrMatrix.fromDense(X)]) {
    const data = AnnData.fromMatrix(matrix);
    const result = await new GeneNeighborGraph({ nNeighbors: 2 }).apply(data, context);
    expect(rowsOf(readGeneNeighborGraph(result))).toEqual([
      [1, 1, 0, 0],
      // 10 degrees with the second cell times 5 lie at 41 degrees, nearer to 0 than to 89.
      [1, 1, 0, 0],
      [0, 0, 1, 1],
      [0, 0, 1, 1],
    ]);
  }
});

test.each(['euclidean', 'cosine', 'correlation'] as const)(
  'is the graph of cells of the transposed data, %s',
  async (metric) => {
    const data = AnnData.fromMatrix(randomCounts(12, 9));
    const genes = await new GeneNeighborGraph({ nNeighbors: 4, metric }).apply(data, context);
    const transposed = AnnData.fromMatrix(data.X.transpose());
    const options = { nNeighbors: 4, metric, method: 'knn', channel: 'X' } as const;
    const cells = await new NeighborGraph(options).apply(transposed, context);
    expect(readGeneNeighborGraph(genes)).toEqual(readNeighborGraph(cells));
  },
);

test('more neighbors than genes are reduced with a warning', async () => {
  const { messages, ...watched } = testContext();
  const data = AnnData.fromMatrix(DenseMatrix.fromRows([[1, 2, 3]]));
  const result = await new GeneNeighborGraph({ metric: 'euclidean' }).apply(data, watched);
  expect(readGeneNeighborGraph(result).nnz).toBe(9);
  expect(messages).toEqual([expect.stringMatching(/^warning: .*30 reduced to 3/)]);
});

test('the data stay as they were', async () => {
  const data = AnnData.fromMatrix(randomCounts(6, 5));
  const before = snapshot(data);
  await new GeneNeighborGraph({ nNeighbors: 3 }).apply(data, context);
  expect(snapshot(data)).toEqual(before);
  expect(data.varp.size).toBe(0);
});

test('one gene, an infinite value and a missing graph are refused', async () => {
  const step = new GeneNeighborGraph();
  const one = AnnData.fromMatrix(DenseMatrix.fromRows([[1], [2]]));
  await expect(step.apply(one, context)).rejects.toThrow(DataError);
  const infinite = AnnData.fromMatrix(DenseMatrix.fromRows([[1, Infinity]]));
  await expect(step.apply(infinite, context)).rejects.toThrow(/not finite/);
  expect(() => readGeneNeighborGraph(one)).toThrow(/GeneNeighborGraph/);
});
