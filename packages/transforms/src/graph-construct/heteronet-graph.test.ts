import { AnnData, CsrMatrix, DataError, DenseMatrix, ParamError, Rng } from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { bothKinds, rowsOf, snapshot, testContext } from '../testing/data.js';
import { strictTwoHop, undirected } from './adjacency.js';
import { HeteronetGraph, readHeteronetGraph } from './heteronet-graph.js';

const context = testContext();

/** Random directed graph with self loops and weights. */
function randomGraph(n: number, probability: number): CsrMatrix {
  const rng = Rng.fromSeed(2);
  const dense = DenseMatrix.zeros(n, n);
  for (let e = 0; e < n * n; e++)
    if (rng.uniform() < probability) dense.data[e] = 1 + rng.uniform();
  return CsrMatrix.fromDense(dense);
}

describe('adjacency', () => {
  test('undirected: either direction counts, weights and self loops do not', () => {
    const graph = randomGraph(25, 0.1);
    const expected = rowsOf(graph).map((row, i) =>
      row.map((value, j) => Number(i !== j && (value > 0 || graph.get(j, i) > 0))),
    );
    expect(rowsOf(undirected(graph))).toEqual(expected);
  });

  test('strict two-hop: by the square of the matrix, less neighbors and the cell itself', () => {
    const graph = undirected(randomGraph(30, 0.04));
    const A = rowsOf(graph);
    const expected = A.map((row, i) =>
      row.map((direct, j) => {
        const paths = row.reduce((sum, value, k) => sum + value * A[k]![j]!, 0);
        return Number(paths > 0 && direct === 0 && i !== j);
      }),
    );
    const twoHop = strictTwoHop(graph);
    expect(rowsOf(twoHop)).toEqual(expected);
    expect(twoHop.nnz).toBeGreaterThan(graph.nnz / 2);
  });
});

describe('HeteronetGraph', () => {
  // On a line, the nearest cell of 0 is 1, of 1 is 0, of 3 is 1, of 7 is 3.
  test.each(bothKinds([[0], [1], [3], [7]]))(
    'joins nearest cells both ways, %s',
    async (_, data) => {
      const before = snapshot(data);
      const result = await new HeteronetGraph({ knnNum: 1 }).apply(data, context);
      expect(rowsOf(readHeteronetGraph(result))).toEqual([
        [0, 1, 0, 0],
        [1, 0, 1, 0],
        [0, 1, 0, 1],
        [0, 0, 1, 0],
      ]);
      expect([...result.obsp.keys()]).toEqual(['HeteronetGraph']);
      expect(snapshot(data)).toEqual(before);
    },
  );

  test('another space and key; more neighbors than cells join all', async () => {
    const data = AnnData.fromMatrix(DenseMatrix.zeros(3, 1));
    data.obsm.set('points', DenseMatrix.fromRows([[0], [1], [3]]));
    const step = new HeteronetGraph({ channel: 'points', out: 'g' });
    const graph = readHeteronetGraph(await step.apply(data, context), 'g');
    expect(graph.nnz).toBe(6);
  });

  test('a single cell, a missing graph and a wrong parameter are refused', async () => {
    const one = AnnData.fromMatrix(DenseMatrix.zeros(1, 2));
    await expect(new HeteronetGraph().apply(one, context)).rejects.toThrow(DataError);
    expect(() => readHeteronetGraph(one)).toThrow(/no cell graph.*Run the transform/);
    expect(() => new HeteronetGraph({ knnNum: 0 })).toThrow(ParamError);
  });
});
